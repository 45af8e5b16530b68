"""A mail that somebody sends on to us: who wrote what is in it, and what stands above it.

Only a mail whose subject says so, or whose first line is `@fwd`, is looked at; what it says of its
author is that person's word and no more.
"""

import re
from dataclasses import dataclass

from channels.email import attribution, separators, words
from channels.email.mail import Address, Kind, Mail
from channels.email.quotes import is_forward
from channels.email.trust import Doubt
from hub.ports import Address as HubAddress
from hub.ports import Forwarded

_ASKED = re.compile(r"\s*@fwd\b[ \t:]*", re.IGNORECASE)
_MARK = re.compile(r"^[ \t]?>[ \t]?")
_LOOSE = re.compile(r"[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")
_LINES = 2_000
"""How far down the forwarded mail may begin."""


@dataclass(frozen=True, slots=True)
class Found:
    """The forwarded mail: its author, its text, and the words above it."""

    author: Address
    text: str
    note: str


def read(mail: Mail) -> Found | None:
    """The mail inside `mail`; None when it forwards none, or one that names nobody."""
    asked = _ASKED.match(mail.text)
    if mail.kind is not Kind.PERSONAL or not (asked or is_forward(mail.subject)):
        return None
    text = mail.text[asked.end() :] if asked else mail.text
    lines = text.split("\n")
    for at in range(min(len(lines), _LINES)):
        marked = separators.is_forwarded(lines[at]) or separators.is_original(lines, at)
        if found := _below(lines, at + marked, marked=marked):
            author, words = found
            return Found(author, words, "\n".join(lines[:at]).strip())
    return None


def _below(lines: list[str], start: int, *, marked: bool) -> tuple[Address, str] | None:
    """The author and the text of the mail whose header begins at `start`, or just below.

    marked: the line above says that something is forwarded.
    """
    while start < len(lines) and not lines[start].strip(" \t>"):
        start += 1
    rest = lines[start:]
    # Apple Mail quotes what it forwards.
    if rest and _MARK.match(rest[0]):
        rest = [_MARK.sub("", line) for line in rest]
    length = separators.header_length(rest, 0)
    named = [separators.value_of(line, "from") for line in rest[:length]]
    if not length and marked:
        # Yandex: one line, as above an answer.
        length = attribution.length(rest, 0)
        named = [" ".join(rest[:length]).rpartition(", ")[2]]
    author = next((one for one in map(_person, named) if one), None)
    return (author, _text(rest[length:])) if author else None


def _text(lines: list[str]) -> str:
    """The forwarded words, without the line that ends them."""
    text = "\n".join(lines).strip()
    above, _, last = text.rpartition("\n")
    return above.rstrip() if separators.is_forwarded(last) else text


def _person(value: str) -> Address | None:
    """`Boris <boris@home.example>`; `Boris [mailto:boris@home.example]` is Outlook's own way."""
    found = _LOOSE.search(value)
    if found is None:
        return None
    name = re.split(r"[<\[(]|mailto:", value)[0].strip(" \"'*\t")
    return Address("" if "@" in name else words.text(name), found[0])


def as_message(found: Found, facts: dict[str, object]) -> Forwarded:
    """The same for the hub; `facts` are those of the mail it lies in."""
    person = {"name": found.author.name[:200], "address": found.author.address[:254]}
    doubt = {"proven": False, "reason": str(Doubt.FORWARDED), "result": "", "server": ""}
    told = {name: value for name, value in facts.items() if name != "full_text"}
    return Forwarded(
        address=HubAddress("email", found.author.address),
        name=found.author.name,
        text=found.text,
        data={**told, "from": person, "authentication": doubt, "forward_note": found.note},
    )
