"""`/customers/{id}/preferences`: by which channels customers want to be written to, and when."""

from typing import Literal

from hub.conversations.outbound.preferring import prefer
from hub.customers import preferences
from hub.customers.preferences import Hours, Preferences
from hub.customers.quiet import Quiet
from hub.customers.roots import roots_of
from hub.operators import audit
from hub.operators.access import Scope
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.resources.sending import Channels, QuietHours, QuietView
from hub.web.shapes import Json, Output

routes = Routes("customers")


class NewPreferences(Input):
    """`channels`: the most wanted first; others come after. `quiet`: hours of the customer's clock
    in which nothing is sent that nobody wrote by hand; `default`: the installation's; `none`."""

    channels: Channels
    quiet: Literal["default", "none"] | QuietHours = "default"


class PreferencesView(Output):
    channels: list[str]
    quiet: Literal["default", "none"] | QuietView
    time_zone: str


@routes.op("GET", "/customers/{id}/preferences", out=PreferencesView, scope=Scope.CUSTOMERS_READ)
async def get_preferences(call: Call) -> Json:
    """What the customer wants; of merged records, what was said last."""
    async with call.reading() as session:
        await roots_of(session, [call.id])
        return _shown(await preferences.of(session, call.id))


@routes.op(
    "PUT",
    "/customers/{id}/preferences",
    body=NewPreferences,
    out=PreferencesView,
    scope=Scope.CUSTOMERS_WRITE,
)
async def put_preferences(call: Call[NewPreferences]) -> Json:
    """Write down how the customer wants to be written to."""
    new, session = call.body, call.session
    source = "operator" if call.viewer.kind == "operator" else "integration"
    await prefer(session, call.id, new.channels, _hours(new), source=source, now=call.now)
    await audit.record(
        session, call.viewer, "customer.preferences", about=("customer", call.id), now=call.now
    )
    return _shown(await preferences.of(session, call.id))


def _hours(new: NewPreferences) -> Hours:
    if isinstance(new.quiet, QuietHours):
        return Quiet.parse(new.quiet.from_, new.quiet.until)
    return new.quiet


def _shown(one: Preferences) -> Json:
    return {
        "channels": list(one.channels),
        "quiet": one.quiet.shown if isinstance(one.quiet, Quiet) else one.quiet,
        "time_zone": one.time_zone,
    }
