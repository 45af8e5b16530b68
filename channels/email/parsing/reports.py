"""Delivery reports in the form of RFC 3464: groups of fields, one group a recipient."""

import re
from dataclasses import dataclass

from channels.email.parsing import words
from channels.email.parsing.headers import Headers, split
from channels.email.parsing.limits import MAX_REPORT
from channels.email.parsing.mime import Part

REPORTS = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "text/delivery-status"}
)
RETURNED = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"}
    | {"message/global-headers", "text/rfc822", "message/partial"}
)
_ENHANCED = re.compile(r"(?<![\d.])([245])\.([0-7])\.(\d{1,3})(?![\d.]\d)")
# The reply codes of RFC 5321 4.2.3 and its extensions: three digits alone may be anything.
_REPLY = re.compile(r"(?<![\d.:-])([45])(?:2[19]|3[0-9]|4[1-7]|5[0-7]|7[0-2]|0[0-6])(?![\d.:])")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_MAX_GROUPS = 100
_FAILURES = {"failed": 0, "delayed": 1}
_GOOD = frozenset({"delivered", "relayed", "expanded"})
_FINE = frozenset({"deliverable", "deliver", "success", "ok"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one group says of one recipient."""

    action: str
    status: str | None
    recipient: str | None


def verdicts(part: Part) -> tuple[list[Verdict], str | None]:
    """Every recipient's verdict, and the original's id where the report itself names it."""
    raw = part.body()[:MAX_REPORT]
    found: list[Verdict] = []
    original: str | None = None
    for piece in _BLANK_LINE.split(raw)[:_MAX_GROUPS]:
        fields, _ = split(piece.strip() + b"\n", 0, len(piece) + 1)
        original = original or _id(fields)
        verdict = _verdict(fields)
        if verdict:
            found.append(verdict)
    return found, original


def worst(found: list[Verdict]) -> Verdict | None:
    """The verdict that matters: a failure before a delay; None when there is neither."""
    bad = [one for one in found if one.action in _FAILURES]
    return min(bad, key=lambda one: _FAILURES[one.action]) if bad else None


def _id(fields: Headers) -> str | None:
    # Gmail's own field.
    return fields.text("x-original-message-id").strip("<> ") or None


def _verdict(fields: Headers) -> Verdict | None:
    if not any(fields.has(name) for name in ("action", "final-recipient", "original-recipient")):
        return None
    diagnostic = fields.text("diagnostic-code")
    status = code(fields.text("status")) or None
    if status is None or status.endswith(".0.0"):
        # `5.0.0` says nothing; what the other server answered often does.
        status = code(diagnostic) or status
    return Verdict(_action(fields, status or ""), status, _recipient(fields))


def _action(fields: Headers, status: str) -> str:
    word = re.split(r"[\s(;]", fields.text("action").lower(), maxsplit=1)[0]
    if word.startswith(("fail", "error", "undeliver")):
        return "failed"
    if word.startswith("delay"):
        return "delayed"
    if word in _GOOD:
        return word
    # `expired` of SendGrid, `deliverable` of Postfix: words of their own mean what the code says.
    if word:
        return "delivered" if status.startswith("2") or word in _FINE else "failed"
    return {"5": "failed", "4": "delayed", "2": "delivered"}.get(status[:1], "failed")


def _recipient(fields: Headers) -> str | None:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        address = address_in(words.text(fields.unfolded(name)).partition(";")[2]) or address_in(
            fields.text(name)
        )
        if address:
            return address
    return None


def address_in(text: str) -> str | None:
    """The first address in `text`."""
    found = _ADDRESS.search(text[:400])
    return found[0].strip(".") if found else None


def code(text: str) -> str | None:
    """The status of RFC 3463 in `text`; a bare reply code of SMTP gives its class."""
    enhanced = _ENHANCED.search(text)
    if enhanced:
        return ".".join(enhanced.groups())
    reply = _REPLY.search(text)
    return f"{reply[1]}.0.0" if reply else None
