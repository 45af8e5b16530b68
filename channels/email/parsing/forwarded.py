"""A mail that somebody sends on to us: who wrote what is in it, and what stands above it.

Only a mail whose subject says so, or whose first line is `@fwd`, is looked at, and one that is
nothing but an attached mail, as Gmail sends it. What it says of its author is that person's word
and no more. Mails attached to the attached one stay closed.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from channels.email.parsing import attribution, quotes, separators, words
from channels.email.parsing.limits import MAX_LINE
from channels.email.parsing.mail import Address, Attachment, Kind, Mail
from channels.email.parsing.parse import parse
from channels.email.parsing.quotes import is_forward
from channels.email.parsing.trust import Doubt
from hub.ports import Address as HubAddress
from hub.ports import Forwarded

_ASKED = re.compile(r"\s*@fwd\b[ \t:]*", re.IGNORECASE)
_MARK = re.compile(r"^[ \t]?>[ \t]?")
_PART = r"[^\s<>()\[\]:;,\"']"
_ADDRESS = rf"{_PART}{{1,64}}@{_PART}{{1,255}}"
_IN_BRACKETS = re.compile(rf"(?:<(?:mailto:)?|[\[(]mailto:)({_ADDRESS})[>\])]", re.IGNORECASE)
_LOOSE = re.compile(rf"(?<!{_PART}){_ADDRESS}(?!{_PART})")
_MAILS = frozenset({"message/rfc822", "message/global"})
_LINES = 2_000
"""How far down the forwarded mail may begin."""
_HEAD = 12
"""Lines that its header, or the one line above it, may take."""


@dataclass(frozen=True, slots=True)
class Found:
    """The forwarded mail: its author, its text, and the words above it; whole when attached."""

    author: Address
    text: str
    note: str
    mail: Mail | None = None

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files of a mail that came as a file itself."""
        return self.mail.attachments if self.mail else ()


def read(mail: Mail) -> Found | None:
    """The mail inside `mail`; None when it forwards none, or one that names nobody."""
    if mail.kind is not Kind.PERSONAL:
        return None
    asked = _ASKED.match(mail.text)
    text = mail.text[asked.end() :] if asked else mail.text
    if asked or is_forward(mail.subject):
        return _inside(text) or _attached(mail, text)
    return None if mail.subject.strip() or text.strip() else _attached(mail, "")


def _attached(mail: Mail, note: str) -> Found | None:
    """The mail that came as a file; of several nobody says whose the message is."""
    files = [one for one in mail.attachments if one.content_type in _MAILS]
    if len(files) != 1:
        return None
    # Read as any mail is, and no deeper: what is attached to it stays a file.
    inner = parse(files[0].content)
    author = inner.sender
    if author is None or not _LOOSE.fullmatch(author.address):
        return None
    text = inner.reply_text.strip() or inner.text.strip()
    return Found(author, text, quotes.reply(note).strip(), inner)


def _inside(text: str) -> Found | None:
    """The mail that stands in the text itself."""
    lines = text.split("\n")
    # Nobody has checked yet who sent this: each line is looked at a few times, and no more of it.
    seen = [line[:MAX_LINE] for line in lines[: _LINES + _HEAD]]
    filled = _filled(seen)
    for at in range(min(len(seen), _LINES)):
        marked = separators.is_forwarded(seen[at]) or separators.is_original(seen, at)
        start = filled[at + marked]
        if header := _header(seen[start : start + _HEAD], marked=marked):
            author, length = _person(header.author), header.length
            # What follows are the words of whoever that is: no header in them counts.
            note = "\n".join(lines[:at]).strip()
            return Found(author, _below(lines[start:], length), note) if author else None
    return None


def _filled(lines: list[str]) -> list[int]:
    """For each line, and for the end, the next that holds more than marks of quotes."""
    following = [len(lines)] * (len(lines) + 1)
    for at in range(len(lines) - 1, -1, -1):
        following[at] = at if lines[at].strip(" \t>") else following[at + 1]
    return following


class _Header(NamedTuple):
    author: str
    length: int


def _header(lines: list[str], *, marked: bool) -> _Header | None:
    """What the header that begins with `lines` says of its author, and how many lines it has.

    marked: the line above says that something is forwarded.
    """
    lines = _unmarked(lines)
    length = separators.header_length(lines, 0)
    if length:
        named = (separators.value_of(line, "from") for line in lines[:length])
        return _Header(next((one for one in named if one), ""), length)
    # Yandex: one line, as above an answer.
    length = attribution.length(lines, 0) if marked else 0
    return _Header(" ".join(lines[:length]).rpartition(", ")[2], length) if length else None


def _unmarked(lines: list[str]) -> list[str]:
    """Apple Mail quotes what it forwards."""
    if lines and _MARK.match(lines[0]):
        return [_MARK.sub("", line) for line in lines]
    return lines


def _below(lines: list[str], length: int) -> str:
    """The forwarded words under a header of that many lines."""
    return _text(_unmarked(lines)[length:])


def _text(lines: list[str]) -> str:
    """The forwarded words, without the line that ends them."""
    text = "\n".join(lines).strip()
    above, _, last = text.rpartition("\n")
    return above.rstrip() if separators.is_forwarded(last[:MAX_LINE]) else text


def _person(value: str) -> Address | None:
    """`Boris <boris@home.example>`; `Boris [mailto:boris@home.example]` is Outlook's own way.

    A name is whatever its owner likes, and stands in front: the last address in brackets counts,
    and without brackets the only one there is.
    """
    found = _IN_BRACKETS.findall(value)
    if not found and len(found := _LOOSE.findall(value)) != 1:
        return None
    name = re.split(r"[<\[(]|mailto:", value)[0].strip(" \"'*\t")
    return Address("" if "@" in name else words.text(name), found[-1])


_NOT_THEIRS = frozenset({"full_text", "calendar"})
"""Facts of the mail around it; whoever sends on what a calendar said does not answer."""


def as_message(found: Found, facts: dict[str, object]) -> Forwarded:
    """The same for the hub; `facts` are those of the mail it lies in."""
    person = {"name": found.author.name[:200], "address": found.author.address[:254]}
    doubt = {"proven": False, "reason": str(Doubt.FORWARDED), "result": "", "server": ""}
    told = {name: value for name, value in facts.items() if name not in _NOT_THEIRS}
    return Forwarded(
        address=HubAddress("email", found.author.address),
        name=found.author.name,
        text=found.text,
        data={
            **told,
            **(_thread(found.mail) if found.mail else {}),
            "from": person,
            "authentication": doubt,
            "forward_note": found.note,
        },
    )


def _thread(mail: Mail) -> dict[str, object]:
    """What an answer needs to stand in the author's own thread."""
    return {
        "subject": mail.subject[:998],
        "message_id": (mail.message_id or "")[:900],
        "in_reply_to": (mail.in_reply_to or "")[:900],
        "references": [one[:900] for one in mail.references[-50:]],
        "reply_to": [],
    }
