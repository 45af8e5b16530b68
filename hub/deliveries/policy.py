"""What the installation decides about sending: order and cost of channels, quiet hours, caps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hub.customers.quiet import Quiet
from hub.db import kept_settings
from hub.db.engine import AnySession

NAME = "sending"
ZONE = f"coalesce((SELECT value->>'time_zone' FROM kept_settings WHERE name = '{NAME}'), '')"  # noqa: S608
"""SQL for the time zone of customers who have none; empty while nobody has said."""
COSTS = {"sms": 1.0}
"""As shipped: a text costs, and by what else there is a message costs next to nothing."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` messages of a purpose to one customer within `days`."""

    most: int
    days: int

    @property
    def span(self) -> timedelta:
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Policy:
    """As shipped: nothing is preferred, deferred or capped, and a text is what costs.

    costs: of a message, by channel, in any unit. time_zone: of customers who have none.
    caps: by purpose.
    """

    channels: tuple[str, ...] = ()
    costs: Mapping[str, float] = field(default_factory=lambda: COSTS)
    quiet: Quiet | None = None
    time_zone: str = ""
    caps: Mapping[str, Cap] = field(default_factory=dict)


def of(kept: Mapping[str, Any]) -> Policy:
    """The policy as `kept_settings` has it, in the shape of `hub.web.resources.sending`."""
    quiet = kept.get("quiet")
    return Policy(
        channels=tuple(kept.get("channels", ())),
        costs=kept.get("costs", COSTS),
        quiet=Quiet.parse(quiet["from"], quiet["until"]) if quiet else None,
        time_zone=kept.get("time_zone", ""),
        caps={
            purpose: Cap(one["most"], one["days"]) for purpose, one in kept.get("caps", {}).items()
        },
    )


async def load(session: AnySession) -> Policy:
    """What holds now."""
    return of(await kept_settings.load(session, NAME))
