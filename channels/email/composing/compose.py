"""One mail out of one delivery: who it is from and for, how it threads, what it carries.

Pure: the same delivery at the same moment is the same bytes, and its Message-ID is the same at
every attempt, so that a receiver recognises what comes a second time.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from channels.email.composing import calendar, fields, parts
from channels.email.composing.calendar import Parties
from channels.email.composing.letter import Letterhead, subject_of, words_of
from channels.email.tokens import Tokens
from hub.ports import OutboundMessage, StoredFile

_MOST_REFERENCES = 20
"""Of the newest, beside the first: what is between is not needed to thread by."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose mail it is. reply_tokens: whether answers come to a signed address."""

    tokens: Tokens
    head: Letterhead
    reply_tokens: bool = True

    @property
    def address(self) -> str:
        return self.tokens.address


@dataclass(frozen=True, slots=True)
class File:
    """A file of the message with its bytes."""

    stored: StoredFile
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to go: its envelope and its bytes.

    to: the recipient it is about; copies: cc and bcc. utf8: it needs SMTPUTF8 (RFC 6531).
    """

    sender: str
    to: str
    copies: tuple[str, ...]
    message_id: str
    data: bytes

    @property
    def utf8(self) -> bool:
        return not all(one.isascii() for one in (self.sender, self.to, *self.copies))


def compose(
    message: OutboundMessage, account: Account, files: Sequence[File], now: datetime
) -> Letter:
    """The mail of `message`. Raises nothing: whatever people wrote is written so that it fits."""
    message_id = account.tokens.message_id(message.delivery_id)
    own = fields.addr_spec(account.address)
    to = fields.addr_spec(_where(message))
    cc = _others(message.cc, {own, to})
    bcc = _others(message.bcc, {own, to, *cc})
    written = [
        *_addressed(message, account, to, cc),
        fields.text("Subject", subject_of(message, account.head)),
        f"Date: {format_datetime(now)}\r\n".encode(),
        fields.ids("Message-ID", [message_id.strip("<>")]),
        *_threaded(message, account.tokens),
        *_automatic(message),
        b"MIME-Version: 1.0\r\n",
    ]
    body = _body(message, account.head, files, _calendar(message, account, to, now))
    return Letter(own, to, (*cc, *bcc), message_id, b"".join(written) + body.written())


def _where(message: OutboundMessage) -> str:
    return message.reply_address if "@" in message.reply_address else message.address.value


def _others(addresses: Sequence[str], but: Collection[str]) -> list[str]:
    spelled = dict.fromkeys(fields.addr_spec(one) for one in addresses)
    return [one for one in spelled if one not in but]


def _addressed(
    message: OutboundMessage, account: Account, to: str, cc: Sequence[str]
) -> list[bytes]:
    written = [
        fields.mailboxes("From", [(_from_name(message, account.head), account.address)]),
        fields.mailboxes("To", [("", to)]),
    ]
    if cc:
        written.append(fields.mailboxes("Cc", [("", one) for one in cc]))
    reply = ""
    if account.reply_tokens and message.conversation_id is not None:
        reply = account.tokens.reply_address(message.conversation_id)
    if reply:
        written.append(fields.mailboxes("Reply-To", [(account.head.name, reply)]))
    return written


def _from_name(message: OutboundMessage, head: Letterhead) -> str:
    if message.author_name and not message.automatic:
        return f"{message.author_name} ({head.name})" if head.name else message.author_name
    return head.name


def _threaded(message: OutboundMessage, tokens: Tokens) -> list[bytes]:
    answered = message.answered
    parents = fields.read_ids([answered.get("message_id")])
    before = answered.get("references")
    earlier = fields.read_ids(before if isinstance(before, list | tuple) else [before])
    thread = [one for one in (*earlier, *parents) if one]
    if len(thread) > _MOST_REFERENCES:
        thread = [thread[0], *thread[-_MOST_REFERENCES:]]
    if message.conversation_id is not None:
        # The same in every mail of a conversation: so those that nobody has answered thread too.
        root = tokens.thread_id(message.conversation_id).strip("<>")
        thread = [root, *(one for one in thread if one != root)]
    written = [fields.ids("In-Reply-To", parents)] if parents else []
    return [*written, fields.ids("References", thread)] if thread else written


def _automatic(message: OutboundMessage) -> list[bytes]:
    written: list[bytes] = []
    if message.automatic:
        kind = "auto-replied" if message.answered else "auto-generated"
        written += (  # RFC 3834; the second is what Exchange heeds
            f"Auto-Submitted: {kind}\r\n".encode(),
            b"X-Auto-Response-Suppress: All\r\n",
        )
    url = fields.one_line(message.unsubscribe_url)
    if (
        url.startswith("https://")
        and url.isascii()
        and len(url) < 900
        and not set(url) & set("<> ")
    ):
        written += (  # RFC 8058
            fields.ids("List-Unsubscribe", [url]),
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        )
    return written


def _calendar(
    message: OutboundMessage, account: Account, to: str, now: datetime
) -> Sequence[parts.Part]:
    """The invitation twice, as calendars and people look for it: as a form of the mail, and as a
    file."""
    invite = message.invite
    if invite is None:
        return ()
    parties = Parties(account.head.name, fields.addr_spec(account.address), to)
    said = calendar.written(invite, parties, now)
    return (
        parts.text_part("calendar", said, {"method": calendar.method(invite)}),
        parts.file_part("invite.ics", "application/ics", said.encode()),
    )


def _body(
    message: OutboundMessage,
    head: Letterhead,
    files: Sequence[File],
    invitation: Sequence[parts.Part],
) -> parts.Part:
    seed = str(message.delivery_id)
    pictures = _pictures(message, files)
    words = words_of(message, head, pictures)
    shown: parts.Part = parts.text_part("html", words.html)
    if pictures:
        inline = [_file(one, content_id) for content_id, one in pictures.items()]
        shown = parts.multipart("related", [shown, *inline], seed)
    plain = parts.text_part("plain", words.plain)
    # The last form is the best one (RFC 2046 5.1.4): where it is shown as an invitation.
    body = parts.multipart("alternative", [plain, shown, *invitation[:1]], seed)
    attached = [_file(one) for one in files if one not in pictures.values()]
    attached += invitation[1:]
    return parts.multipart("mixed", [body, *attached], seed) if attached else body


def _pictures(message: OutboundMessage, files: Sequence[File]) -> Mapping[str, File]:
    """The files that the HTML shows among its words, by content id."""
    return {
        str(one.stored.id): one for one in files if f'data-cid="{one.stored.id}"' in message.html
    }


def _file(one: File, content_id: str = "") -> parts.Part:
    return parts.file_part(
        one.stored.name, one.stored.content_type, one.content, content_id=content_id
    )
