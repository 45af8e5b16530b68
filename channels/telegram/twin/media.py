"""Files in messages: taken from a request or by file_id, and how a message shows each kind."""

import gzip
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from channels.telegram.twin import pictures
from channels.telegram.twin.calls import Call, Upload
from channels.telegram.twin.refusals import bad_request
from channels.telegram.twin.thumbnails import thumbnail
from channels.telegram.twin.world import World

_LARGEST_PHOTO = 10 << 20
_WORDS = {"video_note": "video note"}
_KINDS_OF_VOICE = ("audio/ogg", "audio/mpeg", "audio/mp4", "application/ogg")
_LIKE_DOCUMENTS = {"document", "animation", "audio", "voice"}
"""Kinds that the server may have made of one another."""
_NUMBERS = ("duration", "width", "height", "length")


@dataclass(frozen=True, slots=True)
class Medium:
    """A file and what is told about it: `more` holds duration, width, title and the like."""

    kind: str
    facts: Mapping[str, Any]
    more: Mapping[str, Any]

    def fields(self) -> dict[str, Any]:
        """What stands in a Message."""
        if self.kind == "photo":
            return {"photo": _sizes(self.facts, self.more)}
        shown = _common(self.facts) | _FIELDS[self.kind](self.facts, self.more)
        if self.kind == "animation":
            # Kept for bots of old, says the documentation.
            return {"animation": shown, "document": _common(self.facts) | _document(self.facts)}
        return {self.kind: shown}


def of_call(world: World, call: Call, kind: str) -> Medium:
    """What sendPhoto and its sisters bring. Raises Refused."""
    more: dict[str, Any] = {name: call.number(name) for name in _NUMBERS if call.text(name)}
    more |= {n: call.text(n) for n in ("title", "performer", "emoji") if call.text(n)}
    return resolved(world, call, kind, call.text(kind) or f"attach://{kind}", more)


def resolved(world: World, call: Call, kind: str, named: str, more: Mapping[str, Any]) -> Medium:
    """The file that `named` (attach://, a file_id, an address) stands for. Raises Refused."""
    if not named.startswith("attach://"):
        return _known(world, kind, named, more)
    upload = call.files.get(named.removeprefix("attach://"))
    if upload is None:
        raise bad_request(f"There is no {_WORDS.get(kind, kind)} in the request")
    return uploaded(world, kind, upload, more)


def uploaded(world: World, kind: str, upload: Upload, more: Mapping[str, Any]) -> Medium:
    """A new file; what is no voice or audio at all becomes a document. Raises Refused."""
    if not upload.content:
        raise bad_request("file must be non-empty")
    upload = _typed(upload)
    kind, more = _sorted_in(kind, upload, dict(more))
    facts = world.files.store(kind, upload.name, upload.content_type, upload.content)
    more = {**more, **thumbnail(world, kind, more)}
    world.put_file({**facts, "more": more})
    return Medium(kind, facts, more)


def _known(world: World, kind: str, file_id: str, more: Mapping[str, Any]) -> Medium:
    if file_id.startswith(("http://", "https://")):
        # The twin fetches nothing from other people's servers.
        raise bad_request("Failed to get HTTP URL content")
    facts = world.files.known(file_id)
    if facts is None:
        raise bad_request("Wrong remote file identifier specified: Wrong string length")
    own = str(facts["kind"])
    if own != kind and not {own, kind} <= _LIKE_DOCUMENTS:
        names = (own.replace("_", " ").title(), kind.replace("_", " ").title())
        raise bad_request(f"Can't use file of type {names[0]} as {names[1]}")
    return Medium(own, facts, {**facts.get("more", {}), **more})


