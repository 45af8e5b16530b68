"""What a report says of a mail of ours: that it was shown, has arrived, or is unwanted."""

from dataclasses import dataclass
from typing import Literal

from channels.email.parsing import addresses, reports
from channels.email.parsing.headers import Headers, split
from channels.email.parsing.limits import MAX_REPORT
from channels.email.parsing.mime import Part

_MDN = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_FEEDBACK = "message/feedback-report"


@dataclass(frozen=True, slots=True)
class Report:
    """original: the Message-ID it is about. recipient: who got the mail, where it says so."""

    kind: Literal["read", "delivered", "unwanted"]
    original: str
    recipient: str = ""


def read(root: Part) -> Report | None:
    """The report in `root`; None for other mail and for what says nothing of use."""
    parts = _all(root)
    for part in parts:
        if part.content_type in _MDN:
            return _shown(_fields(part))
        if part.content_type == _FEEDBACK:
            return _unwanted(_fields(part), parts)
        if part.content_type in reports.REPORTS:
            return _delivered(part, parts)
    return None


def _shown(fields: Headers) -> Report | None:
    """RFC 8098 3.2.6: `displayed` is reading; `deleted` and the rest are not."""
    original = fields.text("original-message-id").strip("<> ")
    shown = "displayed" in fields.text("disposition").lower()
    return Report("read", original) if original and shown else None


def _delivered(part: Part, parts: list[Part]) -> Report | None:
    verdicts, named = reports.verdicts(part)
    original = named or _returned(parts)[0]
    if original and verdicts and all(one.action == "delivered" for one in verdicts):
        return Report("delivered", original, verdicts[0].recipient or "")
    return None


def _unwanted(fields: Headers, parts: list[Part]) -> Report | None:
    """RFC 5965. `not-spam` and `auth-failure` ask for no silence."""
    kind = fields.text("feedback-type").lower().strip()
    original, to = _returned(parts)
    recipient = fields.text("original-rcpt-to").strip("<> ") or to
    if kind in {"abuse", "fraud", "opt-out", "unsubscribe", "other", ""} and original:
        return Report("unwanted", original, recipient)
    return None


def _returned(parts: list[Part]) -> tuple[str, str]:
    """Message-ID and first recipient of the mail that came back."""
    for part in parts:
        if part.content_type in reports.RETURNED:
            fields = _fields(part)
            to = addresses.parse(fields.unfolded("to"))
            original = fields.text("message-id").strip("<> ")
            if original:
                return original, to[0].address if to else ""
    return "", ""


def _fields(part: Part) -> Headers:
    body = part.body()[:MAX_REPORT].lstrip(b"\r\n") + b"\n"
    return split(body, 0, len(body))[0]


def _all(root: Part) -> list[Part]:
    out, queue = [], [root]
    while queue:
        part = queue.pop(0)
        out.append(part)
        queue += part.parts
    return out
