"""What in the database needs a hand: inboxes that are not open, messages that are stuck."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text

from hub.clock import Clock
from hub.crypto import Keyring, load_keyring
from hub.db.engine import AnySession, Database
from hub.doctor.findings import Finding, fine, problem, warning
from hub.errors import HubError
from hub.inboxes import settings as inbox_settings
from hub.inboxes.registry import Registry
from hub.inboxes.tables import Inbox
from hub.operators import repository as operators
from hub.settings import Settings

_RECENT = timedelta(days=7)
_BEHIND = 1000
_INBOXES = text("SELECT id FROM inboxes ORDER BY id")
_QUARANTINED = text("SELECT count(*) FROM quarantine WHERE resolved_at IS NULL")
_TROUBLE = text("""
    SELECT count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'unknown') AS unknown
    FROM deliveries WHERE status IN ('failed', 'unknown') AND updated_at > :since
""")
_READERS = text("""
    SELECT name, greatest(0, (SELECT coalesce(max(seq), 0) FROM events) - seq) AS behind
    FROM event_readers ORDER BY name
""")


async def look_at_contents(database: Database, settings: Settings, clock: Clock) -> list[Finding]:
    """The schema is known to be this release's."""
    async with database.reading() as session:
        return [
            await _people(session),
            *await _inboxes(session, settings),
            *await _messages(session, clock),
            *[_reader(name, behind) for name, behind in (await session.execute(_READERS)).all()],
        ]


async def _people(session: AnySession) -> Finding:
    if await operators.any_exist(session):
        return fine("operators", "Somebody can sign in.")
    return warning(
        "operators",
        "Nobody can sign in yet.",
        "Open the link that hub serve prints, or: hub operator add EMAIL --role administrator",
    )


async def _inboxes(session: AnySession, settings: Settings) -> list[Finding]:
    ids = (await session.scalars(_INBOXES)).all()
    if not ids:
        remedy = "Add one on the set-up page, or: hub inbox add webchat --name Chat"
        return [warning("inboxes", "There is no inbox yet, so nobody can write.", remedy)]
    keyring = _keyring(settings)
    registry = Registry.load()
    found: list[Finding] = []
    for inbox_id in ids:
        inbox = await session.get(Inbox, inbox_id)
        if inbox is not None:
            found.extend(_inbox(inbox, registry, keyring))
    return found


def _keyring(settings: Settings) -> Keyring | None:
    """None when there is none: looking must not make one."""
    given = settings.secret_key.get_secret_value()
    if not given and not (settings.data_path / "secret_key").exists():
        return None
    old = settings.old_secret_keys.get_secret_value()
    return load_keyring(given, settings.data_path, old=old)


def _inbox(inbox: Inbox, registry: Registry, keyring: Keyring | None) -> Iterator[Finding]:
    named = f"The inbox {inbox.name!r} ({inbox.channel}, {inbox.id})"
    check = f"inbox:{inbox.id}"
    if fault := _unusable(inbox, registry, keyring):
        yield fault
    elif inbox.state in {"open", "disabled"}:
        yield fine(check, f"{named} is {inbox.state}.")
    elif inbox.state == "opening":
        yield warning(check, f"{named} is not open yet.", "Is a hub serving? Else start one.")
    else:
        remedy = inbox.remedy or f"hub inbox test {inbox.id}"
        yield problem(check, f"{named} is {inbox.state}: {inbox.detail}", remedy)


def _unusable(inbox: Inbox, registry: Registry, keyring: Keyring | None) -> Finding | None:
    """Its channel is not installed, or its settings cannot be read with this secret key."""
    check = f"inbox:{inbox.id}"
    if keyring is None:
        return problem(
            check,
            "The secret key is gone, so the inboxes' secrets cannot be read.",
            "Put the file secret_key back into the data directory, or set HUB_SECRET_KEY.",
        )
    try:
        inbox_settings.restore(registry.type(inbox.channel).settings, inbox.settings, keyring)
    except HubError as error:
        return problem(check, f"The inbox {inbox.name!r}: {error}", error.remedy)
    return None


async def _messages(session: AnySession, clock: Clock) -> list[Finding]:
    quarantined = await session.scalar(_QUARANTINED) or 0
    rows = await session.execute(_TROUBLE, {"since": clock() - _RECENT})
    failed, unknown = rows.one()
    return [
        _count(
            "quarantine",
            quarantined,
            "came in but could not be stored as messages",
            "GET /api/v1/quarantine shows them and why; replay them when that is mended.",
        ),
        _count(
            "failed",
            failed,
            "failed in the last seven days",
            "hub explain message ID says why each one did.",
        ),
        _count(
            "unknown",
            unknown,
            "may or may not have been sent in the last seven days",
            "The inbox shows them: somebody decides whether to send again.",
        ),
    ]


def _count(check: str, many: int, what: str, remedy: str) -> Finding:
    if not many:
        return fine(check, f"No messages {what}.")
    return warning(check, f"Messages that {what}: {many:,}.", remedy)


def _reader(name: str, behind: int) -> Finding:
    check = f"reader:{name}"
    if behind < _BEHIND:
        return fine(check, f"The reader {name!r} follows the log closely.")
    return warning(
        check,
        f"The reader {name!r} is {behind:,} events behind.",
        "Is a hub with --role worker or all running? Else look at its log for this name.",
    )