def _typed(upload: Upload) -> Upload:
    """Names tell more than what a client says of a file."""
    guessed = mimetypes.guess_type(upload.name)[0]
    if guessed is None and PurePath(upload.name).suffix == ".tgs":
        guessed = "application/x-tgsticker"
    if guessed == "audio/x-opus+ogg" or PurePath(upload.name).suffix in (".oga", ".opus"):
        guessed = "audio/ogg"
    return replace(upload, content_type=guessed or upload.content_type)


def _sorted_in(kind: str, upload: Upload, more: dict[str, Any]) -> tuple[str, Mapping[str, Any]]:
    mime = upload.content_type
    match kind:
        case "photo":
            return kind, more | _photographed(upload.content)
        case "voice" if mime not in _KINDS_OF_VOICE:
            return "document", more
        case "audio" if not mime.startswith("audio/"):
            return "document", more
        case "document" if mime == "image/gif":
            return "animation", more
        case "sticker":
            return kind, more | _stuck(upload)
        case _:
            return kind, _measured(upload.content) | more


def _photographed(content: bytes) -> dict[str, int]:
    if len(content) > _LARGEST_PHOTO:
        raise bad_request(
            f"File of size {len(content)} bytes is too big for a photo; "
            f"the maximum size is {_LARGEST_PHOTO} bytes"
        )
    size = pictures.size(content)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = size
    if width + height > 10_000 or max(size) > 20 * max(min(size), 1):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return {"width": width, "height": height}


def _measured(content: bytes) -> dict[str, int]:
    size = pictures.size(content)
    return {"width": size[0], "height": size[1]} if size else {}


def _stuck(upload: Upload) -> dict[str, Any]:
    animated = upload.content[:2] == b"\x1f\x8b" and _is_lottie(upload.content)
    video = upload.content[:4] == b"\x1aE\xdf\xa3"
    measured = _measured(upload.content) or {"width": 512, "height": 512}
    return {**measured, "is_animated": animated, "is_video": video}


def _is_lottie(content: bytes) -> bool:
    try:
        return gzip.decompress(content)[:1] == b"{"
    except (OSError, EOFError):
        return False


def _common(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "file_id": facts["file_id"],
        "file_unique_id": facts["file_unique_id"],
        "file_size": facts["size"],
    }


def _sizes(facts: Mapping[str, Any], more: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Two sizes: a smaller one first, as on the real server, though both are the same file."""
    width, height = int(more.get("width", 0)), int(more.get("height", 0))
    scale = 90 / max(width, height, 90)
    small = {"width": int(width * scale) or 1, "height": int(height * scale) or 1}
    full = _common(facts) | {"width": width, "height": height}
    if scale == 1:
        return [full]
    little = {"file_unique_id": f"{facts['file_unique_id']}s", "file_size": 1000}
    return [_common(facts) | small | little, full]


def _document(facts: Mapping[str, Any], _: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"file_name": facts["name"], "mime_type": facts["mime"]}


def _picked(more: Mapping[str, Any], **defaults: object) -> dict[str, Any]:
    return {name: more.get(name, default) for name, default in defaults.items()}


def _told(more: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: more[name] for name in names if more.get(name)}


def _video(facts: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    shown = _picked(more, width=640, height=360, duration=1)
    return _document(facts) | shown | _told(more, "thumbnail")


def _voice(facts: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    return {"mime_type": facts["mime"]} | _picked(more, duration=1)


def _audio(facts: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    told = _told(more, "title", "performer")
    return _document(facts) | _picked(more, duration=1) | told


def _video_note(_: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    return _picked(more, length=240, duration=1) | _told(more, "thumbnail")


def _sticker(_: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    shown = _picked(more, width=512, height=512, is_animated=False, is_video=False)
    return {"type": "regular", **shown, **_told(more, "emoji", "set_name", "thumbnail")}


_FIELDS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
    "document": _document,
    "video": _video,
    "animation": _video,
    "voice": _voice,
    "audio": _audio,
    "video_note": _video_note,
    "sticker": _sticker,
}
KINDS = ("photo", *_FIELDS)
"""The fields of a Message that hold a file."""
