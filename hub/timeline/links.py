"""Signed, expiring addresses of files, and the headers under which a file is safe to serve."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from hub.clock import Clock
from hub.crypto import Keyring
from hub.ports import StoredFile
from hub.timeline import sniff

LIFETIME = timedelta(days=1)
_PURPOSE = "file-url"
_HOUR = 3600


class FileLinks:
    """Whoever holds the address may read the file, until it expires."""

    def __init__(self, keyring: Keyring, public_url: str, clock: Clock) -> None:
        self._keyring = keyring
        self._base = f"{public_url}/api/v1/files"
        self._clock = clock

    def url(self, file_id: UUID) -> str:
        """Good for at least `LIFETIME`; the same within an hour, so that browsers can cache."""
        wanted = (self._clock() + LIFETIME).timestamp()
        expires = int(-(-wanted // _HOUR) * _HOUR)
        signature = self._keyring.sign(_PURPOSE, f"{file_id}:{expires}")
        return f"{self._base}/{file_id}?expires={expires}&signature={signature}"

    def verify(self, file_id: UUID, expires: str, signature: str) -> bool:
        """Whether the two query parameters open this file now."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= 11):
            return False
        signed = self._keyring.verify(_PURPOSE, f"{file_id}:{expires}", signature)
        return signed and self._clock() < datetime.fromtimestamp(int(expires), UTC)


def serve_headers(file: StoredFile) -> dict[str, str]:
    """Headers for serving `file` from the hub's own origin: nothing in it can run there."""
    inline = sniff.shown_inline(file.content_type)
    # Chromium shows no PDF in a sandbox; its viewer runs nothing in our origin.
    sandbox = "" if file.content_type == "application/pdf" else "; sandbox"
    return {
        "Content-Type": file.content_type,
        "Content-Disposition": _disposition(file.name, inline=inline),
        "Content-Security-Policy": f"default-src 'none'; style-src 'unsafe-inline'{sandbox}",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "private, max-age=86400, immutable",
    }


def _disposition(name: str, *, inline: bool) -> str:
    # RFC 6266: plain ASCII for the old, UTF-8 for everybody else.
    plain = "".join(c if c.isascii() and c not in '"\\%' else "_" for c in name)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
