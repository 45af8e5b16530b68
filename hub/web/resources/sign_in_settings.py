"""`/settings/sign-in`: what the installation demands of everybody who signs in."""

from hub.db import kept_settings
from hub.errors import Conflict
from hub.operators import audit, second_factors
from hub.operators import sign_in_rules as rules
from hub.operators.access import Scope
from hub.web.api import Call, Routes
from hub.web.bodies import Input
from hub.web.shapes import Json, Output

routes = Routes("settings")


class SignInRulesPatch(Input):
    """`second_factor`: who has none can, once signed in, do nothing but set one up."""

    second_factor: bool


class SignInRulesView(Output):
    second_factor: bool


@routes.op("GET", "/settings/sign-in", out=SignInRulesView, scope=Scope.ADMIN)
async def get_sign_in_rules(call: Call) -> Json:
    """What is demanded of everybody who signs in."""
    async with call.reading() as session:
        return {"second_factor": (await rules.load(session)).second_factor}


@routes.op(
    "PATCH",
    "/settings/sign-in",
    body=SignInRulesPatch,
    out=SignInRulesView,
    scope=Scope.ADMIN,
    also={409: "`own-second-factor`: who demands one of everybody has to have one."},
)
async def change_sign_in_rules(call: Call[SignInRulesPatch]) -> Json:
    """Demand more, or less, of everybody who signs in; within seconds also of who is in."""
    session, viewer, wanted = call.session, call.viewer, call.body.second_factor
    own = viewer.id if viewer.kind == "operator" else None
    if wanted and own is not None and not await second_factors.is_asked(session, own):
        raise Conflict(
            "You have no second factor yourself.",
            remedy="Set up your own first: then nobody is left outside.",
            code="own-second-factor",
        )
    kept = await kept_settings.lock(session, rules.NAME, call.now)
    await kept_settings.store(session, rules.NAME, {**kept, "second_factor": wanted})
    detail = {"name": rules.NAME, "changed": ["second_factor"], "second_factor": wanted}
    about = ("settings", None)
    await audit.record(
        session, viewer, "settings.changed", about=about, detail=detail, now=call.now
    )
    return {"second_factor": wanted}
