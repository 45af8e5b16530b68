"""An appointment as calendars take it out of a mail: an iTIP request or its cancellation.

RFC 5545 says how it is written, RFC 5546 what it has to say, RFC 6047 how a mail carries it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from channels.email.composing import fields
from hub.ports import Invite

_LINE = 75
"""Octets of a line without its break (RFC 5545 3.1)."""
_PRODUCT = "-//Besedka//Besedka//EN"


@dataclass(frozen=True, slots=True)
class Parties:
    """Who invites, and who is invited. organizer: where answers of calendars come to."""

    name: str
    organizer: str
    attendee: str


def method(invite: Invite) -> str:
    return "CANCEL" if invite.cancelled else "REQUEST"


def written(invite: Invite, parties: Parties, now: datetime) -> str:
    """The calendar object, its lines folded and ended by CRLF. The time is UTC: each calendar
    shows it on its own clock."""
    lines = (
        "BEGIN:VCALENDAR",
        f"PRODID:{_PRODUCT}",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method(invite)}",
        "BEGIN:VEVENT",
        *_event(invite, parties, now),
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(piece for line in lines for piece in _folded(line))


def _event(invite: Invite, parties: Parties, now: datetime) -> Iterator[str]:
    # RFC 7986 5.3: a UUID, and no host, which may change while the appointment lives.
    yield f"UID:{invite.id}"
    yield f"SEQUENCE:{invite.sequence}"
    yield f"DTSTAMP:{_moment(now)}"
    yield f"DTSTART:{_moment(invite.starts_at)}"
    if invite.ends_at is not None:
        yield f"DTEND:{_moment(invite.ends_at)}"
    yield f"SUMMARY:{_text(_titled(invite.title, parties.name))}"
    if invite.place:
        yield f"LOCATION:{_text(invite.place)}"
    yield f"ORGANIZER{_named(parties.name)}:mailto:{parties.organizer}"
    yield _attendee(invite, parties.attendee)
    yield f"STATUS:{'CANCELLED' if invite.cancelled else 'CONFIRMED'}"
    yield "TRANSP:OPAQUE"


def _attendee(invite: Invite, address: str) -> str:
    # Who has said that they will come is not asked anew by what reminds them.
    said = "ACCEPTED;RSVP=FALSE" if invite.answered else "NEEDS-ACTION;RSVP=TRUE"
    if invite.cancelled:
        said = "NEEDS-ACTION;RSVP=FALSE"
    return f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={said}:mailto:{address}"


def _titled(title: str, company: str) -> str:
    """In somebody's own calendar a title has to say with whom it is."""
    return title if not company or company in title else f"{title} – {company}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """RFC 5545 3.3.11. A line break within becomes a blank: nothing we write has two lines."""
    escaped = fields.one_line(value)
    for char in "\\;,":
        escaped = escaped.replace(char, f"\\{char}")
    return escaped


def _named(name: str) -> str:
    """The parameter with a name; a double quote cannot stand in one (RFC 5545 3.2)."""
    shown = fields.one_line(name).replace('"', "'")
    return f';CN="{shown}"' if shown else ""


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets, never cut within a character (RFC 5545 3.1)."""
    piece, room = "", _LINE
    for char in line:
        size = len(char.encode("utf-8", "replace"))
        if size > room:
            yield f"{piece}\r\n"
            piece, room = " ", _LINE - 1
        piece += char
        room -= size
    yield f"{piece}\r\n"
