"""Content-Transfer-Encoding undone, as far as broken input allows (RFC 2045 6)."""

import binascii
import re

from channels.email.parsing.limits import MAX_FILES

_FOREIGN = re.sub(rb"[A-Za-z0-9+/=]", b"", bytes(range(256)))
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} +([^\r\n]{1,255})\r?\n", re.MULTILINE)
_UU_END = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)
_SOFT_BLANK = re.compile(rb"=[ \t]+(?=\r?\n)")


def decoded(raw: bytes, encoding: str) -> bytes:
    """The bytes that `raw` stands for; an encoding nobody knows is taken for none."""
    name = encoding.strip().lower().split(";")[0].strip(" \t\"'")
    if name == "base64":
        return base64(raw)
    if name in {"quoted-printable", "quotedprintable", "qp"}:
        return binascii.a2b_qp(_SOFT_BLANK.sub(b"=", raw))
    if name in {"x-uuencode", "uuencode", "uue", "x-uue"}:
        found = uuencoded(raw)
        return found[0][1] if found else raw
    return raw


def base64(raw: bytes) -> bytes:
    """Base64 without a care for line lengths, foreign characters and missing padding."""
    out = bytearray()
    carry = b""
    # In pieces, so that 50 MB need little more than their own size.
    for at in range(0, len(raw), _CHUNK):
        # Some gateways encode in pieces and join them, padding included: `=` ends a piece.
        *ended, rest = (carry + raw[at : at + _CHUNK].translate(None, _FOREIGN)).split(b"=")
        for piece in filter(None, ended):
            out += _piece(piece)
        whole = len(rest) - len(rest) % 4
        out += binascii.a2b_base64(rest[:whole])
        carry = rest[whole:]
    return bytes(out + _piece(carry))


_CHUNK = 1024 * 1024


def _piece(clean: bytes) -> bytes:
    # One character over a multiple of four holds six bits, which is no byte.
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def uuencoded(raw: bytes) -> list[tuple[bytes, bytes, int, int]]:
    """Files inside a text: name, content, and where its lines begin and end."""
    found: list[tuple[bytes, bytes, int, int]] = []
    at = 0
    while len(found) < MAX_FILES and (begin := _UU_BEGIN.search(raw, at)):
        end = _UU_END.search(raw, begin.end())
        if end is None:
            break
        content = _uu_lines(raw[begin.end() : end.start()])
        if content is not None:
            found.append((begin[1].strip(), content, begin.start(), end.end()))
        at = end.end()
    return found


def _uu_lines(block: bytes) -> bytes | None:
    """The content of uuencoded lines, or None when they are anything else."""
    pieces = []
    for line in block.splitlines():
        if not line.strip():
            continue
        size = (line[0] - 32) & 63
        wanted = -(-size // 3) * 4
        body = line[1 : wanted + 1]
        # Trailing blanks stand for zeros and get lost on the way.
        if len(body) < wanted - 4 or line[0] > 96:
            return None
        try:
            pieces.append(binascii.a2b_uu(line[:1] + body.ljust(wanted))[:size])
        except binascii.Error:
            return None
    return b"".join(pieces)
