"""What somebody wrote themselves: a mail's text without what it quotes and signs with.

One pass over the lines. A forwarded mail is kept, since forwarding it is the message; answers
between or below quotes are kept, the quotes go. When nothing would be left, all is kept.
"""

import re
from dataclasses import dataclass, field

from channels.email.parsing import attribution, separators, signatures
from channels.email.parsing.limits import MAX_LINE, MAX_REPLY_LINES
from channels.email.parsing.plain import CUT

_QUOTED = re.compile(r"^[ \t]{0,3}(?:>|\|(?=[ \t>|]|$))")
# The Bat! and Sylpheed put the initials of whom they quote before the mark: `IP> ...`.
_INITIALS = re.compile(r"^[ \t]{0,2}([^\W\d_]{1,3})>(?=[ \t>]|$)")
_FIRST = 6
"""Characters of a line within which either mark stands."""
_EMPTY = re.compile(r"\n{3,}")
_FORWARD = re.compile(
    r"^\W*(?:fwd?|wg|tr|rv|i|enc|doorst|vb|vs|vl|пересл\S*|переслать|fw|препр\S*"
    r"|пр)\s*(?:\[\d+\])?[:：]",
    re.IGNORECASE,
)
_NOTHING = frozenset({CUT, "\u1427"})
"""Lines that say nothing: a mark of ours, and what an extension that tracks mails leaves."""
_WRAPPED_AT = 55
"""A quoted line this long may have been broken once more by a gateway, losing its mark."""


@dataclass(slots=True)
class _Reader:
    lines: list[str]
    forwarded: bool
    kept: list[str] = field(default_factory=list)

    _seen: int = 0
    _end: int = -1

    def next_end(self, at: int) -> int:
        """The next line from `at` on that may end an attribution; each is looked at once."""
        if self._end < at:
            following = range(at, len(self.lines))
            ends = (one for one in following if attribution.may_end(self.lines[one]))
            self._end = next(ends, len(self.lines))
        return self._end

    def anything(self) -> bool:
        """Whether something was kept that is not empty; each line is looked at once."""
        while self._seen < len(self.kept) and not self.kept[self._seen].strip(f"{CUT} \t"):
            self._seen += 1
        return self._seen < len(self.kept)


def is_forward(subject: str) -> bool:
    """Whether a subject says that the mail forwards another."""
    return bool(_FORWARD.match(subject))


def reply(text: str, subject: str = "") -> str:
    """The reply in `text`; `subject` tells a forwarded mail from an answer."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept, rest = lines[:MAX_REPLY_LINES], lines[MAX_REPLY_LINES:]
    reader = _Reader([line[:MAX_LINE] for line in kept], is_forward(subject))
    _read(reader)
    found = _tidy(_signed_off(reader.kept))
    if found:
        return found
    whole = "\n".join(line for line in kept + rest if line != CUT)
    return _tidy(_signed_off(_unsigned(whole.split("\n")))) or _tidy([whole])


def _signed_off(lines: list[str]) -> list[str]:
    return signatures.without_closing(signatures.without_device_line(lines))


def _tidy(lines: list[str]) -> str:
    joined = "\n".join(line.rstrip() for line in lines if line not in _NOTHING)
    return _EMPTY.sub("\n\n", joined).strip()


def _unsigned(lines: list[str]) -> list[str]:
    seen = False
    for at, line in enumerate(lines[:MAX_REPLY_LINES]):
        if seen and signatures.begins(lines, at):
            return lines[:at]
        seen = seen or bool(line.strip())
    return lines


def _read(reader: _Reader) -> None:
    at = 0
    while at < len(reader.lines):
        following = _step(reader, at)
        if following < 0:
            return
        at = following


def _step(reader: _Reader, at: int) -> int:
    """Deal with the line at `at`; the next line to look at, or -1 at the end of the reply."""
    lines = reader.lines
    line = lines[at]
    if separators.is_between_arrows(line):
        return _at_original(reader, at)
    if _is_quoted(lines, at):
        return _at_quote(reader, at)
    if line == CUT or not line.strip():
        return _at_blank(reader, at)
    return _at_text(reader, at)


def _at_text(reader: _Reader, at: int) -> int:
    lines, line = reader.lines, reader.lines[at]
    if separators.is_forwarded(line):
        reader.kept += lines[at:]
        return -1
    if separators.is_original(lines, at) or separators.header_length(lines, at):
        return _at_original(reader, at)
    if reader.anything() and (signatures.begins(lines, at) or signatures.ends(lines, at)):
        return -1
    if count := _attribution(reader, at):
        return _at_attribution(reader, at, count)
    reader.kept.append(line)
    return at + 1


def _at_blank(reader: _Reader, at: int) -> int:
    """An empty line, or the mark-up's word that a quote begins."""
    if reader.lines[at] == CUT and reader.anything() and not _forwards(reader, at):
        return -1
    reader.kept.append(reader.lines[at])
    return at + 1


