"""`/me`: who the caller is, and how operators want to be called and told of things."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from hub.alerts import letter, telling
from hub.customers.addresses import normalise
from hub.db.engine import WriteSession
from hub.errors import Conflict, Forbidden, Invalid, TooMany, Unavailable
from hub.ids import new_id
from hub.inboxes.open_inbox import OpenInbox
from hub.operators import audit, notifications, repository
from hub.operators.access import Role
from hub.operators.tables import Operator
from hub.web.api import AnyCall, Call, Routes
from hub.web.bodies import Input
from hub.web.resources.proof import own_id
from hub.web.shapes import Json, Locale, Name, Output

routes = Routes("me")

_TRIAL_EVERY = timedelta(minutes=1)


class Me(Output):
    """`role`, `email`, `locale`, `notifications` (unread), `notify` (how they hear of each
    kind) and `alert_to` are an operator's; `system` is a token's. `confined`: they can do nothing
    before they have set up a second factor."""

    id: UUID
    kind: str
    name: str
    scopes: list[str]
    role: Role | None
    email: str | None
    locale: str | None
    system: str | None
    confined: bool
    hidden_inboxes: list[UUID]
    notifications: int | None
    notify: dict[str, list[str]] | None
    alert_to: str | None


Way = Literal["page", "browser", "sound"]
Ways = Annotated[list[Way], Field(max_length=3)]


class Notify(Input):
    """How to hear of what; left out = stays, empty = only in the list."""

    mention: Ways | None = None
    assigned: Ways | None = None
    reply: Ways | None = None
    team: Ways | None = None
    alert: Ways | None = None


class MyChanges(Input):
    """`alert_to`: `email:…`, `tel:+…` or `telegram:…`, where alerts are sent as well; empty for
    nowhere. For administrators and supervisors."""

    name: Name | None = None
    locale: Locale | None = None
    notify: Notify | None = None
    alert_to: Annotated[str, Field(max_length=300)] | None = None


class Tried(Output):
    """`outcome`: `sent`, or why it could not be; `detail`: more, in words."""

    outcome: str
    detail: str


@routes.op("GET", "/me", out=Me, scope="signed-in", confined=True)
async def who_am_i(call: Call) -> Json:
    """Who the token or the sign-in stands for, and what it may do."""
    if call.viewer.kind != "operator":
        return _view(call, None)
    async with call.reading() as session:
        unread = await notifications.count_unread(session, call.viewer)
        return _view(call, await repository.get(session, own_id(call)), unread)


@routes.op("PATCH", "/me", body=MyChanges, out=Me, scope="signed-in", operators_only=True)
async def change_me(call: Call[MyChanges]) -> Json:
    """Change one's own name, language, or how one is notified."""
    given = call.body.model_dump(exclude_none=True)
    if "alert_to" in given:
        given["alert_to"] = _alert_address(call)
    before = (await repository.get(call.session, own_id(call))).alert_to
    if given.get("alert_to", before) != before:
        await _audit(call, call.session, "operator.alerts_redirected", given["alert_to"])
    row = await repository.update(call.session, own_id(call), given, call.now)
    return _view(call, row, await notifications.count_unread(call.session, call.viewer))


@routes.op(
    "POST",
    "/me/alert-test",
    out=Tried,
    scope="signed-in",
    operators_only=True,
    transactional=False,
)
async def try_alert(call: Call) -> Json:
    """Send a trial message to one's `alert_to`, and say how it went. Once a minute at most."""
    async with call.services.database.transaction() as session:
        row = await repository.hold(session, own_id(call))
        if not row.alert_to:
            raise Conflict("You have no address for alerts.", remedy="Save one first.")
        _may_be_alerted(call)
        _not_again_yet(await audit.last(session, "operator.alert_tried", row.id), call.now)
        await _audit(call, session, "operator.alert_tried", row.alert_to)
        inboxes = await telling.inboxes(session)
    said = letter.trial(telling.COMPANY, row.locale)
    ways = [one for key in inboxes if (one := _open(call, key)) is not None]
    outcome = await telling.send(ways, row.alert_to, said, new_id(), row.locale)
    return {"outcome": outcome.result, "detail": outcome.detail}


def _not_again_yet(last: datetime | None, now: datetime) -> None:
    if last is not None and last + _TRIAL_EVERY > now:
        raise TooMany(
            "A trial has just been sent.",
            retry_after=(last + _TRIAL_EVERY - now).total_seconds(),
            remedy="Wait a minute, then try again.",
        )


async def _audit(call: AnyCall, session: WriteSession, action: str, alert_to: str) -> None:
    about, detail = ("operator", own_id(call)), {"kind": alert_to.partition(":")[0]}
    await audit.record(session, call.viewer, action, about=about, detail=detail, now=call.now)


def _alert_address(call: Call[MyChanges]) -> str:
    """As it is kept. Raises Invalid when it is none, or no channel here sends to such ones."""
    _may_be_alerted(call)
    given = (call.body.alert_to or "").strip()
    if not given:
        return ""
    scheme, _, value = given.partition(":")
    registry = call.services.registry
    can = [one for name in registry.names() if (one := registry.capabilities(name)) is not None]
    if not any(scheme in one.address_schemes and not one.awaits_visit for one in can):
        known = "Write email:…, tel:+… or telegram:… with the number of the account."
        raise Invalid("No channel sends to such an address.", fields={"alert_to": known})
    return f"{scheme}:{normalise(scheme, value)}"


def _open(call: AnyCall, inbox_id: UUID) -> OpenInbox | None:
    try:
        return call.services.open_inbox(inbox_id, "")
    except Unavailable:
        return None


def _may_be_alerted(call: AnyCall) -> None:
    if call.viewer.role not in {Role.ADMINISTRATOR, Role.SUPERVISOR}:
        raise Forbidden("Alerts are for administrators and supervisors.")


def _view(call: AnyCall, row: Operator | None, unread: int | None = None) -> Json:
    viewer = call.viewer
    return {
        "id": viewer.id,
        "kind": viewer.kind,
        "name": row.name or viewer.name if row else viewer.name,
        "scopes": sorted(viewer.scopes),
        "role": viewer.role,
        "email": row.email if row else None,
        "locale": row.locale if row else None,
        "system": viewer.system or None,
        "confined": call.credential is not None and call.credential.confined,
        "hidden_inboxes": sorted(viewer.hidden_inboxes),
        "notifications": unread,
        "notify": notifications.preferences(row.notify) if row else None,
        "alert_to": row.alert_to if row else None,
    }
