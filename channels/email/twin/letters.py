"""How a customer's mail client writes: plain and HTML, with quotes as Gmail makes them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime
from html import escape

from babel.dates import format_datetime as in_words

from channels.email.twin.mailboxes import is_address
from channels.email.twin.reading import Letter, as_html

_WHEN = {
    "en": ("EEE, d MMM y 'at' HH:mm", "On {when}, {who} wrote:"),
    "ru": ("EEE, d MMM y 'г. в' HH:mm", "{when}, {who}:"),
    "bg": ("EEE, d.MM.y 'г. в' HH:mm", "На {when} {who} написа:"),
}
_RE = re.compile(r"^\s*(?:re|отн|на)\s*:\s*", re.IGNORECASE)
_QUOTE = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"


@dataclass(frozen=True, slots=True)
class Attached:
    name: str
    content: bytes
    kind: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a customer wants to send. `quoted`: the mail it answers; its quote is taken along.

    `headers`: further ones, as `Auto-Submitted`. Raises ValueError when it is written, for an
    address that is none.
    """

    sender: str
    name: str
    to: tuple[str, ...]
    text: str
    at: datetime
    message_id: str
    cc: tuple[str, ...] = ()
    subject: str = ""
    html: str = ""
    files: Sequence[Attached] = ()
    answers: Letter | None = None
    quotes: bool = True
    locale: str = "en"
    headers: Mapping[str, str] = field(default_factory=dict)


def written(draft: Draft) -> bytes:
    """The mail as it goes over the wire."""
    message = EmailMessage(_policy(draft))
    message["From"] = _addressed(draft.name, draft.sender)
    message["To"] = [_addressed("", one) for one in draft.to]
    if draft.cc:
        message["Cc"] = [_addressed("", one) for one in draft.cc]
    message["Subject"] = _subject(draft)
    message["Date"] = format_datetime(draft.at)
    message["Message-ID"] = draft.message_id
    if draft.answers is not None and draft.answers.message_id:
        message["In-Reply-To"] = draft.answers.message_id
        known = [*draft.answers.references, draft.answers.message_id]
        message["References"] = " ".join(known[:1] + known[1:][-19:])
    for name, value in draft.headers.items():
        message[_line(name)] = _line(value)
    text, html = _bodies(draft)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    for file in draft.files:
        main, _, sub = file.kind.partition("/")
        name = _line(file.name)[:200] or "file"
        message.add_attachment(
            file.content, main or "application", sub or "octet-stream", filename=name
        )
    return message.as_bytes()


def _policy(draft: Draft) -> "EmailPolicy[EmailMessage]":
    ascii_only = all(one.isascii() for one in (draft.sender, *draft.to, *draft.cc))
    return SMTP if ascii_only else SMTPUTF8


def _addressed(name: str, address: str) -> Address:
    if not is_address(address):
        raise ValueError(f"{address[:100]!r} is no mail address")
    return Address(_line(name)[:200], addr_spec=address)


def _subject(draft: Draft) -> str:
    if draft.subject or draft.answers is None:
        return _line(draft.subject)[:900]
    return "Re: " + _RE.sub("", _line(draft.answers.subject))[:900]


def _bodies(draft: Draft) -> tuple[str, str]:
    text = draft.text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    html = f'<div dir="ltr">{draft.html or as_html(text)}</div>'
    if draft.answers is None or not draft.quotes:
        return text, html
    said = attribution(draft.answers, draft.locale)
    quote = "\n".join(f"> {line}".rstrip() for line in draft.answers.text.split("\n"))
    inner = draft.answers.html or as_html(draft.answers.text)
    quoted_html = (
        f'<div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{escape(said)}<br></div>'
        f'<blockquote class="gmail_quote" style="{_QUOTE}">{inner}</blockquote></div>'
    )
    return f"{text}\n\n{said}\n\n{quote}\n", f"{html}<br>{quoted_html}"


def attribution(letter: Letter, locale: str) -> str:
    """The line above a quote, in the language of who answers."""
    pattern, sentence = _WHEN.get(locale, _WHEN["en"])
    locale = locale if locale in _WHEN else "en"
    who = f"{letter.sender_name} <{letter.sender}>".strip()
    when = in_words(letter.sent_at, pattern, locale=locale) if letter.sent_at else "?"
    return sentence.format(when=when, who=who)


def _line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+", " ", text).strip()