def _forwards(reader: _Reader, at: int) -> bool:
    following = (line for line in reader.lines[at : at + 5] if line.strip() and line != CUT)
    return reader.forwarded or any(separators.is_forwarded(line) for line in following)


def _at_original(reader: _Reader, at: int) -> int:
    if reader.forwarded or not reader.anything():
        reader.kept += reader.lines[at:]
    return -1


def _attribution(reader: _Reader, at: int) -> int:
    """How many lines at `at` introduce a quote."""
    lines = reader.lines
    ends_soon = reader.next_end(at) < at + attribution.LONGEST
    count = attribution.length(lines, at) if ends_soon else 0
    count = count or int(attribution.is_year_first(lines[at]))
    if not count and attribution.is_bare(lines[at]) and _quoted_next(lines, at + 1):
        return 1
    return count


def _at_attribution(reader: _Reader, at: int, count: int) -> int:
    lines = reader.lines
    if _quoted_next(lines, at + count):
        return at + count
    if reader.anything():
        return -1  # the quote below carries no marks
    # Nothing above, no marks below: what follows is kept; with an address the line is a client's.
    if not any("@" in line for line in lines[at : at + count]):
        reader.kept += lines[at : at + count]
    return at + count


def _at_quote(reader: _Reader, at: int) -> int:
    # Apple Mail's HTML quotes what it forwards, and the line that says so.
    if reader.forwarded and separators.is_forwarded(_QUOTED.sub("", reader.lines[at])):
        reader.kept += reader.lines[at:]
        return -1
    return _after_quote(reader.lines, at)


def _is_quoted(lines: list[str], at: int) -> bool:
    """Whether the line is marked as quoted; initials count where a neighbour has the same."""
    head = lines[at][:_FIRST]
    if ">" not in head and "|" not in head:
        return False
    if _QUOTED.match(lines[at]):
        return True
    initials = _INITIALS.match(lines[at])
    return initials is not None and any(
        (other := _INITIALS.match(lines[near])) is not None and other[1] == initials[1]
        for near in (at - 1, at + 1)
        if 0 <= near < len(lines)
    )


def _quoted_next(lines: list[str], at: int) -> bool:
    for ahead, line in enumerate(lines[at : at + 4]):
        if line.strip() and line != CUT:
            return _is_quoted(lines, at + ahead)
    return False


def _after_quote(lines: list[str], at: int) -> int:
    """Behind a run of quoted lines, and lines that lost their mark between two of them."""
    at += 1
    while at < len(lines):
        if _is_quoted(lines, at):
            at += 1
        elif (
            at + 1 < len(lines)
            and lines[at].strip()
            and _is_quoted(lines, at + 1)
            and len(lines[at - 1]) >= _WRAPPED_AT
        ):
            at += 2
        else:
            break
    return at
