"""Whether a mail reports that one of ours did not arrive, and whose, which and why."""

import re

from channels.email.parsing import addresses, bounce_texts, reports
from channels.email.parsing.headers import split
from channels.email.parsing.limits import MAX_REPORT
from channels.email.parsing.mail import Bounce
from channels.email.parsing.mime import Part

_ID = re.compile(r"<([^<>\s]{1,998})>")
_TO = re.compile(r"^[ \t>]{0,8}to:[ \t]*([^\n]{3,400})$", re.IGNORECASE | re.MULTILINE)
_TOLD = 100_000
_IN_TEXT = re.compile(r"^[ \t>]*message-id:\s*<([^<>\s]{1,998})>", re.IGNORECASE | re.MULTILINE)


def read(root: Part, text: str) -> Bounce | None:
    """The report in `root`, whose readable text is `text`; None for every other mail."""
    if (notice := bounce_texts.notice(text)) is not None:
        status = notice.status or "5.0.0"
        return Bounce(status, "failed", notice.recipient, notice.original)
    parts = list(_all(root))
    found: list[reports.Verdict] = []
    original: str | None = None
    for part in parts:
        if part.content_type in reports.REPORTS:
            verdicts, named = reports.verdicts(part)
            found += verdicts
            original = original or named
    verdict = reports.worst(found)
    if verdict is None:
        if found:
            return None  # delivered, relayed, expanded
        verdict = _told(root, text, is_report=_is_report(root))
    if verdict is None:
        return None
    return Bounce(
        status=verdict.status or _status(verdict.action, text),
        action=verdict.action,
        recipient=verdict.recipient or _named(root, text) or _returned_to(root, parts, text),
        original_message_id=original or _original_id(root, parts, text),
    )


def _all(root: Part) -> list[Part]:
    out: list[Part] = []
    queue = [root]
    while queue:
        part = queue.pop()
        out.append(part)
        queue += reversed(part.parts)
    return out


def _is_report(root: Part) -> bool:
    kind = root.content.get("report-type").lower()
    return root.content_type == "multipart/report" and kind in {"delivery-status", ""}


def _told(root: Part, text: str, *, is_report: bool) -> reports.Verdict | None:
    """The verdict of a report in prose."""
    sender = addresses.parse(root.headers.unfolded("from"))
    address = sender[0].address if sender else ""
    signs = 2 if is_report else bounce_texts.signs(root.headers, address, text)
    if not signs:
        return None
    # What a person sends along with a mail is a report to that person, and not to us.
    delayed, failed = bounce_texts.known_formats(root, within=signs > 1)
    failing = reports.address_in(root.headers.text("x-failed-recipients"))
    # Where no detector fits, flufl.bounce takes the returned mail's own id for an address.
    ids = {one.lower() for one in _IN_TEXT.findall(text[:_TOLD])}
    named = [one for one in failed or delayed if one.lower() not in ids]
    recipient = failing or next(iter(named), None)
    if recipient is None and signs > 1:
        recipient = _named(root, text) or _returned_to(root, list(_all(root)), text)
    if recipient is None and not is_report:
        return None
    late = bool(delayed and not failed) or bounce_texts.is_delay(
        root.headers.text("subject"), text
    )
    action = "delayed" if late and not failing else "failed"
    return reports.Verdict(action, None, recipient)


def _named(root: Part, text: str) -> str | None:
    return bounce_texts.recipient(text, _own(root))


def _own(root: Part) -> set[str]:
    """Addresses of the report itself, which it cannot be about."""
    return {
        one.address.lower()
        for name in ("from", "to", "reply-to", "return-path", "sender")
        for one in addresses.parse(root.headers.unfolded(name))
    }


def _returned_to(root: Part, parts: list[Part], text: str) -> str | None:
    """Whom the returned mail was for, where the report itself names nobody."""
    own = _own(root)
    for part in parts:
        if part is not root and part.content_type in reports.RETURNED:
            raw = part.body()[:MAX_REPORT].lstrip(b"\r\n")
            fields, _ = split(raw, 0, len(raw))
            return _only(fields.unfolded("to"), own)
    inside = _TO.search(bounce_texts.returned_part(text))
    return _only(inside[1], own) if inside else None


def _only(field: str, own: set[str]) -> str | None:
    """The one address in a field; of several nobody knows which one failed."""
    named = {one.address for one in addresses.parse(field) if "@" in one.address}
    others = [one for one in named if one.lower() not in own]
    return others[0] if len(others) == 1 else None


def _status(action: str, text: str) -> str:
    """What the prose blames, as a code: the server's own, or the words' meaning, or none."""
    told = bounce_texts.told_part(text)
    wanted = "4" if action == "delayed" else "5"
    code = reports.code(told[:8_000])
    code = None if code and code.startswith("2") else code  # a version, not a verdict
    if code and not code.endswith(".0.0"):
        return code
    blamed = bounce_texts.blamed(text)
    return f"{(code or wanted)[0]}.{blamed}" if blamed else code or f"{wanted}.0.0"


def _original_id(root: Part, parts: list[Part], text: str) -> str | None:
    """The id of the mail that did not arrive: of its returned copy, or as the report refers."""
    for part in parts:
        if part.content_type in reports.RETURNED:
            raw = part.body()[:MAX_REPORT].lstrip(b"\r\n")
            fields, _ = split(raw, 0, len(raw))
            found = _ID.search(fields.unfolded("message-id"))
            if found:
                return found[1]
    inside = _IN_TEXT.search(text)
    if inside:
        return inside[1]
    for name in ("x-original-message-id", "in-reply-to", "references"):
        found = _ID.search(root.headers.unfolded(name))
        if found:
            return found[1]
    return None
