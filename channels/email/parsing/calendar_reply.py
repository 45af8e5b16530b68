"""What a reader's calendar answers to an invitation: an iTIP reply (RFC 5546 3.2.3).

Only what decides is read: which appointment, as of which change, and whether they come.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from channels.email.parsing.mail import Attachment

_TYPES = frozenset({"text/calendar", "application/ics"})
_MOST = 100_000
"""Bytes; a reply has a few hundred."""
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r"(?P<name>[A-Za-z-]{1,40})(?P<more>(?:;[A-Za-z-]{1,40}=(?:\"[^\"]*\"|[^\":;]*))*):(?P<value>.*)"
)
_PARTSTAT = re.compile(r";PARTSTAT=\"?([A-Za-z-]{1,30})", re.IGNORECASE)
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}


@dataclass(frozen=True, slots=True)
class CalendarReply:
    """uid: of the invitation. answer: accepted, declined, tentative. sequence: what it answers."""

    uid: str
    answer: str
    sequence: int


def read(files: Sequence[Attachment]) -> CalendarReply | None:
    """The reply among a mail's files; None where there is none that says yes or no."""
    for one in files[:20]:
        if one.content_type.lower() in _TYPES and one.size <= _MOST:
            found = _reply(one.content.decode("utf-8", "replace"))
            if found is not None:
                return found
    return None


def _reply(words: str) -> CalendarReply | None:
    told = _told(words)
    answer = _ANSWERS.get(told.get("PARTSTAT", "").upper())
    uid, sequence = told.get("UID", ""), told.get("SEQUENCE", "0")
    if told.get("METHOD", "").upper() != "REPLY" or answer is None or not uid:
        return None
    # A calendar that leaves it out answers the first plan.
    counted = re.fullmatch(r"\d{1,9}", sequence, re.ASCII)
    return CalendarReply(uid[:255], answer, int(sequence) if counted else 0)


def _told(words: str) -> Mapping[str, str]:
    """The first of each property; of the attendee, what he says."""
    told: dict[str, str] = {}
    for name, more, value in _properties(words):
        told.setdefault(name, value.strip())
        if name == "ATTENDEE" and (said := _PARTSTAT.search(more)):
            told.setdefault("PARTSTAT", said[1])
    return told


def _properties(words: str) -> Iterator[tuple[str, str, str]]:
    for line in _FOLD.sub("", words).splitlines():
        found = _LINE.match(line)
        if found:
            yield found["name"].upper(), found["more"], found["value"]
