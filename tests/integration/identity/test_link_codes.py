"""A code that comes back from another channel joins its sender to the customer, once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from hub.customers import link_codes
from hub.customers.link_codes import POINT_TRIES, Issued, Wish, new_code
from hub.errors import Invalid
from hub.ports import Proof
from tests.integration.identity.people import People


async def issue(people: People, customer_id: UUID, wish: Wish | None = None) -> Issued:
    async with people.database.transaction() as session:
        return await link_codes.issue(
            session,
            customer_id,
            wish or Wish("fake"),
            by=("operator", people.operator_id),
            now=people.clock(),
        )


async def says(people: People, inbox: UUID, name: str, words: str, **more: object) -> UUID:
    facts = {"proof": Proof.PROVIDER, **more}
    await people.writes(inbox, name, words, **facts)
    return (await people.contact(name)).root_id


async def test_a_code_leads_the_conversation_to_where_it_came_from(people: People) -> None:
    shop = await people.inbox(None)
    olga = await people.operator("vera")
    home = await people.contact("anna")
    anna = await says(people, shop, "anna", "good day")
    code = (await issue(people, anna)).code
    people.clock.turn(minutes=5)
    assert await says(people, shop, "telegram-anna", f"/start {code}") == anna
    assert await people.words(anna) == ["good day", f"/start {code}"]
    [conversation] = await people.conversations()
    sent = await people.sends(home, olga, "here we go on")
    new = await people.contact("telegram-anna")
    assert [one.contact_point_id for one in sent.deliveries] == [new.contact_point_id]
    assert sent.conversation_id == conversation.id
    [edge] = await people.execute("SELECT * FROM identity_edges WHERE act = 'merge'")
    assert (edge.evidence, edge.by_kind) == ("link-code", "inbox")
    [told] = await people.acts(anna)
    assert (told["activity"], told["evidence"]) == ("customer.merged", "link-code")
    [line] = await people.execute("SELECT action, object_id FROM audit")
    assert (line.action, line.object_id) == ("customer.merged", anna)
    # And undone like any other.
    await people.undo(anna, edge.id)
    assert await people.words(anna) == ["good day"]


async def test_the_payload_of_a_deep_link_counts(people: People) -> None:
    shop, home = await people.inbox(None), await people.contact("anna")
    code = (await issue(people, home.root_id)).code
    assert await says(people, shop, "b", "Start", data={"start": code}) == home.root_id


async def test_a_code_counts_once_until_it_expires_and_in_its_channel(people: People) -> None:
    shop, home = await people.inbox(None), await people.contact("anna")
    code = (await issue(people, home.root_id)).code
    assert await says(people, shop, "first", code) == home.root_id
    assert await says(people, shop, "second", code) != home.root_id

    late = await issue(people, home.root_id, Wish("fake", lasts=timedelta(minutes=1)))
    people.clock.turn(minutes=1)
    assert await says(people, shop, "third", late.code) != home.root_id

    other = await people.inbox(None)
    bound = await issue(people, home.root_id, Wish("fake", inbox_id=other))
    assert await says(people, shop, "fourth", bound.code) != home.root_id
    assert await says(people, other, "fifth", bound.code) == home.root_id


async def test_two_who_send_a_code_at_once_are_not_both_the_customer(people: People) -> None:
    shop, home = await people.inbox(None), await people.contact("anna")
    code = (await issue(people, home.root_id)).code
    roots = await asyncio.gather(*(says(people, shop, f"x{n}", code) for n in range(4)))
    assert roots.count(home.root_id) == 1


async def test_a_code_of_a_merged_customer_leads_to_who_they_are_now(people: People) -> None:
    shop, one, two = (
        await people.inbox(None),
        await people.contact("anna"),
        await people.contact("petrova"),
    )
    code = (await issue(people, two.root_id)).code
    await people.merge(one.root_id, two.root_id)
    assert await says(people, shop, "new", code) == one.root_id


async def test_an_unproven_sender_spends_the_code_and_is_nobody_new(people: People) -> None:
    """A From that anybody can write must not bring somebody else's mailbox along."""
    shop, home = await people.inbox(None), await people.contact("anna")
    code = (await issue(people, home.root_id)).code
    assert await says(people, shop, "forged", code, proof=Proof.NONE) != home.root_id
    assert await says(people, shop, "honest", code) != home.root_id
    [row] = await people.execute("SELECT used_by, edge_id FROM link_codes")
    assert row.edge_id is None
    assert row.used_by == (await people.contact("forged")).contact_point_id


async def test_guessing_is_counted_and_then_in_vain(people: People) -> None:
    shop, home = await people.inbox(None), await people.contact("anna")
    for _ in range(POINT_TRIES):
        await says(people, shop, "guesser", new_code())
    code = (await issue(people, home.root_id)).code
    assert await says(people, shop, "guesser", code) != home.root_id
    # Somebody else's tries count for nothing, and an hour later the guesser may try again.
    assert await says(people, shop, "honest", code) == home.root_id
    code = (await issue(people, home.root_id, Wish("fake", lasts=timedelta(hours=3)))).code
    people.clock.turn(hours=1, seconds=1)
    assert await says(people, shop, "guesser", code) == home.root_id
    async with people.database.transaction() as session:
        await link_codes.sweep(session, people.clock() + timedelta(hours=2))
    assert await people.execute("SELECT 1 FROM link_code_tries") == []


async def test_only_the_hash_is_kept_and_the_link_is_the_inboxs(people: People) -> None:
    shop, home = await people.inbox(None), await people.contact("anna")
    await people.execute(
        "INSERT INTO channel_state (inbox_id, key, value) VALUES (:inbox, 'entry', "
        '\'{"template": "https://t.me/shop_bot?start={code}"}\')',
        inbox=shop,
    )
    issued = await issue(people, home.root_id)
    assert issued.link == f"https://t.me/shop_bot?start={issued.code}"
    [row] = await people.execute("SELECT to_jsonb(l)::text AS words FROM link_codes l")
    assert issued.code not in row.words
    assert issued.code.split("-")[1] not in row.words


async def test_a_code_nobody_could_send_is_refused(people: People) -> None:
    home = await people.contact("anna")
    with pytest.raises(Invalid):
        await issue(people, home.root_id)
    await people.inbox(None)
    for wish in (Wish("fake", purpose="x"), Wish("fake", lasts=timedelta(days=8)), Wish("sms")):
        with pytest.raises(Invalid):
            await issue(people, home.root_id, wish)
