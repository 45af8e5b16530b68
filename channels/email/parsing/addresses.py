"""Mailboxes out of a field (RFC 5322 3.4), as people and their programs write them."""

import re
from functools import lru_cache

from channels.email.parsing import words
from channels.email.parsing.mail import Address

_SPACE = re.compile(r"\s+")
_LOOSE = re.compile(
    r"(?:\"(?:[^\"\\]|\\.){1,64}\"@[^\s<>,;]+)|[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]]+"
)
_COMMENT = re.compile(r"\((?:[^()\\]|\\.){0,200}+\)")
_CUTS = re.compile("[,;:]")
_MAX = 2_000
_SHORT = 1_000


def parse(field: str) -> tuple[Address, ...]:
    """Every mailbox in `field`, whose encoded words are still in it; names come decoded."""
    # The same field is asked for by several rules; what is long is not worth its memory.
    return _known(field) if len(field) < _SHORT else _parsed(field)


@lru_cache(maxsize=64)
def _known(field: str) -> tuple[Address, ...]:
    return _parsed(field)


def _parsed(field: str) -> tuple[Address, ...]:
    found: list[Address] = []
    for piece in _pieces(field):
        one = _mailbox(piece)
        if one is not None:
            found.append(one)
        if len(found) >= _MAX:
            break
    return tuple(found)


def _pieces(field: str) -> list[str]:
    """The field cut at commas, semicolons and group names that stand outside of quotes."""
    if not _CUTS.search(field):
        return [field]
    out: list[str] = []
    start = at = 0
    while at < len(field):
        char = field[at]
        if char in ",;":
            out.append(field[start:at])
            start = at + 1
        elif char == ":" and _opens_group(field, start, at):
            start = at + 1
        at = _past(field, at)
    return [*out, field[start:]]


def _opens_group(field: str, start: int, at: int) -> bool:
    """`undisclosed-recipients:;` or `Friends: a@b, c@d;`, no address before the colon."""
    return "@" not in field[start:at] and "<" not in field[start:at]


def _past(field: str, at: int) -> int:
    """Behind the quoted string, comment, bracket or encoded word at `at`, or one further."""
    char = field[at]
    if char == "=" and (word := words.encoded_at(field, at)):
        return word.end
    if closed := _CLOSED.get(char):
        found = closed.match(field, at)
        # Unclosed: an ordinary character, so that the next address is not swallowed.
        return found.end() if found else at + 1
    return at + 2 if char == "\\" else at + 1


# Names and addresses are short: a closing mark further on belongs to something else. Possessive,
# so that a field of nothing but opening marks is read in linear time.
_CLOSED = {
    '"': re.compile(r'"(?:[^"\\]|\\.){0,1000}+"', re.DOTALL),
    "(": re.compile(r"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.){0,200}+\)){0,500}+\)", re.DOTALL),
    # A source route (RFC 5322 4.4) has commas; `<a@b.c, d@e.f` only lacks its bracket.
    "<": re.compile(r"<@[^<>]{0,1000}+>|<[^<>@]{0,500}+(?:@[^<>,;]{0,500}+)?>"),
}


def _mailbox(piece: str) -> Address | None:
    comment, rest = _without_comments(piece)
    opening = rest.rfind("<")
    if opening >= 0:
        name, address = rest[:opening], rest[opening + 1 :].split(">")[0]
        name = name or rest.partition(">")[2]
    else:
        loose = _LOOSE.search(rest)
        address = loose[0] if loose else ""
        name = rest.replace(address, "", 1) if loose else rest
    shown = _name(name) or (_name(comment) if address else "")
    address = _address(address)
    if not address and "@" in shown and not _SPACE.search(shown):
        # The whole mailbox was quoted or encoded.
        return Address("", _address(shown))
    return Address(shown, address) if shown or address else None


def _without_comments(piece: str) -> tuple[str, str]:
    """The text of the last comment, and the piece without comments."""
    if "(" not in piece:
        return "", piece
    out: list[str] = []
    comment = ""
    at = 0
    while at < len(piece):
        end = _past(piece, at)
        if piece[at] == "(" and end > at + 1:
            comment = piece[at + 1 : end - 1]
            out.append(" ")
        else:
            out.append(piece[at:end])
        at = end
    return comment, "".join(out)


def _name(raw: str) -> str:
    name = raw.strip()
    if len(name) >= 2 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1]
    name = re.sub(r"\\(.)", r"\1", name.replace('\\"', '"'))
    name = words.text(name.replace('"=?', "=?").replace('?="', "?="))
    return name.strip().strip("\"'").strip()


def _address(raw: str) -> str:
    value = words.text(raw) if "=?" in raw else raw
    if "(" in value and '"' not in value:
        # Old mail programs comment inside the brackets (RFC 5322 A.5).
        value = _COMMENT.sub("", value)
    value = _SPACE.sub("", value).strip("<>")
    if value[:1] == value[-1:] and value[:1] in {"'", '"'}:
        value = value[1:-1]
    if value.lower().startswith("mailto:"):
        value = value[7:]
    if value.startswith("@") and ":" in value:
        value = value.rpartition(":")[2]  # a source route (RFC 5322 4.4)
    return value
