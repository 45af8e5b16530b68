"""Telling the script: every step at its hour, through the door that a real person would use."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from hub import clock as wall
from hub.demo import doors, stories
from hub.demo.callers import Callers, by_twin
from hub.demo.clock import LeapingClock
from hub.demo.doors import Api, DoorClosed, Json, Visitor
from hub.demo.notebook import Notebook
from hub.demo.shop import Shop
from hub.demo.stories import CHAT, Person, Script, Step

_LOOKS, _PAUSE = 400, 0.025
_VISIT_LASTS = timedelta(hours=12)
"""The chat ends a signed visit after a day, and days pass in this story."""


class Storyteller:
    """Goes on where an earlier start was stopped; `say` hears of the progress."""

    def __init__(
        self,
        admin: Api,
        script: Script,
        notebook: Notebook,
        shop: Shop,
        clock: LeapingClock,
        callers: Callers,
    ) -> None:
        self._admin = admin
        self._script = script
        self._notebook = notebook
        self._shop = shop
        self._clock = clock
        self._callers = callers
        self._visits: dict[str, tuple[Visitor, datetime]] = {}
        self._colleagues: dict[str, Api] = {}
        self._customers: dict[str, str] = {}
        self._deeds: Mapping[str, Callable[[Step], Awaitable[None]]] = {
            "says": self._says,
            "answers": self._answers,
            "note": self._note,
            "order": self._order,
            "put": self._put,
            "reads": self._reads,
            "joins": self._joins,
        }

    async def tell(self, say: Callable[[str], None]) -> None:
        """Every step that has not been told yet; then it is today."""
        steps = self._script.steps
        for number in range(self._notebook.notes.told, len(steps)):
            if number % 25 == 0:
                say(f"Customers write, operators answer: {number} of {len(steps)}")
            step = steps[number]
            self._clock.leap_to(self._notebook.notes.started_at - step.ago)
            await self._deeds[step.verb](step)
            await self._notebook.change(told=number + 1)
        self._clock.catch_up()
        for colleague in self._colleagues.values():
            await doors.sign_out(colleague)

    async def _says(self, step: Step) -> None:
        if by_twin(step):
            await self._callers.says(step, self._script.steps.index(step))
            return
        visitor = await self._visitor(step.person)
        await visitor.write(f"{step.person.key}-{step.number}", step.value)

    async def _answers(self, step: Step) -> None:
        path = f"/api/v1/customers/{await self._customer(step.person)}/messages"
        colleague = await self._colleague(step.by)
        body: Json = {"text": step.value}
        if by_twin(step):
            body["channel"] = step.on
        sent = await colleague.call("POST", path, body, once=_key(step))
        await self._left(sent["message"]["id"])

    async def _note(self, step: Step) -> None:
        path = f"/api/v1/customers/{await self._customer(step.person)}/notes"
        body = {"text": step.value, "conversation_id": await self._conversation(step.person)}
        await (await self._colleague(step.by)).call("POST", path, body, once=_key(step))

    async def _order(self, step: Step) -> None:
        order = step.person.order or {}
        told = await self._shop.move(order["number"], step.value)
        # The notice is to carry the hour of its cause, so the clock waits for it.
        for _ in range(_LOOKS):
            if notice := await self._notice(told["order"]["id"], step):
                return await self._left(notice)
            await asyncio.sleep(_PAUSE)
        raise DoorClosed(f"No notice about {order['number']} was sent.", status=0)

    async def _notice(self, order_id: str, step: Step) -> str | None:
        """The id of the newest notice about the order, once there is one for each step so far."""
        before = [
            one
            for one in self._script.steps
            if one.verb == "order" and one.person is step.person and one.ago > step.ago
        ]
        found = await self._admin.call("GET", "/api/v1/decisions", object=order_id)
        items = found["items"]
        return str(items[0]["message_id"]) if len(items) > len(before) else None

    async def _left(self, message_id: str) -> None:
        """Wait until the message has been handed over, at the hour it was written."""
        for _ in range(_LOOKS):
            found = await self._admin.call("GET", f"/api/v1/messages/{message_id}/deliveries")
            if not {one["status"] for one in found["items"]} & {"queued", "sending"}:
                return
            await asyncio.sleep(_PAUSE)
        raise DoorClosed(f"The message {message_id} was not sent.", status=0)

    async def _put(self, step: Step) -> None:
        body: Json = dict(step.value)
        if "assignee" in body:
            body["assignee"] = await self._operator_id(body["assignee"])
        if "team" in body:
            body["team"] = self._notebook.notes.teams[body["team"]]
        if "snooze" in body:
            until = self._notebook.notes.started_at + stories.duration(body.pop("snooze"))
            body["snoozed_until"] = wall.rfc3339(until)
        path = f"/api/v1/conversations/{await self._conversation(step.person)}"
        await (await self._colleague(step.by)).call("PATCH", path, body)

    async def _joins(self, step: Step) -> None:
        """An operator learns that the customer's other address is his too, and merges them."""
        kept = await self._callers.customer(step.person, step.on)
        other = await self._callers.customer(step.person, step.value)
        if kept != other:
            path = f"/api/v1/customers/{kept}/merge"
            colleague = await self._colleague(step.by)
            await colleague.call("POST", path, {"from": other}, once=_key(step))

    async def _reads(self, step: Step) -> None:
        await (await self._visitor(step.person)).read_everything()

    async def _visitor(self, person: Person) -> Visitor:
        if person.anonymous:
            return await self._stranger(person)
        known = self._visits.get(person.key)
        if known is None or known[1] + _VISIT_LASTS < self._clock():
            chat = self._notebook.notes.chats[person.inbox]
            facts = {"key": person.key, "name": person.name, "locale": person.locale}
            proof = doors.proof_of(
                facts, inbox_id=chat["id"], secret=chat["secret"], now=self._clock()
            )
            known = await self._visit(person, proof), self._clock()
            self._visits[person.key] = known
        return known[0]

    async def _stranger(self, person: Person) -> Visitor:
        """Known again by nothing but the token that their browser keeps."""
        strangers = self._notebook.notes.strangers
        if kept := strangers.get(person.key):
            return doors.returned(self._admin.client, self._chat_url(person), **kept)
        visitor = await self._visit(person, None)
        kept = {"token": visitor.token, "contact_point": visitor.contact_point}
        await self._notebook.change(strangers={**strangers, person.key: kept})
        return visitor

    async def _visit(self, person: Person, proof: str | None) -> Visitor:
        return await doors.visit(
            self._admin.client, self._chat_url(person), proof=proof, locale=person.locale
        )

    def _chat_url(self, person: Person) -> str:
        return f"{self._admin.base}/chat/{self._notebook.notes.chats[person.inbox]['id']}/"

    async def _customer(self, person: Person) -> str:
        if person.key not in self._customers and person.channel != CHAT:
            self._customers[person.key] = await self._callers.customer(person, person.channel)
        if person.key not in self._customers:
            visitor = await self._visitor(person)
            found = await self._admin.call(
                "GET", "/api/v1/customers", contact_point=visitor.contact_point
            )
            self._customers[person.key] = found["items"][0]["id"]
        return self._customers[person.key]

    async def _conversation(self, person: Person) -> str:
        path = f"/api/v1/customers/{await self._customer(person)}/timeline"
        entries = (await self._admin.call("GET", path, limit="20"))["items"]
        ids = (one["conversation_id"] for one in reversed(entries))
        return str(next(one for one in ids if one))

    async def _colleague(self, key: str) -> Api:
        if key not in self._colleagues:
            self._colleagues[key] = await doors.sign_in(
                self._admin.client,
                self._admin.base,
                email=self._script.colleagues[key].email,
                password=self._notebook.notes.passwords[key],
            )
        return self._colleagues[key]

    async def _operator_id(self, key: str) -> str:
        return str((await (await self._colleague(key)).call("GET", "/api/v1/me"))["id"])


def _key(step: Step) -> str:
    return f"demo-{step.person.key}-{step.number}"
