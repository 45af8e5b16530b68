"""Small files of every kind, for acts that bring none of their own."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_SAMPLES = {
    "photo": ("photo.jpg", "image/jpeg"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video.mp4", "video/mp4"),
    "animation": ("animation.gif", "image/gif"),
    "voice": ("voice.oga", "audio/ogg"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "document": ("document.pdf", "application/pdf"),
    "sticker": ("sticker.webp", "image/webp"),
}
_STICKERS = {
    "animated": ("sticker.tgs", "application/x-tgsticker"),
    "video": ("sticker.webm", "video/webm"),
}


def sample(kind: str, wish: Mapping[str, Any]) -> tuple[str, str, bytes]:
    """Name, type and content of a file: those of `wish`, or a sample of its kind.

    A sticker's `format` is `static`, `animated` or `video`.
    """
    name, mime = _STICKERS.get(str(wish.get("format", "")), _SAMPLES[kind])
    if not wish.get("content"):
        return str(wish.get("name") or name), mime, _content(name)
    return str(wish.get("name") or name), mime, bytes(wish["content"])


@cache
def _content(name: str) -> bytes:
    return (files("channels.telegram.twin.samples") / name).read_bytes()
