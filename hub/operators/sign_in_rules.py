"""What the installation demands of everybody who signs in."""

from dataclasses import dataclass

from hub.db import kept_settings
from hub.db.base import Json
from hub.db.engine import AnySession

NAME = "sign-in"


@dataclass(frozen=True, slots=True)
class SignInRules:
    """`second_factor`: who has none can do nothing but set one up."""

    second_factor: bool = False


def of(kept: Json) -> SignInRules:
    return SignInRules(second_factor=bool(kept.get("second_factor")))


async def load(session: AnySession) -> SignInRules:
    return of(await kept_settings.load(session, NAME))
