"""What FETCH may ask of a mail (RFC 3501 6.4.5), and the answer, to the byte."""

from dataclasses import dataclass
from datetime import datetime

from channels.email.twin import structure
from channels.email.twin.imap_syntax import MONTHS, Unreadable, Words
from channels.email.twin.mailboxes import Mail
from channels.email.twin.structure import Part

_MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
_SIMPLE = {"FLAGS", "INTERNALDATE", "RFC822.SIZE", "UID"}
_PARSED = {"ENVELOPE", "BODY", "BODYSTRUCTURE"}
_OLD = {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}
_SECTIONS = {"", "HEADER", "TEXT", "MIME", "HEADER.FIELDS", "HEADER.FIELDS.NOT"}
MAX_WANTED = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing asked for. `section` is None for what is no section of the mail's text."""

    name: str
    section: str | None = None
    path: tuple[int, ...] = ()
    fields: tuple[bytes, ...] = ()
    partial: tuple[int, int] | None = None
    peek: bool = False

    @property
    def needs_raw(self) -> bool:
        return self.name not in _SIMPLE

    @property
    def marks_seen(self) -> bool:
        return self.section is not None and not self.peek


def wanted(words: Words) -> list[Wanted]:
    """Raises Unreadable."""
    if not words.skip(b"("):
        return _one(words)
    found = _one(words)
    while not words.skip(b")"):
        words.space()
        found += _one(words)
        if len(found) > MAX_WANTED:
            raise Unreadable("too much asked for at once")
    return found


def _one(words: Words) -> list[Wanted]:
    for prefix, peek in ((b"BODY.PEEK[", True), (b"BODY[", False)):
        if words.skip_any_case(prefix):
            return [_section(words, peek=peek)]
    name = words.atom()
    if name in _MACROS:
        return [Wanted(one) for one in _MACROS[name]]
    if name in _OLD:
        return [Wanted(name, section=_OLD[name], peek=name == "RFC822.HEADER")]
    if name not in _SIMPLE | _PARSED:
        raise Unreadable(f"nothing is called {name}")
    return [Wanted(name)]


def _section(words: Words, *, peek: bool) -> Wanted:
    path: list[int] = []
    section = ""
    fields: list[bytes] = []
    while words.next_is_digit():
        path.append(words.number())
        if len(path) > structure.MAX_DEPTH:
            raise Unreadable("too deep")
        if not words.skip(b"."):
            break
    if not words.next_is(b"]"):
        section = words.atom()
    if section not in _SECTIONS or (section == "MIME" and not path):
        raise Unreadable(f"no section is called {section}")
    if section.startswith("HEADER.FIELDS"):
        words.space()
        fields = words.strings()
    words.exactly(b"]")
    return Wanted("BODY", section, tuple(path), tuple(fields), _partial(words), peek)


def _partial(words: Words) -> tuple[int, int] | None:
    if not words.skip(b"<"):
        return None
    start = words.number()
    words.exactly(b".")
    length = words.number()
    words.exactly(b">")
    return start, length


def answer(mail: Mail, raw: bytes, items: list[Wanted]) -> bytes:
    """What stands between the parentheses of a FETCH response."""
    part = structure.read(raw) if any(one.needs_raw for one in items) else None
    return b" ".join(_answer(mail, raw, part, one) for one in items)


def _answer(mail: Mail, raw: bytes, part: Part | None, item: Wanted) -> bytes:
    if part is None or not item.needs_raw:
        return simple(mail, item.name)
    if item.section is not None:
        return _text(raw, part, item)
    if item.name == "ENVELOPE":
        return b"ENVELOPE " + structure.envelope(part)
    extended = item.name == "BODYSTRUCTURE"
    return item.name.encode() + b" " + structure.bodystructure(part, extended=extended)


def simple(mail: Mail, name: str) -> bytes:
    """What needs no look into the mail."""
    if name == "UID":
        return b"UID %d" % mail.uid
    if name == "FLAGS":
        return b"FLAGS (%s)" % " ".join(sorted(mail.flags)).encode()
    if name == "RFC822.SIZE":
        return b"RFC822.SIZE %d" % mail.size
    return b'INTERNALDATE "%s"' % internal_date(mail.at).encode()


def internal_date(at: datetime) -> str:
    """`17-Jul-1996 02:44:25 -0700`, whatever the machine's language."""
    return f"{at.day:2d}-{MONTHS[at.month - 1]}-{at.year:04d} {at:%H:%M:%S} {at:%z}"


def _text(raw: bytes, whole: Part, item: Wanted) -> bytes:
    text = _cut(raw, whole, item)
    label = item.name
    if item.name == "BODY":
        numbers = [str(one) for one in item.path]
        section = ".".join([*numbers, item.section] if item.section else numbers)
        if item.fields:
            section += " (" + " ".join(one.decode("ascii", "replace") for one in item.fields) + ")"
        label += f"[{section}]"
    if item.partial is not None and text is not None:
        start, length = item.partial
        text = text[start : start + length]
        label += f"<{start}>"
    return label.encode() + (b" NIL" if text is None else b" {%d}\r\n%s" % (len(text), text))


def _cut(raw: bytes, whole: Part, item: Wanted) -> bytes | None:
    part = whole.at(list(item.path))
    if part is None or item.section is None:
        return None
    if item.section in {"", "MIME"}:
        if not item.path:
            return raw
        return part.bytes_of(part.head if item.section == "MIME" else part.body)
    if item.path:
        # HEADER and TEXT of a number are those of the mail that the part is.
        part = part.parts[0] if part.kind == (b"message", b"rfc822") and part.parts else None
    return None if part is None else _of_mail(part, item)


def _of_mail(part: Part, item: Wanted) -> bytes:
    if item.section == "TEXT":
        return part.bytes_of(part.body)
    if item.section == "HEADER":
        return part.bytes_of(part.head)
    return part.chosen(list(item.fields), but=item.section == "HEADER.FIELDS.NOT")
