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
        "audio/x-wav",
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
        best = puremagic.magic_string(head)[0]
    except puremagic.PureError:
        return UNKNOWN
    # Two bytes prove nothing: "BM" would make a picture of any file that happens to start so.
    if len(best.byte_match) < 3 or "/" not in best.mime_type:
        return UNKNOWN
    kind = best.mime_type.lower()
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
