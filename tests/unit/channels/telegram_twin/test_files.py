"""Pictures are measured, a browser's recording becomes a voice message, keyboards are read."""

import json
import struct

import pytest

from channels.telegram.twin import ogg, pictures
from channels.telegram.twin.calls import Call
from channels.telegram.twin.keyboards import reply_markup
from channels.telegram.twin.refusals import Refused
from channels.telegram.twin.samples import sample

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 3, 4) + b"\0" * 9


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (PNG, (3, 4)),
        (sample("photo", {})[2], (800, 600)),
        (sample("sticker", {})[2], (512, 512)),
        (sample("animation", {})[2], (16, 16)),
        (sample("document", {})[2], None),
        (b"", None),
        (b"\xff\xd8\xff\xe0", None),
    ],
)
def test_sizes(content: bytes, size: tuple[int, int] | None):
    assert pictures.size(content) == size


def element(kind: bytes, data: bytes, *, known: bool = True) -> bytes:
    size = (0x10000000 | len(data)).to_bytes(4, "big") if known else b"\x01" + b"\xff" * 7
    return kind + size + data


def recording(packets: list[bytes]) -> bytes:
    """A WebM as browsers make it: cluster and segment of unknown size."""
    head = b"OpusHead" + bytes([1, 1]) + struct.pack("<HIhB", 312, 48000, 0, 0)
    tracks = element(b"\x16\x54\xae\x6b", element(b"\xae", element(b"\x63\xa2", head)))
    blocks = b"".join(element(b"\xa3", b"\x81\0\0\x80" + one) for one in packets)
    cluster = element(b"\x1f\x43\xb6\x75", blocks, known=False)
    return element(b"\x1a\x45\xdf\xa3", b"") + element(
        b"\x18\x53\x80\x67", tracks + cluster, known=False
    )


def test_a_recording_becomes_ogg():
    packet = bytes([0xFC]) + b"x" * 300
    sound, seconds = ogg.from_webm(recording([packet] * 100))
    assert seconds == 2
    pages = sound.split(b"OggS")[1:]
    assert len(pages) == 102
    assert b"OpusHead" in pages[0]
    assert pages[1].endswith(b"besedka\0\0\0\0")
    assert all(page.endswith(packet) for page in pages[2:])
    assert struct.unpack("<q", pages[-1][2:10]) == (100 * 960,)
    assert [page[1] for page in (pages[0], pages[50], pages[-1])] == [2, 0, 4]


def test_checksum_is_that_of_ogg():
    content = sample("voice", {})[2]
    for page in content.split(b"OggS")[1:]:
        whole = bytearray(b"OggS" + page)
        (told,) = struct.unpack("<I", whole[22:26])
        whole[22:26] = bytes(4)
        assert ogg._checksum(whole) == told


@pytest.mark.parametrize("content", [b"", b"\x1a\x45\xdf\xa3", b"RIFF", recording([])])
def test_what_is_no_recording(content: bytes):
    with pytest.raises(ValueError, match="recording"):
        ogg.from_webm(content)


def markup(value: object) -> dict[str, object] | None:
    return reply_markup(Call("sendMessage", {"reply_markup": json.dumps(value)}))


def inline(**button: object) -> dict[str, object]:
    return {"inline_keyboard": [[button]]}


def test_keyboards():
    assert markup(inline(text="a", url="a.example")) == inline(text="a", url="http://a.example/")
    assert markup({"keyboard": [["a"]]}) == {"keyboard": [[{"text": "a"}]]}
    ask = {"keyboard": [[{"text": "a", "request_contact": True}]], "resize_keyboard": True}
    assert markup(ask) == ask
    assert markup({"remove_keyboard": True}) == {"remove_keyboard": True}
    assert markup({"force_reply": True}) == {"force_reply": True}
    assert markup({}) is None


UNALLOWED = "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ([], "object expected as reply markup"),
        (
            {"inline_keyboard": [1]},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        (
            inline(text="a"),
            UNALLOWED,
        ),
        (inline(url="a"), "can't parse inline keyboard button: Can't find field \"text\""),
        (inline(text="a", callback_data="x" * 65), "BUTTON_DATA_INVALID"),
        (
            inline(text="a", url="a b"),
            "inline keyboard button URL 'a b' is invalid: Wrong HTTP URL",
        ),
        (
            {"inline_keyboard": [[{"text": "a", "callback_data": "b"}] * 101]},
            "reply markup is too long",
        ),
        (
            {"keyboard": [[1]]},
            "can't parse keyboard button: KeyboardButton must be a String or an Object",
        ),
    ],
)
def test_keyboards_refused(value: object, complaint: str):
    with pytest.raises(Refused) as refused:
        markup(value)
    assert refused.value.description == f"Bad Request: {complaint}"
