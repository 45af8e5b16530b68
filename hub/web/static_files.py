"""`/static/...`: scripts, styles and icons, checked for change by the hash of their bytes."""

import asyncio
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

ROOT = Path(__file__).parent / "static"
_LONGEST = 200
_ICON = "icon.svg"
"""What browsers ask for at every opening, and what nothing depends on."""
_TYPES = {".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: tuple[int, int]
    body: bytes
    tag: str


class StaticFiles:
    """Keeps what it has served in memory, until the file is another one."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root.resolve()
        self._loaded: dict[Path, _Loaded] = {}

    async def serve(self, request: web.Request) -> web.Response:
        path, loaded = await asyncio.to_thread(self._load, request.match_info["path"])
        # Not a year, but revalidated: modules import each other by plain names.
        kept = "max-age=86400" if path.name == _ICON else "no-cache"
        headers = {"ETag": f'"{loaded.tag}"', "Cache-Control": kept}
        if any(one.value == loaded.tag for one in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        response = web.Response(
            body=loaded.body,
            content_type=kind or "application/octet-stream",
            charset="utf-8" if kind and kind.startswith("text/") else None,
            headers=headers,
        )
        if len(loaded.body) > 1024:
            response.enable_compression()
        return response

    def _load(self, name: str) -> tuple[Path, _Loaded]:
        # To the system a name with NUL, or a very long one, is a fault and not a missing file.
        unheard_of = "\0" in name or len(name) > _LONGEST
        hidden = unheard_of or any(part.startswith(".") for part in Path(name).parts)
        path = self._root if hidden else (self._root / name).resolve()
        if not path.is_relative_to(self._root) or not path.is_file():
            raise web.HTTPNotFound
        facts = path.stat()
        stamp = (facts.st_mtime_ns, facts.st_size)
        known = self._loaded.get(path)
        if known is None or known.stamp != stamp:
            body = path.read_bytes()
            known = _Loaded(stamp, body, hashlib.sha256(body).hexdigest()[:32])
            self._loaded[path] = known
        return path, known
