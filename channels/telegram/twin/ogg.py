"""Puts what a browser recorded (Opus in WebM) into Ogg, as a voice message has it.

WebM: RFC 8794 and 9559; Ogg: RFC 3533; Opus in Ogg: RFC 7845.
"""

import struct
from collections.abc import Iterator, Sequence

_SEGMENT, _TRACKS, _TRACK, _CLUSTER, _GROUP = 0x18538067, 0x1654AE6B, 0xAE, 0x1F43B675, 0xA0
_HEAD, _SIMPLE, _BLOCK = 0x63A2, 0xA3, 0xA1
_NESTS = {_SEGMENT, _TRACKS, _TRACK, _CLUSTER, _GROUP}
_RATE = 48_000
_FRAMES = (480, 960, 1920, 2880)
_TAGS = b"OpusTags" + struct.pack("<I", 7) + b"besedka" + struct.pack("<I", 0)


def is_webm(content: bytes) -> bool:
    return content[:4] == b"\x1aE\xdf\xa3"


def from_webm(content: bytes) -> tuple[bytes, int]:
    """The same sound in Ogg, and its whole seconds. Raises ValueError for anything else."""
    head, packets = b"", []
    try:
        for kind, data in _elements(content, 0, len(content)):
            if kind == _HEAD:
                head = data
            else:
                packets.append(data[4:])
    except IndexError:
        raise ValueError("The recording is cut off.") from None
    if not head.startswith(b"OpusHead") or not packets:
        raise ValueError("This is no recording of a voice.")
    pages = [_page([head], 0, 0, 2), _page([_TAGS], 0, 1, 0)]
    granule = 0
    for number, packet in enumerate(packets):
        granule += _samples(packet)
        pages.append(_page([packet], granule, number + 2, 4 if number + 1 == len(packets) else 0))
    return b"".join(pages), max(1, round(granule / _RATE))


def _elements(content: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """What is wanted of an EBML document, in order."""
    while at < end:
        kind, at = _number(content, at, keep=True)
        size, at = _number(content, at, keep=False)
        after = end if size < 0 else min(at + size, end)
        if kind in _NESTS:
            yield from _elements(content, at, after)
        elif kind in (_HEAD, _SIMPLE, _BLOCK):
            yield kind, content[at:after]
        at = after


def _number(content: bytes, at: int, *, keep: bool) -> tuple[int, int]:
    """A number whose length its first bits tell; -1 for a size that is not known."""
    first = content[at]
    length = 9 - first.bit_length()
    value = int.from_bytes(content[at : at + length], "big")
    if not keep:
        value &= (1 << 7 * length) - 1
        value = -1 if value == (1 << 7 * length) - 1 else value
    return value, at + length


def _samples(packet: bytes) -> int:
    """How long a packet sounds (RFC 6716 section 3.1)."""
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = _FRAMES[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = 120 << (config & 3)
    count = (1, 2, 2)[code] if code < 3 else packet[1] & 0x3F
    return frame * count


def _page(packets: Sequence[bytes], granule: int, number: int, flags: int) -> bytes:
    laced = b"".join(bytes([255] * (len(one) // 255) + [len(one) % 255]) for one in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, granule, 1, number, 0)
    page = bytearray(head + bytes([len(laced)]) + laced + b"".join(packets))
    page[22:26] = struct.pack("<I", _checksum(page))
    return bytes(page)


def _checksum(page: bytes | bytearray) -> int:
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
    return value


def _shifted(value: int) -> int:
    for _ in range(8):
        value = (value << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if value & 0x80000000 else value << 1
    return value


_TABLE = [_shifted(byte << 24) for byte in range(256)]
