"""Whether a provider's requests reach this inbox: when the last one came, kept for the check."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from hub.ports import Finding, Host, SinkUnavailable

Kind = Literal["inbound", "status", "refused"]

NOTED_EVERY = timedelta(minutes=1)
"""A busy number is not slowed down by writing down each time that it is busy."""

_WORDS: dict[str, tuple[str, str, str]] = {
    "inbound": ("webhook", "message", "No message has come in yet."),
    "status": ("status", "receipt", "No receipt has come in yet."),
}


class Arrivals:
    """Writes down, about once a minute, that something came."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._noted: dict[str, datetime] = {}

    async def note(self, kind: Kind) -> None:
        if self._is_news(kind):
            await self._host.state.put(_key(kind), self._now())

    async def refused(self, path: str) -> None:
        """A request with a wrong signature: a stranger's, or a sign of a wrong setting."""
        if self._is_news("refused"):
            try:
                await self._host.state.put(_key("refused"), {**self._now(), "path": path})
            except SinkUnavailable:
                self._noted.pop("refused", None)

    def _is_news(self, kind: Kind) -> bool:
        now = self._host.now()
        last = self._noted.get(kind)
        if last is not None and timedelta(0) <= now - last < NOTED_EVERY:
            return False
        self._noted[kind] = now
        return True

    def _now(self) -> dict[str, object]:
        return {"at": self._host.now().isoformat()}


async def findings(host: Host, urls: Mapping[str, str]) -> list[Finding]:
    """What is known of requests that came, and which of `urls` to enter where none did."""
    found = []
    came = []
    for kind, (url, what, nothing) in _WORDS.items():
        at = _moment(await host.state.get(f"arrived:{kind}"))
        came.append(at)
        if at is None and url in urls:
            remedy = f"The gateway has to know this address: {urls[url]}"
            found.append(Finding("warning", nothing, remedy))
        elif at is None:
            found.append(Finding("ok", f"{nothing} The first follows the first message sent."))
        else:
            found.append(Finding("ok", f"The last {what} came in at {_spelled(at)}."))
    refused = _moment(await host.state.get("arrived:refused"))
    if refused is not None and all(at is None or at < refused for at in came):
        found.append(_about_refused(refused))
    return found


def _about_refused(at: datetime) -> Finding:
    return Finding(
        "error",
        f"A request with a wrong signature was refused at {_spelled(at)}.",
        "If it was the gateway's: the token or the secret is wrong, or HUB_PUBLIC_URL is not the "
        "address that the gateway calls.",
    )


def _key(kind: Kind) -> str:
    return f"arrived:{kind}"


def _moment(value: Mapping[str, object] | None) -> datetime | None:
    return datetime.fromisoformat(str(value["at"])) if value else None


def _spelled(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
