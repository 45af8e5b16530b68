"""The little picture that the server makes of a film or a moving sticker: here always the same."""

from collections.abc import Mapping
from typing import Any

from channels.telegram.twin.samples import sample
from channels.telegram.twin.world import World

_PICTURES = {"video": "photo", "animation": "photo", "video_note": "photo", "sticker": "sticker"}
_SIZES = {"photo": (320, 240), "sticker": (128, 128)}


def thumbnail(world: World, kind: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """`thumbnail` as a PhotoSize, for what has one."""
    picture = _PICTURES.get(kind, "")
    if not picture or (kind == "sticker" and not _moves(more)):
        return {}
    width, height = _SIZES[picture]
    facts = _kept(world, picture)
    size = {"width": width, "height": height, "file_size": facts["size"]}
    return {"thumbnail": {n: facts[n] for n in ("file_id", "file_unique_id")} | size}


def _moves(more: Mapping[str, Any]) -> bool:
    return bool(more.get("is_animated") or more.get("is_video"))


def _kept(world: World, picture: str) -> Mapping[str, Any]:
    """Its file, made once."""
    name = f"thumbnail_{picture}"
    known = world.files.known(str(world.facts.get(name, "")))
    if known is not None:
        return known
    facts = world.files.store("photo", *sample(picture, {}))
    world.put_file(facts)
    world.remember(name, facts["file_id"])
    return facts
