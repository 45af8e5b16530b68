"""What a customer says about being written to: kept, and told to who looks at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from hub.clock import DEFAULT_ZONE, zone_of
from hub.conversations.outbound.options import quiet_hours
from hub.customers import consents, preferences
from hub.customers.consents import Purpose, Said
from hub.customers.homes import lock_point
from hub.customers.preferences import Hours, Preferences
from hub.customers.quiet import Quiet
from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.engine import AnySession, WriteSession
from hub.deliveries import policy
from hub.events import EventType, NewEvent
from hub.inboxes import company

PURPOSES = (Purpose.SERVICE, Purpose.REMINDER, Purpose.MARKETING, Purpose.SURVEY)
_SHOWN_SCHEMES = frozenset({"email", "tel"})
"""Their addresses are what people know them by."""

_POINT = text("""
    SELECT p.scheme, p.value, p.opted_out_at, s.record_id, s.root_id, c.locale,
           ARRAY(SELECT DISTINCT channel FROM inboxes WHERE enabled ORDER BY channel) AS channels
    FROM contact_points AS p JOIN streams AS s ON s.contact_point_id = p.id
    JOIN customers AS c ON c.id = s.root_id
    WHERE p.id = :point
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands at one contact point. address: empty where it says nothing to people.

    allowed: by purpose. channels: of the installation. hours: the quiet ones that hold; zone: by
    whose clock, empty where that is UTC only because nobody knows.
    """

    record_id: UUID
    address: str
    company: str
    locale: str
    stopped: bool
    allowed: Mapping[Purpose, bool]
    channels: tuple[str, ...]
    wants: Preferences
    hours: Quiet | None
    zone: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer has said on their page. wordings: of the purposes, as they were put."""

    allowed: Mapping[Purpose, bool]
    wordings: Mapping[Purpose, str]
    channel: str
    quiet: Hours


async def look(session: AnySession, point: UUID) -> Standing | None:
    """How it stands; None when the contact point is gone."""
    row = (await (await session.connection()).execute(_POINT, {"point": point})).first()
    if row is None:
        return None
    said = await consents.standing(session, [row.root_id])
    wants, ours = await preferences.of(session, row.root_id), await policy.load(session)
    return Standing(
        record_id=row.record_id,
        address=row.value if row.scheme in _SHOWN_SCHEMES else "",
        company=await company.of_contact_point(session, point),
        locale=row.locale,
        stopped=row.opted_out_at is not None,
        allowed={one: not consents.refusal(one, point, said) for one in PURPOSES},
        channels=tuple(row.channels),
        wants=wants,
        hours=quiet_hours(wants, ours),
        zone=_known(wants.time_zone, ours.time_zone),
    )


def _known(theirs: str, ours: str) -> str:
    zone = zone_of(theirs, ours).key
    return "" if zone == DEFAULT_ZONE != theirs else zone


async def answer(session: WriteSession, point: UUID, said: Answer, now: datetime) -> None:
    """Keep what has changed; nothing for a contact point that is gone."""
    await lock_point(session, point)
    before = await look(session, point)
    if before is None:
        return
    for purpose, given in said.allowed.items():
        if given is not before.allowed[purpose]:
            wording = said.wordings[purpose]
            line = Said(point, purpose, given, source="link", at=now, wording=wording)
            await consents.add(session, line)
    first = (said.channel,) if said.channel in before.channels else ()
    rest = [one for one in before.wants.channels if one not in first] if first else []
    await prefer(session, before.record_id, [*first, *rest], said.quiet, source="link", now=now)


async def prefer(
    session: WriteSession,
    customer_id: UUID,
    channels: Sequence[str],
    quiet: Hours,
    *,
    source: str,
    now: datetime,
) -> None:
    """Keep wishes on this record; raises NotFound for an unknown one."""
    root = (await lock_roots(session, [customer_id]))[customer_id]
    await preferences.put(session, customer_id, channels, quiet, source=source, now=now)
    updated = NewEvent(
        EventType.CUSTOMER_UPDATED, now, customer_id=root, data={"changed": ["preferences"]}
    )
    await event_log.append(session, [updated])
