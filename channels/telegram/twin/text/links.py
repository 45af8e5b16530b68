"""What Telegram takes for a link, and what it makes of it."""

import re
from urllib.parse import urlsplit

_USER = re.compile(r"tg://user/?\?id=(\d{1,19})")
_SCHEMES = {"http", "https", "ftp", "tg", "ton", "tonsite", "mailto", "tel"}


def user_of(url: str) -> int | None:
    """The user that `tg://user?id=1` names."""
    found = _USER.fullmatch(url.strip())
    return int(found[1]) if found else None


def checked_link(url: str) -> str:
    """With a scheme and a path, or "" for what leads nowhere."""
    url = url.strip()
    scheme = url.split(":", 1)[0].lower() if re.match(r"[a-zA-Z]+:", url) else ""
    if scheme in ("tg", "ton", "tonsite", "mailto", "tel"):
        return url
    if scheme not in _SCHEMES:
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        known = parts.port is None or parts.port > 0
    except ValueError:
        return ""
    if not known or not _is_host(host):
        return ""
    return url if parts.path or parts.query or parts.fragment else f"{url}/"


def _is_host(host: str) -> bool:
    if not host or re.search(r"[\s<>\"@]", host):
        return False
    return "." in host.strip(".") or ":" in host or host == "localhost"
