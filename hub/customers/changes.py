"""What an operator or another system may change about a customer, and what is accepted."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from sqlalchemy import text

from hub.customers.folding import fold
from hub.customers.roots import lock_roots
from hub.db import event_log
from hub.db.base import Json
from hub.db.engine import WriteSession
from hub.errors import Invalid
from hub.events import EventType, NewEvent

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_MAX_NAME = 300
_MAX_LABELS = 50
_MAX_LABEL = 64
_MAX_ATTRIBUTES = 64_000

_READ = text("""
    SELECT name, locale, time_zone, owner_id, attributes, labels FROM customers WHERE id = :id
""")

_OPERATOR = text("SELECT 1 FROM operators WHERE id = :id AND disabled_at IS NULL")

_WRITE = text("""
    UPDATE customers
    SET name = :name, folded = :folded, locale = :locale, time_zone = :time_zone,
        owner_id = CAST(:owner_id AS uuid), attributes = CAST(:attributes AS jsonb),
        labels = CAST(:labels AS text[]), updated_at = :now
    WHERE id = :id
""")


@dataclass(frozen=True, slots=True)
class CustomerChanges:
    """What to change; None leaves as it is, an empty value clears.

    owner: an operator's id; `owner_cleared` takes the owner away.
    attributes: merged into those that are there (RFC 7396); null removes one. labels: the new set.
    """

    name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    owner: UUID | None = None
    owner_cleared: bool = False
    attributes: Mapping[str, Any] | None = None
    labels: list[str] | None = None


@dataclass(frozen=True, slots=True)
class _Field:
    """How a value is tidied, whether it can be stored then, and what would have been right."""

    tidy: Callable[[Any], Any]
    fits: Callable[[Any], bool]
    wanted: str


def _is_name(name: str) -> bool:
    return len(name) <= _MAX_NAME and (not name or name.isprintable())


def is_locale(tag: str) -> bool:
    """Whether a customer may have it: spelled as BCP 47 does, or empty."""
    return not tag or _LANGUAGE_TAG.fullmatch(tag) is not None


def _is_time_zone(name: str) -> bool:
    if not name:
        return True
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _are_labels(labels: list[str]) -> bool:
    return len(labels) <= _MAX_LABELS and all(
        0 < len(label) <= _MAX_LABEL and label == label.strip() and label.isprintable()
        for label in labels
    )


_FIELDS = {
    "name": _Field(
        lambda name: " ".join(name.split()),
        _is_name,
        f"At most {_MAX_NAME} printable characters.",
    ),
    "locale": _Field(str.strip, is_locale, "A language tag such as ru or en-GB."),
    "time_zone": _Field(str.strip, _is_time_zone, "A time zone such as Europe/Sofia."),
    "labels": _Field(
        lambda labels: sorted(set(labels)),
        _are_labels,
        f"At most {_MAX_LABELS} words of at most {_MAX_LABEL} characters.",
    ),
}


async def update(
    session: WriteSession,
    customer_id: UUID,
    changes: CustomerChanges,
    *,
    now: datetime,
    cause: tuple[UUID | None, int] = (None, 0),
) -> UUID:
    """Apply the changes to the customer's root, which is returned and stays locked.

    cause: the rule that does it, and how many rules deep.
    Raises NotFound, or Invalid naming every wrong field.
    """
    values = _accept(changes)
    root_id = (await lock_roots(session, [customer_id]))[customer_id]
    connection = await session.connection()
    if changes.owner is not None and not await connection.scalar(_OPERATOR, {"id": changes.owner}):
        raise Invalid("There is no such operator.", fields={"owner": "unknown"})
    before = (await connection.execute(_READ, {"id": root_id})).mappings().one()
    if changes.attributes is not None:
        values["attributes"] = _merged(before["attributes"], changes.attributes)
    changed = [field for field, value in values.items() if before[field] != value]
    if changed:
        await _write(session, root_id, {**before, **values}, now)
        await event_log.append(session, [_updated(root_id, changed, now, cause)])
    return root_id


def _accept(changes: CustomerChanges) -> Json:
    """The checked column values; raises Invalid with a line for each wrong field."""
    given = {name: getattr(changes, name) for name in _FIELDS}
    values = {
        name: _FIELDS[name].tidy(value) for name, value in given.items() if value is not None
    }
    wrong = {
        name: _FIELDS[name].wanted
        for name, value in values.items()
        if not _FIELDS[name].fits(value)
    }
    if wrong:
        raise Invalid("Some of the changes cannot be made.", fields=wrong)
    if changes.owner is not None or changes.owner_cleared:
        values["owner_id"] = changes.owner
    return values


def _merged(before: Json, patch: Mapping[str, Any]) -> Json:
    merged = {**before, **patch}
    kept = {name: value for name, value in merged.items() if value is not None}
    try:
        written = orjson.dumps(kept)
    except TypeError:
        written = b"\\u0000"
    if len(written) > _MAX_ATTRIBUTES or b"\\u0000" in written:
        wrong = f"JSON of at most {_MAX_ATTRIBUTES:,} bytes, without NUL characters."
        raise Invalid("The attributes cannot be stored.", fields={"attributes": wrong})
    return kept


async def _write(session: WriteSession, root_id: UUID, after: Json, now: datetime) -> None:
    await (await session.connection()).execute(
        _WRITE,
        {
            **after,
            "attributes": orjson.dumps(after["attributes"]).decode(),
            "folded": fold(after["name"]),
            "id": root_id,
            "now": now,
        },
    )


def _updated(
    root_id: UUID, changed: list[str], now: datetime, cause: tuple[UUID | None, int]
) -> NewEvent:
    names = sorted("owner" if field == "owner_id" else field for field in changed)
    rule_id, depth = cause
    return NewEvent(
        EventType.CUSTOMER_UPDATED,
        now,
        customer_id=root_id,
        data={"changed": names},
        rule_id=rule_id,
        depth=depth,
    )
