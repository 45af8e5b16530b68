"""`/settings/routing`: when the person responsible for a customer gets what they write."""

from hub.db import kept_settings
from hub.desk import routing
from hub.desk.turns import Owners
from hub.operators import audit
from hub.operators.access import Scope
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.shapes import Json, Output

routes = Routes("settings")


class RoutingView(Output):
    """`owners`: a new conversation goes to its customer's owner as long as they may answer
    (`active`), only while they are at a screen (`present`), or not of itself (`off`)."""

    owners: Owners


class RoutingPatch(Input):
    owners: Owners


@routes.op("GET", "/settings/routing", out=RoutingView, scope=Scope.MESSAGES_READ)
async def get_routing(call: Call) -> Json:
    """How new conversations find who answers them."""
    async with call.reading() as session:
        return await routing.settings(session)


@routes.op("PATCH", "/settings/routing", body=RoutingPatch, out=RoutingView, scope=Scope.ADMIN)
async def change_routing(call: Call[RoutingPatch]) -> Json:
    """Change it, for what opens from now on."""
    kept = await kept_settings.lock(call.session, routing.SETTINGS, call.now)
    after = {**kept, "owners": call.body.owners}
    await kept_settings.store(call.session, routing.SETTINGS, after)
    await audit.record(
        call.session,
        call.viewer,
        "settings.changed",
        about=("settings", None),
        detail={"name": routing.SETTINGS, "changed": ["owners"]},
        now=call.now,
    )
    return await routing.settings(call.session)
