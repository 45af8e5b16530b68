"""What a file is, judged by its first bytes alone, and which kinds a browser may show in place."""

import codecs
import unicodedata

import puremagic

HEAD = 64 * 1024
"""Bytes that are looked at."""

TEXT = "text/plain"
UNKNOWN = "application/octet-stream"

_INLINE = frozenset(
    {
        "application/pdf",
        "audio/aac",
        "audio/flac",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "image/avif",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "video/mp4",
        "video/ogg",
        "video/webm",
    }
)

# Whatever a browser could run as a page or a script loses its type.
_ACTIVE = ("html", "svg", "xml", "script", "text/", "x-sh", "x-httpd", "flash", "java")
_BINARY = bytes(c for c in range(32) if c not in b"\t\n\f\r\x1b")

# (offset, bytes there, further bytes anywhere in the head, type): containers hold many things.
_CONTAINERS = (
    (4, b"ftypM4A", b"", "audio/mp4"),
    (4, b"ftypavif", b"", "image/avif"),
    (4, b"ftypheic", b"", "image/heic"),
    (4, b"ftypqt", b"", "video/quicktime"),
    (4, b"ftyp", b"", "video/mp4"),
    (0, b"OggS", b"theora", "video/ogg"),
    (0, b"OggS", b"", "audio/ogg"),
    (0, b"\x1aE\xdf\xa3", b"webm", "video/webm"),
    (0, b"RIFF", b"WEBP", "image/webp"),
    (0, b"RIFF", b"WAVE", "audio/wav"),
    (0, b"ID3", b"", "audio/mpeg"),
)
# What nearly every file is that is neither text nor PDF nor zipped; all others are looked up among
# some thousands.
_PICTURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_ZIP = b"PK\x03\x04"
_ZIPPED = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    (
        b"mimetypeapplication/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.text",
    ),
    (b"mimetypeapplication/epub+zip", "application/epub+zip"),
)
_LONGEST_NAME = 255


def content_type(head: bytes) -> str:
    """The media type of a file that starts with `head` (up to `HEAD` bytes).

    Never one that a browser would run: markup and scripts are `text/plain` when they are text,
    else `application/octet-stream`, as is everything unknown.
    """
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if _is_text(head):
        return TEXT
    if head.startswith(_ZIP):
        return next((kind for mark, kind in _ZIPPED if mark in head), "application/zip")
    for start, kind in _PICTURES:
        if head.startswith(start):
            return kind
    for offset, start, mark, kind in _CONTAINERS:
        if head.startswith(start, offset) and mark in head[:4096]:
            return kind
    return _by_signature(head)


def _is_text(head: bytes) -> bool:
    if not head or head.translate(None, _BINARY) != head:
        return False
    try:
        # Not final: the head may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(head, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _by_signature(head: bytes) -> str:
    if not head:
        return UNKNOWN
    try:
        matches = puremagic.magic_string(head)
    except puremagic.PureError:
        return UNKNOWN
    # Two bytes prove nothing: "BM" would make a picture of any file that happens to start so.
    known = (one.mime_type.lower() for one in matches if len(one.byte_match) >= 3)
    kind = next((kind for kind in known if "/" in kind), UNKNOWN)
    return UNKNOWN if any(word in kind for word in _ACTIVE) else kind


def shown_inline(kind: str) -> bool:
    """Whether a browser may show a file of this sniffed type in place instead of saving it."""
    return kind in _INLINE


def clean_name(name: str) -> str:
    """A name fit for a header and a disk: no path, nothing invisible, at most 255 characters."""
    base = name.replace("\\", "/").rpartition("/")[2]
    # Cc: control characters; Cf: writing direction that disguises `gpj.exe`; Cs: lone surrogates.
    visible = "".join(c for c in base if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    tidy = unicodedata.normalize("NFC", visible).strip(" .") or "file"
    if len(tidy) <= _LONGEST_NAME:
        return tidy
    stem, dot, ending = tidy.rpartition(".")
    if not dot or len(ending) > 16:
        return tidy[:_LONGEST_NAME]
    return stem[: _LONGEST_NAME - len(ending) - 1] + dot + ending
