"""What a rule names: operators, teams, webhooks, channels, languages, time zones."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from hub.db.engine import AnySession
from hub.db.rows import Query
from hub.errors import Invalid
from hub.ids import parse_id
from hub.rules import languages
from hub.rules.fields import unknown
from hub.rules.places import at
from hub.rules.schedule import check_zone
from hub.rules.steps import Action, Ask, Send, all_actions

NOBODY = "nobody"
_SET: Mapping[str, Callable[[str], None]] = {
    "customer.locale": languages.check,
    "customer.time_zone": check_zone,
}
_FILLED_IN = re.compile(r"\{[{%#]")
"""What a template says is known when the rule fires, and looked at then."""

_OPERATORS = Query("""
    SELECT id, lower(email) AS name FROM operators WHERE disabled_at IS NULL ORDER BY email
""")
_WEBHOOKS = Query("SELECT id, name FROM webhooks ORDER BY name")
_TEAMS = Query("SELECT id, name FROM teams ORDER BY name")


async def operator_id(session: AnySession, who: str) -> UUID | None:
    """None for nobody; raises Invalid, with the nearest one there is."""
    return await _found(session, _OPERATORS, who.lower(), "operator")


async def team_id(session: AnySession, which: str) -> UUID | None:
    """None for nobody; raises Invalid, with the nearest one there is."""
    return await _found(session, _TEAMS, which, "team")


async def _found(
    session: AnySession, known: Query, name: str, what: str, *, nobody: str = NOBODY
) -> UUID | None:
    if nobody and name == nobody:
        return None
    rows = await known.rows(session, {})
    wanted = parse_id(name)
    for row in rows:
        if row["name"] == name or row["id"] == wanted:
            found: UUID = row["id"]
            return found
    names = [row["name"] for row in rows] + ([nobody] if nobody else [])
    if not names:
        raise Invalid(f"There is no {what} `{name}`, nor any other.")
    raise unknown(name, names, what)


async def check(session: AnySession, actions: Sequence[Action], channels: Collection[str]) -> None:
    """Raises Invalid for somebody or something that is not there, naming the place.

    channels: the installed ones. That is enough: their inboxes may come later.
    """
    for place, action in all_actions(actions):
        with at(place):
            if action.assign is not None and action.assign.operator:
                await operator_id(session, action.assign.operator)
            if action.assign is not None and action.assign.team:
                await team_id(session, action.assign.team)
            if action.webhook is not None:
                await _found(session, _WEBHOOKS, action.webhook.name, "webhook", nobody="")
            if (said := action.send or action.ask) is not None:
                _check_channels(said, channels)
            for field, check_value in _SET.items():
                value = (action.set_ or {}).get(field)
                if isinstance(value, str) and value and not _FILLED_IN.search(value):
                    check_value(value)


def _check_channels(said: Send | Ask, known: Collection[str]) -> None:
    named = [one.channel for one in said.fallback] + ([said.channel] if said.channel else [])
    for one in named:
        if one not in known:
            raise unknown(one, known, "channel")
