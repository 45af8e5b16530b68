"""An address the provider vouches for goes to whom it vouches for, and takes nobody along."""

from hub.conversations.draft import Author
from hub.conversations.inbound import proving
from hub.conversations.merging import adding
from hub.conversations.merging.by import By
from hub.customers.identify import Home
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Address
from tests.integration.identity.people import People


async def prove(people: People, home: Home, value: str) -> None:
    shop = InboxRef(await people.inbox(None), "fake", "shop", "main")
    async with people.database.transaction() as session:
        address = Address("fake", value)
        await proving.prove(session, shop, address, home.root_id, people.clock())


async def add(people: People, home: Home, value: str, kind: str) -> None:
    author = Author("operator" if kind == "operator" else "integration", None, "Shop")
    async with people.database.transaction() as session:
        await adding.add(session, home.root_id, ("fake", value), By(author, people.clock()))


async def values(people: People, home: Home) -> list[str]:
    shown = await people.get(home.root_id)
    return sorted(point["value"] for point in shown["contact_points"])


async def test_an_unknown_or_lonely_address_comes_along(people: People) -> None:
    anna, phone = await people.contact("anna"), await people.contact("phone")
    await prove(people, anna, "new")
    await prove(people, anna, "phone")
    assert await values(people, anna) == ["anna", "new", "phone"]
    assert await people.root(phone.root_id) == anna.root_id


async def test_a_shops_word_does_not_make_one_of_two_people(people: People) -> None:
    """Boris's number was noted wrongly for a customer of the shop: he proves it is his."""
    client, boris = await people.contact("client"), await people.contact("boris")
    await add(people, client, "phone", "integration")
    await prove(people, boris, "phone")
    assert await values(people, client) == ["client"]
    assert await values(people, boris) == ["boris", "phone"]


async def test_what_an_operator_wrote_down_is_believed(people: People) -> None:
    client, boris = await people.contact("client"), await people.contact("boris")
    await add(people, client, "phone", "operator")
    await prove(people, boris, "phone")
    assert await values(people, client) == ["boris", "client", "phone"]
    assert await people.root(boris.root_id) == client.root_id
