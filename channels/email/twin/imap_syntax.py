"""The words of an IMAP command (RFC 3501 section 9), read from left to right, once."""

import re
from dataclasses import dataclass
from datetime import datetime

MAX_DEPTH = 10
"""Of parentheses."""
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_TAG = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\+]{1,100}")
_ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_ASTRING = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\]+")
_PATTERN = re.compile(rb"[^\x00-\x20\x7f-\xff(){\"\\]+")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\r\n")
_FLAGS_ITEM = re.compile(rb"[+-]?FLAGS(?:\.SILENT)?(?= )", re.IGNORECASE)
_NUMBER = re.compile(rb"\d{1,10}")
_RANGE = rb"(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?"
_SET = re.compile(_RANGE + rb"(?:," + _RANGE + rb")*")


class Unreadable(Exception):
    """The command is not one; `str(error)` says where."""


class Words:
    """What is left of a command. Methods take something off its front, or raise Unreadable."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def over(self) -> bool:
        return self._at >= len(self._data)

    def end(self) -> None:
        if not self.over:
            raise Unreadable("too many arguments")

    def space(self) -> None:
        self.exactly(b" ")

    def exactly(self, what: bytes) -> None:
        if not self.skip(what):
            raise Unreadable(f"{what.decode()!r} is missing")

    def skip(self, what: bytes) -> bool:
        """Whether `what` came next; then it is taken."""
        if self._data.startswith(what, self._at):
            self._at += len(what)
            return True
        return False

    def next_is(self, what: bytes) -> bool:
        return self._data.startswith(what, self._at)

    def skip_any_case(self, what: bytes) -> bool:
        """The same for upper-case `what`, whatever case the client has."""
        taken = self._data[self._at : self._at + len(what)].upper() == what
        self._at += len(what) * taken
        return taken

    def next_is_digit(self) -> bool:
        return self._match(_NUMBER) is not None

    def atom(self) -> str:
        """Upper case: atoms that mean something are the same in any."""
        return self._take(_ATOM, "a word").decode().upper()

    def tag(self) -> str:
        return self._take(_TAG, "a tag").decode()

    def rest(self) -> bytes:
        """All that is left."""
        start, self._at = self._at, len(self._data)
        return self._data[start:]

    def internal_date(self) -> datetime:
        """A date-time, as APPEND has it."""
        text = self._take(_QUOTED, "a date").decode("ascii", "replace").strip('"').strip()
        day, _, rest = text.partition("-")
        month, _, rest = rest.partition("-")
        try:
            number = MONTHS.index(month.capitalize()) + 1
            return datetime.strptime(f"{day} {number} {rest}", "%d %m %Y %H:%M:%S %z")
        except ValueError as error:
            raise Unreadable("a date is missing") from error

    def flag(self) -> str:
        return ("\\" if self.skip(b"\\") else "") + self._take(_ATOM, "a flag").decode()

    def number(self) -> int:
        return int(self._take(_NUMBER, "a number"))

    def sequence(self) -> "Sequence":
        return Sequence.parsed(self._take(_SET, "a set of numbers").decode())

    def string(self) -> bytes:
        """An astring."""
        return self._quoted_or(_ASTRING)

    def text(self) -> str:
        return self.string().decode("utf-8", "replace")

    def pattern(self) -> str:
        """A list-mailbox."""
        return self._quoted_or(_PATTERN).decode("utf-8", "replace")

    def literal(self) -> bytes:
        found = self._match(_LITERAL)
        if found is None:
            raise Unreadable("a literal is missing")
        size = int(found[1])
        start = found.end()
        self._at = start + size
        return self._data[start : self._at]

    def flags(self) -> list[str]:
        """A list of flags, with its parentheses."""
        self.exactly(b"(")
        flags: list[str] = []
        while not self.skip(b")"):
            if flags:
                self.space()
            flags.append(self.flag())
        return flags

    def bare_flags(self) -> list[str]:
        """Flags without parentheses, to the end."""
        flags = [self.flag()]
        while self.skip(b" "):
            flags.append(self.flag())
        return flags

    def flags_item(self) -> str:
        """What STORE does: `FLAGS`, `+FLAGS`, `-FLAGS`, each also with `.SILENT`."""
        return self._take(_FLAGS_ITEM, "FLAGS").decode().upper()

    def atoms(self) -> list[str]:
        """A list of atoms, with its parentheses."""
        self.exactly(b"(")
        atoms: list[str] = []
        while not self.skip(b")"):
            if atoms:
                self.space()
            atoms.append(self.atom())
        return atoms

    def strings(self) -> list[bytes]:
        """A list of astrings that has at least one, with its parentheses."""
        self.exactly(b"(")
        strings = [self.string()]
        while not self.skip(b")"):
            self.space()
            strings.append(self.string())
        return strings

    def _quoted_or(self, bare: re.Pattern[bytes]) -> bytes:
        if self.next_is(b"{"):
            return self.literal()
        if self.next_is(b'"'):
            found = self._match(_QUOTED)
            if found is None:
                raise Unreadable("a quote has no end")
            self._at = found.end()
            return re.sub(rb"\\(.)", rb"\1", found[1])
        return self._take(bare, "a string")

    def _take(self, what: re.Pattern[bytes], name: str) -> bytes:
        found = self._match(what)
        if found is None:
            raise Unreadable(f"{name} is missing")
        self._at = found.end()
        return found[0]

    def _match(self, what: re.Pattern[bytes]) -> re.Match[bytes] | None:
        return what.match(self._data, self._at)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence set: ranges, where None is `*`."""

    ranges: tuple[tuple[int | None, int | None], ...]

    @classmethod
    def parsed(cls, text: str) -> "Sequence":
        def number(one: str) -> int | None:
            return None if one == "*" else int(one)

        return cls(
            tuple(
                (number(low), number(high if colon else low))
                for low, colon, high in (one.partition(":") for one in text.split(","))
            )
        )

    def bounds(self, last: int) -> list[tuple[int, int]]:
        """Ascending, both ends in them; `last` is what `*` means."""
        found = []
        for low, high in self.ranges:
            one, other = last if low is None else low, last if high is None else high
            found.append((min(one, other), max(one, other)))
        return found


def quoted(text: str) -> str:
    """A string as a client takes it; only ASCII without line ends fits."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def nstring(text: bytes | None) -> bytes:
    """Any bytes, or NIL."""
    if text is None:
        return b"NIL"
    if len(text) < 1000 and re.fullmatch(rb"[\x20-\x7e]*", text):
        return quoted(text.decode()).encode()
    return b"{%d}\r\n%s" % (len(text), text)
