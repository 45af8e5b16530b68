"""Which file of a message is fetched, what it is called, and what is said of one that is not."""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.telegram.fields import Json, flag, integer, obj, text_of

MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file on Telegram's servers. size in bytes, 0 when Telegram does not say."""

    file_id: str
    unique_id: str
    name: str
    size: int


def file_ref(part: Json, kind: str, suffix: str) -> FileRef | None:
    """The file that `part` (a Document, Voice, PhotoSize, ...) names; None when it names none."""
    file_id = text_of(part, "file_id")
    if not file_id:
        return None
    unique_id = text_of(part, "file_unique_id") or file_id
    name = text_of(part, "file_name").strip()[:MOST_NAME] or f"{kind}{suffix}"
    return FileRef(file_id, unique_id, name, integer(part, "file_size"))


def largest(sizes: Sequence[Json]) -> Json | None:
    """The PhotoSize with the most pixels; Telegram documents no order."""

    def pixels(size: Json) -> tuple[int, int]:
        return integer(size, "width") * integer(size, "height"), integer(size, "file_size")

    return max((one for one in sizes if text_of(one, "file_id")), key=pixels, default=None)


def animated_sticker(sticker: Json) -> FileRef | None:
    """What is shown of a sticker that no browser plays (.tgs): its still picture.

    A video sticker is WebM, which plays.
    """
    if flag(sticker, "is_video"):
        return file_ref(sticker, "sticker", ".webm")
    if not flag(sticker, "is_animated"):
        return None
    return file_ref(obj(sticker, "thumbnail"), "sticker", ".webp") or file_ref(
        sticker, "sticker", ".tgs"
    )


def megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"
