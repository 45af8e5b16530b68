"""A mail's bytes turned into what it says; never fails, whatever the bytes are."""

import re
from datetime import datetime

from channels.email.parsing import addresses, automatic, body, bounces, dates, quotes
from channels.email.parsing.headers import Headers
from channels.email.parsing.mail import Address, Mail
from channels.email.parsing.mime import Part
from channels.email.parsing.mime import parse as parse_tree

_ID = re.compile(r"<([^<>]{1,998})>")
_SPACE = re.compile(r"\s+")
_MAX_REFERENCES = 500


def parse(raw: bytes) -> Mail:
    """What the mail `raw` says. Linear in its size; reads no more than `limits` allow."""
    return parse_whole(raw)[0]


def parse_whole(raw: bytes) -> tuple[Mail, Part]:
    """The same, and the tree it was read from."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    root = _with_hint(parse_tree(raw), raw)
    fields = root.headers
    content = body.read(root)
    bounce = bounces.read(root, content.text)
    subject = fields.text("subject")
    mail = Mail(
        message_id=_one_id(fields, "message-id"),
        in_reply_to=_one_id(fields, "in-reply-to"),
        references=_ids(fields.unfolded("references"))[-_MAX_REFERENCES:],
        sender=_sender(fields),
        to=_mailboxes(fields, "to"),
        cc=_mailboxes(fields, "cc"),
        reply_to=_mailboxes(fields, "reply-to"),
        subject=subject,
        date=_date(fields),
        text=content.text,
        reply_text=_reply(content, subject),
        html=content.html,
        remote_images=content.remote_images,
        attachments=content.attachments,
        kind=automatic.kind(root, bounced=bounce is not None),
        bounce=bounce,
    )
    return mail, root


def _with_hint(root: Part, raw: bytes) -> Part:
    """The same tree, its fields beyond ASCII read in the charset that its text declares."""
    if raw[: root.start].isascii():
        return root
    queue, label = [root], ""
    while queue and not label:
        part = queue.pop(0)
        label = part.content.get("charset") if part.content_type.startswith("text/") else ""
        queue += part.parts[:20]
    root.headers = Headers(root.headers.fields, label or None)
    return root


def _reply(content: body.Body, subject: str) -> str:
    """The reply, out of the form that shows its quotes.

    Plain text marks them with `>` and is taken first. Where it says nothing of a quote that the
    HTML does mark (Outlook's plain form), the HTML decides.
    """
    if content.from_html and content.marked is not None:
        return quotes.reply(content.marked, subject)
    own = quotes.reply(content.text, subject)
    if content.marked in {None, content.text} or len(own) < len(content.text.strip()) * 0.98:
        return own
    other = quotes.reply(content.marked, subject)
    return other if other and len(other) < len(own) * 0.8 else own


def _sender(fields: Headers) -> Address | None:
    for name in ("from", "sender", "return-path"):
        found = _mailboxes(fields, name)
        if found:
            return next((one for one in found if one.address), found[0])
    return None


def _mailboxes(fields: Headers, name: str) -> tuple[Address, ...]:
    # Two fields of a name are wrong (RFC 5322 3.6) and read as one list, except From.
    values = fields.all(name)[:1] if name == "from" else fields.all(name)[:20]
    return tuple(one for value in values for one in addresses.parse(value))


def _date(fields: Headers) -> datetime | None:
    found = dates.parse(fields.text("date"))
    if found is None and fields.has("received"):
        # The nearest relay's time, behind the last semicolon (RFC 5321 4.4).
        found = dates.parse(fields.text("received").rpartition(";")[2].strip())
    return found


def _one_id(fields: Headers, name: str) -> str | None:
    found = _ids(fields.unfolded(name))
    return found[0] if found else None


def _ids(value: str) -> tuple[str, ...]:
    """Message ids without brackets; some programs forget the brackets."""
    found = [_SPACE.sub("", one) for one in _ID.findall(value)]
    if not found and "<" not in value:
        found = [
            one.strip(",;\"'") for one in value.split() if "@" in one or len(value.split()) == 1
        ]
    return tuple(one for one in found if one)
