"""A mail as a person reads it: who wrote, about what, the words, the pictures, the files.

Built on the standard library's tolerant parser, not on the adapter's, so that the two do not
share their mistakes. Nothing here raises, whatever the mail.
"""

import base64
import binascii
import html
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime

import nh3

from channels.email.twin import structure
from channels.email.twin.structure import Part

_MAX_HEADER = 2_000
_MAX_SHOWN = 512 * 1024
"""Bytes of a text that are shown; HTML beyond it is shown as its plain counterpart."""
_MAX_PICTURE = 2 * 1024 * 1024
_MAX_NESTING = 2_000
"""HTML that opens more than that is not cleaned: cleaning takes the square of it."""
_CID = re.compile(r"cid:([^\s\"'<>)]{1,300})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """`number` is its place among the mail's files."""

    number: int
    name: str
    kind: str
    content: bytes
    content_id: str


@dataclass(frozen=True, slots=True)
class Letter:
    """`html` is safe to show in a frame that runs no script; empty when there is none."""

    sender_name: str
    sender: str
    reply_to: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    sent_at: datetime | None
    message_id: str
    references: tuple[str, ...]
    text: str
    html: str
    files: tuple[File, ...]


def read(raw: bytes) -> Letter:
    part = structure.read(raw)
    sender = _addresses(part, b"from")
    reply = _addresses(part, b"reply-to")
    texts, htmls, files = _contents(part)
    text = "\n".join(texts) or _as_text("\n".join(htmls))
    return Letter(
        sender_name=sender[0][0] if sender else "",
        sender=sender[0][1] if sender else "",
        reply_to=(reply or sender or [("", "")])[0][1],
        to=tuple(one for _, one in _addresses(part, b"to")),
        cc=tuple(one for _, one in _addresses(part, b"cc")),
        subject=plain_header(part.header(b"subject") or b""),
        sent_at=_date(part),
        message_id=plain_header(part.header(b"message-id") or b""),
        references=tuple(plain_header(part.header(b"references") or b"").split()[-50:]),
        text=text[:_MAX_SHOWN],
        html=_shown_html("<br>".join(htmls), files),
        files=tuple(files),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A mail in a list."""

    sender_name: str
    sender: str
    to: tuple[str, ...]
    subject: str
    sent_at: datetime | None


def line(raw: bytes) -> Line:
    """What a list says of the mail: nothing behind its header is looked at."""
    part = structure.read(raw[: 64 * 1024])
    sender = (_addresses(part, b"from") or [("", "")])[0]
    to = tuple(one for _, one in _addresses(part, b"to"))
    subject = plain_header(part.header(b"subject") or b"")
    return Line(sender[0], sender[1], to, subject, _date(part))


def plain_header(value: bytes) -> str:
    """A header's value with its encoded words read (RFC 2047)."""
    text = value[:_MAX_HEADER].decode("utf-8", "replace")
    try:
        pieces = [
            one.decode(charset or "utf-8", "replace") if isinstance(one, bytes) else one
            for one, charset in decode_header(text)
        ]
        text = "".join(pieces)
    except (ValueError, LookupError, binascii.Error):
        pass
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()


def words_of(raw: bytes, *, headers: bool) -> str:
    """All that can be searched in a mail."""
    part = structure.read(raw)
    texts, htmls, _ = _contents(part)
    head = plain_header(part.bytes_of(part.head)) if headers else ""
    return "\n".join([head, *texts, *htmls])


def _contents(part: Part) -> tuple[list[str], list[str], list[File]]:
    texts: list[str] = []
    htmls: list[str] = []
    files: list[File] = []
    for leaf in _leaves(part):
        kind = b"/".join(leaf.kind).decode("ascii", "replace")
        attached = (leaf.header(b"content-disposition") or b"").lower().startswith(b"attachment")
        if not attached and kind == "text/plain":
            texts.append(_text(leaf))
        elif not attached and kind == "text/html":
            htmls.append(_text(leaf))
        else:
            cid = plain_header(leaf.header(b"content-id") or b"").strip("<>")
            files.append(File(len(files), _name(leaf, len(files)), kind, _bytes(leaf), cid))
    return texts, htmls, files


def _leaves(part: Part) -> Iterator[Part]:
    """In their order; of a mail within the mail, the mail as a file."""
    if part.parts and part.kind[0] == b"multipart":
        for one in part.parts:
            yield from _leaves(one)
    else:
        yield part


def _bytes(part: Part) -> bytes:
    body = part.bytes_of(part.body)
    encoding = (part.header(b"content-transfer-encoding") or b"").strip().lower()
    if encoding == b"quoted-printable":
        return quopri.decodestring(body)
    if encoding == b"base64":
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
        return (
            base64.b64decode(letters + b"=" * (-len(letters) % 4))
            if len(letters) % 4 != 1
            else b""
        )
    return body


def _text(part: Part) -> str:
    charset = dict(part.parameters).get(b"charset", b"utf-8").decode("ascii", "replace")
    content = _bytes(part)
    try:
        text = content.decode(charset, "replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\0", "")


def _name(part: Part, number: int) -> str:
    disposition = (part.header(b"content-disposition") or b"").partition(b";")[2]
    named = {**dict(part.parameters), **dict(structure.parameters_of(b";" + disposition))}
    if extended := named.get(b"filename*"):
        found = re.fullmatch(rb"[^']*'[^']*'(.*)", extended)
        if found:
            hexed = re.sub(rb"%([0-9A-Fa-f]{2})", lambda one: bytes([int(one[1], 16)]), found[1])
            return hexed.decode("utf-8", "replace")[:200]
    name = plain_header(named.get(b"filename") or named.get(b"name") or b"")
    return re.sub(r"[/\\\x00-\x1f]", "_", name)[:200] or f"file-{number + 1}"


def _addresses(part: Part, name: bytes) -> list[tuple[str, str]]:
    value = part.header(name)
    if not value:
        return []
    # Encoded words are read after the list is taken apart: a comma may hide in them.
    found = getaddresses([value[:_MAX_HEADER].decode("utf-8", "replace")])
    return [(plain_header(one.encode()), at) for one, at in found if "@" in at][:100]


def _date(part: Part) -> datetime | None:
    try:
        at = parsedate_to_datetime((part.header(b"date") or b"")[:100].decode("ascii", "replace"))
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo else None


def _shown_html(markup: str, files: list[File]) -> str:
    if not markup or len(markup) > _MAX_SHOWN or markup.count("<") > 50_000 or _deep(markup):
        return ""
    pictures = {one.content_id: one for one in files if one.content_id}

    def picture(found: re.Match[str]) -> str:
        file = pictures.get(found[1])
        if file is None or not file.kind.startswith("image/") or len(file.content) > _MAX_PICTURE:
            return ""
        return f"data:{file.kind};base64,{base64.b64encode(file.content).decode()}"

    return nh3.clean(
        _CID.sub(picture, markup),
        tags=nh3.ALLOWED_TAGS | {"font"},
        clean_content_tags={"script", "style", "title"},
        attributes={
            **nh3.ALLOWED_ATTRIBUTES,
            "*": {"style", "align", "dir", "class", "bgcolor", "width", "height", "color"},
        },
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer",
    )


def _deep(markup: str) -> bool:
    """More elements are open at once than any letter has."""
    depth = 0
    for found in re.finditer(r"<(/?)[a-zA-Z]", markup):
        depth += -1 if found[1] else 1
        if depth > _MAX_NESTING:
            return True
    return False


def _as_text(markup: str) -> str:
    text = re.sub(r"(?i)<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]*+>", "\n", markup[:_MAX_SHOWN])
    if not _deep(text):
        return html.unescape(nh3.clean(text, tags=set())).strip()
    return html.unescape(re.sub(r"<[^<>]*+>", "", text)).strip()


def as_html(text: str) -> str:
    """Plain words as HTML of the same look."""
    return html.escape(text).replace("\n", "<br>\n")
