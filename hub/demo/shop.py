"""The demo's shop system: it owns its orders, and tells the hub of every change over the API."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.demo.doors import Api, DoorClosed, Json
from hub.demo.notebook import Notebook
from hub.demo.stories import Person
from hub.demo.twins import SCHEMES

NEXT: Mapping[str, tuple[str, ...]] = {
    "confirmed": ("packed", "delayed", "cancelled"),
    "delayed": ("packed", "cancelled"),
    "packed": ("shipped",),
    "shipped": ("delivered",),
}
"""Where an order can go from its status."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An order in the shop's book."""

    person: Person
    number: str
    status: str
    version: int

    @property
    def next(self) -> tuple[str, ...]:
        return NEXT.get(self.status, ())


class Shop:
    """`api` holds the shop's token; its book is kept in the demo's notes."""

    def __init__(self, api: Api, notebook: Notebook, people: Mapping[str, Person]) -> None:
        self._api = api
        self._notebook = notebook
        self._people = {one.order["number"]: one for one in people.values() if one.order}

    def orders(self) -> list[Kept]:
        """All that have been placed, the newest number first."""
        return [self.order(number) for number in sorted(self._notebook.notes.orders, reverse=True)]

    def order(self, number: str) -> Kept:
        """Raises KeyError when nobody has placed it."""
        return Kept(self._people[number], number, **self._notebook.notes.orders[number])

    async def move(self, number: str, status: str) -> Json:
        """Set the order's status, here and in the hub; returns the hub's answer."""
        known = self._notebook.notes.orders.get(number, {"version": 0})
        version = known["version"] + 1
        try:
            told = await self._push(number, status, version)
        except DoorClosed as refused:
            # Killed between telling the hub and noting it: that version is taken.
            if refused.status != 409:
                raise
            version += 1
            told = await self._push(number, status, version)
        book = {**self._notebook.notes.orders, number: {"status": status, "version": version}}
        await self._notebook.change(orders=book)
        return told

    async def _push(self, number: str, status: str, version: int) -> Json:
        person = self._people[number]
        order = dict(person.order or {})
        body: Json = {
            **order,
            "status": status,
            "version": version,
            "customer": {
                "contact_point": self._contact_point(person),
                "name": person.name,
                "locale": person.locale,
            },
        }
        if status == "shipped":
            body["tracking_url"] = f"https://parcels.example/{number}"
        return await self._api.call("PUT", f"/api/v1/orders/{number}", body)

    def _contact_point(self, person: Person) -> str:
        """Where the shop knows this customer to be reached."""
        if person.channel in SCHEMES:
            return f"{SCHEMES[person.channel]}:{person.addresses[person.channel]}"
        return f"webchat:{self._notebook.notes.chats[person.inbox]['id']}/u/{person.key}"
