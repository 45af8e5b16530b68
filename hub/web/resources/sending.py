"""`/settings/sending`: which channels come first, quiet hours, and how much is too much."""

from typing import Annotated, get_args

from pydantic import Field

from hub.clock import zone_of
from hub.customers.quiet import Quiet
from hub.db import kept_settings
from hub.deliveries import policy
from hub.deliveries.policy import Policy
from hub.errors import Invalid
from hub.faults import Spelled
from hub.operators import audit
from hub.operators.access import Scope
from hub.reminders import scan
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.shapes import Json, Output, Purpose

routes = Routes("settings")

Channel = Annotated[
    str, Spelled("^[a-z][a-z0-9_-]{0,49}$", "the name of a channel, such as email")
]
Channels = Annotated[list[Channel], Field(max_length=20)]
Clock = Annotated[
    str, Spelled("^([01][0-9]|2[0-3]):[0-5][0-9]$", "a time of day, such as 22:00 or 08:00")
]


class QuietHours(Input):
    """By the customer's clock, past midnight where `until` is the earlier one."""

    from_: Annotated[Clock, Field(alias="from")]
    until: Clock


class CapBody(Input):
    """At most `most` messages of a purpose to one customer within `days`."""

    most: Annotated[int, Field(ge=1, le=1000)]
    days: Annotated[int, Field(ge=1, le=365)]


class SendingPatch(Input):
    """What is left out stays as it is. As shipped, nothing is preferred, deferred or capped,
    and only texts cost (`{"sms": 1}`).

    `channels`: what is sent of its own accord takes the first of them by which the customer can be
    reached, unless they prefer another. `costs`: of one message, by channel, in any unit: of ways
    that nothing else tells apart the cheapest is taken. `quiet`: of customers who have said
    nothing of their own; null for none. `time_zone`: of customers who have none. `caps`: by
    purpose.
    """

    channels: Channels | None = None
    costs: Annotated[
        dict[Channel, Annotated[float, Field(ge=0, le=1e6)]], Field(max_length=20)
    ] = Field(default_factory=dict)
    quiet: QuietHours | None = None
    time_zone: Annotated[str, Field(max_length=100)] = ""
    caps: Annotated[dict[Purpose, CapBody], Field(max_length=20)] = Field(default_factory=dict)


class QuietView(Output):
    from_: Annotated[str, Field(alias="from")]
    until: str


class CapView(Output):
    most: int
    days: int


class SendingView(Output):
    channels: list[str]
    costs: dict[str, float]
    quiet: QuietView | None
    time_zone: str
    caps: dict[Purpose, CapView]


@routes.op("GET", "/settings/sending", out=SendingView, scope=Scope.MESSAGES_READ)
async def get_sending(call: Call) -> Json:
    """How the installation sends."""
    async with call.reading() as session:
        return _shown(await policy.load(session))


@routes.op("PATCH", "/settings/sending", body=SendingPatch, out=SendingView, scope=Scope.ADMIN)
async def change_sending(call: Call[SendingPatch]) -> Json:
    """Change how the installation sends, from the next message on."""
    new, session = call.body, call.session
    if new.time_zone and zone_of(new.time_zone).key != new.time_zone:
        raise Invalid(
            f"There is no time zone “{new.time_zone}”.",
            remedy="Write it as Europe/Sofia.",
            fields={"time_zone": "unknown"},
        )
    if new.quiet is not None:
        Quiet.parse(new.quiet.from_, new.quiet.until)
    changed = new.model_dump(mode="json", by_alias=True, exclude_unset=True)
    kept = await kept_settings.lock(session, policy.NAME, call.now)
    after = {name: one for name, one in {**kept, **changed}.items() if one is not None}
    await kept_settings.store(session, policy.NAME, after)
    if after.get("time_zone", "") != kept.get("time_zone", ""):
        await scan.zone_changed(session, call.now)
    await audit.record(
        session,
        call.viewer,
        "settings.changed",
        about=("settings", None),
        detail={"name": policy.NAME, "changed": sorted(changed)},
        now=call.now,
    )
    return _shown(policy.of(after))


def _shown(one: Policy) -> Json:
    return {
        "channels": list(one.channels),
        "costs": dict(one.costs),
        "quiet": one.quiet.shown if one.quiet else None,
        "time_zone": one.time_zone,
        "caps": {
            name: {"most": cap.most, "days": cap.days}
            for name, cap in one.caps.items()
            if name in get_args(Purpose)
        },
    }
