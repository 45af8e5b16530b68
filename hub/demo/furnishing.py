"""What is set up over the API before the first customer writes: chats, teams, a rule."""

import asyncio
import secrets
from collections.abc import Sequence

from hub.demo.doors import Api, DoorClosed, Json
from hub.demo.notebook import Notebook
from hub.demo.stories import Chat, Script

_OPEN_LOOKS, _OPEN_PAUSE = 400, 0.05
RULES: Sequence[Json] = (
    {
        "name": "Order notices",
        "trigger": {"on": "order.status_changed"},
        "actions": [{"send": {"template": "order-status"}}],
    },
    {
        "name": "Appointment booked",
        "trigger": {"on": "appointment.created"},
        # What was in the book on the first day is no news.
        "conditions": {"field": "appointment.status", "is": "booked"},
        "actions": [{"send": {"template": "appointment-booked"}}],
    },
    {
        "name": "Appointment moved",
        "trigger": {"on": "appointment.moved"},
        "actions": [{"send": {"template": "appointment-moved"}}],
    },
    {
        "name": "Appointment cancelled",
        "trigger": {"on": "appointment.cancelled"},
        "actions": [{"send": {"template": "appointment-cancelled"}}],
    },
    {
        "name": "Appointment reminder, a day before",
        "trigger": {"before": "appointment.starts_at", "by": "1d"},
        "conditions": {"field": "appointment.status", "is": "booked"},
        "actions": [{"send": {"template": "appointment-reminder-day"}}],
        "late": "3h",
    },
    {
        "name": "Appointment reminder, two hours before",
        "trigger": {"before": "appointment.starts_at", "by": "2h"},
        "conditions": {"field": "appointment.status", "in": ["booked", "confirmed"]},
        "actions": [
            {
                "if": {"field": "appointment.status", "is": "confirmed"},
                "then": [{"send": {"template": "appointment-soon"}}],
                "else": [{"send": {"template": "appointment-reminder-hours"}}],
            }
        ],
        "late": "30m",
    },
)
"""What sends by itself in the demo; the last two are the ready ones of docs/examples/rules."""


async def furnish(admin: Api, script: Script, notebook: Notebook) -> None:
    """Whatever is not there yet; all chats are open when this returns."""
    for chat in script.chats.values():
        await _chat(admin, chat, notebook)
    operators = (await admin.call("GET", "/api/v1/operators"))["items"]
    ids = {one["email"]: one["id"] for one in operators}
    for name, members in script.teams.items():
        known = [ids[script.colleagues[key].email] for key in members]
        await _team(admin, name, known, script, notebook)
    if not notebook.notes.told:
        zone = script.chats["shop"].hours["time_zone"]
        await admin.call("PATCH", "/api/v1/settings/sending", {"time_zone": zone})
        for rule in RULES:
            await admin.call("PUT", "/api/v1/rules", rule)
    for facts in notebook.notes.chats.values():
        await _opened(admin, facts["id"])


async def _chat(admin: Api, chat: Chat, notebook: Notebook) -> None:
    """Its secret is noted before it is sent: a repeat must say the same."""
    known = dict(notebook.notes.chats.get(chat.key, {}))
    if "id" in known:
        return
    known.setdefault("secret", secrets.token_urlsafe(32))
    await notebook.change(chats={**notebook.notes.chats, chat.key: known})
    body = {
        "channel": "webchat",
        "name": chat.name,
        "pool": chat.pool,
        # The shop's site, which shows its chat, is of another origin: whichever port was free.
        "settings": {**chat.settings, "jwt_secret": known["secret"], "origins": ["*"]},
    }
    made = await admin.call("POST", "/api/v1/inboxes", body, once=f"demo-chat-{chat.key}")
    hours = {"name": chat.name, "inboxes": [made["id"]], **chat.hours}
    await admin.call("POST", "/api/v1/business-hours", hours, once=f"demo-hours-{chat.key}")
    known["id"] = made["id"]
    await notebook.change(chats={**notebook.notes.chats, chat.key: known})


async def _team(
    admin: Api, name: str, members: list[str], script: Script, notebook: Notebook
) -> None:
    if name in notebook.notes.teams:
        return
    own = [key for key, chat in script.chats.items() if chat.team == name]
    inboxes = [notebook.notes.chats[key]["id"] for key in own]
    body = {"name": name, "members": members, "inboxes": inboxes}
    made = await admin.call("POST", "/api/v1/teams", body, once=f"demo-team-{name}")
    await notebook.change(teams={**notebook.notes.teams, name: made["id"]})


async def _opened(admin: Api, inbox_id: str) -> None:
    inbox = await admin.call("GET", f"/api/v1/inboxes/{inbox_id}")
    for _ in range(_OPEN_LOOKS):
        if inbox["state"] == "open":
            return
        await asyncio.sleep(_OPEN_PAUSE)
        inbox = await admin.call("GET", f"/api/v1/inboxes/{inbox_id}")
    raise DoorClosed(f"The chat {inbox['name']} is {inbox['state']}: {inbox['detail']}", status=0)
