"""The provider's files: bytes under the digest of their content, facts under a file_id."""

import base64
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LARGEST_DOWNLOAD = 20 << 20
"""Bytes a bot may fetch."""

_FOLDERS = {
    "photo": "photos",
    "video": "videos",
    "animation": "animations",
    "voice": "voice",
    "audio": "music",
    "sticker": "stickers",
    "video_note": "video_notes",
}


class Shelf:
    """`facts` of a file: file_id, file_unique_id, kind, name, mime, size, digest, path."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._facts: dict[str, Mapping[str, Any]] = {}
        self._paths: dict[str, str] = {}

    def take(self, facts: Mapping[str, Any]) -> None:
        self._facts[str(facts["file_id"])] = facts
        self._paths[str(facts["path"])] = str(facts["file_id"])

    def all(self) -> Iterator[Mapping[str, Any]]:
        yield from self._facts.values()

    def known(self, file_id: str) -> Mapping[str, Any] | None:
        return self._facts.get(file_id)

    def at(self, path: str) -> Mapping[str, Any] | None:
        """What `/file/bot<token>/<path>` names."""
        return self._facts.get(self._paths.get(path, ""))

    def content(self, facts: Mapping[str, Any]) -> Path:
        return self._folder / str(facts["digest"])

    def store(
        self, kind: str, name: str, mime: str, content: bytes, *, size: int = 0
    ) -> dict[str, Any]:
        """The facts of a new file. `size` for one that only pretends to be that large."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._folder / digest
        if not path.exists():
            path.write_bytes(content)
        number = len(self._facts) + 1
        suffix = Path(name).suffix or ".bin"
        return {
            # Another one each time, of the same file: only file_unique_id tells that.
            "file_id": f"{kind[:2].capitalize()}ACAgI{secrets.token_urlsafe(36)}",
            "file_unique_id": f"AQAD{_short(digest, kind)}",
            "kind": kind,
            "name": name,
            "mime": mime,
            "size": size or len(content),
            "digest": digest,
            "path": f"{_FOLDERS.get(kind, 'documents')}/file_{number}{suffix}",
        }


def _short(digest: str, kind: str) -> str:
    raw = hashlib.sha256(f"{kind}{digest}".encode()).digest()[:8]
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
