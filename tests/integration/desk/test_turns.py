"""Who gets what opens: the owner, else a team, in turn, up to what each has room for."""

import asyncio

from hub.conversations import update
from hub.conversations.status import Patch
from hub.db import kept_settings
from hub.db.engine import Database
from hub.desk import routing
from tests.integration.desk.office import Office


async def test_what_opens_goes_to_the_owner_as_the_company_wants(office: Office) -> None:
    inbox = await office.inbox(None)
    anna, boris = await office.operator("anna"), await office.operator("boris")
    await office.team(inbox, boris)
    await office.comes(boris)
    for wish, customer, has in [
        ("active", "one", "anna"),
        ("present", "two", "boris"),
        ("off", "three", "boris"),
    ]:
        home = await office.contact(customer)
        await office.execute(
            "UPDATE customers SET owner_id = :owner WHERE id = :id",
            owner=anna.id,
            id=home.root_id,
        )
        # Only a fact of the team: an inbox of a team hides from whoever is in none of them.
        await office.execute("DELETE FROM team_members WHERE operator_id = :id", id=anna.id)
        await office.execute(
            "INSERT INTO team_members (team_id, operator_id) SELECT id, :id FROM teams",
            id=anna.id,
        )
        async with office.database.transaction() as session:
            await kept_settings.lock(session, routing.SETTINGS, office.clock())
            await kept_settings.store(session, routing.SETTINGS, {"owners": wish})
        await office.writes(inbox, customer, "Hello")
        await office.route()
        await office.hand_out()
        assert (await office.whose())[customer] == has, wish
    assert (await office.told("owner"), await office.told("round-robin")) == (1, 2)
    # An owner who may not see the inbox gets nothing of it.
    await office.execute("DELETE FROM team_members WHERE operator_id = :id", id=anna.id)
    async with office.database.transaction() as session:
        await kept_settings.lock(session, routing.SETTINGS, office.clock())
        await kept_settings.store(session, routing.SETTINGS, {"owners": "active"})
    home = await office.contact("four")
    await office.execute(
        "UPDATE customers SET owner_id = :owner WHERE id = :id", owner=anna.id, id=home.root_id
    )
    await office.writes(inbox, "four", "Hello")
    await office.route()
    await office.hand_out()
    assert (await office.whose())["four"] == "boris"


async def test_a_team_takes_turns_up_to_its_room_and_the_rest_waits(office: Office) -> None:
    inbox = await office.inbox(None)
    anna, boris, clara = [await office.operator(name) for name in ("anna", "boris", "clara")]
    await office.team(inbox, anna, boris, clara, capacity=2)
    await office.execute("UPDATE operators SET capacity = 0 WHERE id = :id", id=clara.id)
    for one in (anna, boris, clara):
        await office.comes(one)
    await office.comes(boris, "away")
    for number in range(3):
        await office.writes(inbox, f"c{number}", "Hello")
        office.time.turn(seconds=1)
    await office.route()
    assert await office.hand_out() == 1
    assert await office.whose() == {"c0": "anna", "c1": "anna", "c2": ""}, "one is away"

    await office.comes(boris, "viewing")
    assert await office.hand_out() == 0, "not before its time"
    office.time.turn(seconds=5)
    assert await office.hand_out() == 1
    assert await office.whose() == {"c0": "anna", "c1": "anna", "c2": "boris"}

    await office.writes(inbox, "c3", "Hello")
    await office.writes(inbox, "c4", "Hello")
    await office.route()
    await office.hand_out()
    assert list((await office.whose()).values()).count("") == 1, "all are full"
    [first, *_] = await office.conversations()
    async with office.database.transaction() as session:
        await update.update(
            session, first.id, Patch(status="closed"), by=update.HUB, now=office.clock()
        )
    office.time.turn(seconds=5)
    await office.hand_out()
    assert "" not in (await office.whose()).values(), "somebody got room"
    assert await office.told("round-robin") == 5
    assert await office.hand_out() == 0
    assert await office.next_ready() is None, "nothing is left to look at"


async def test_one_that_comes_back_unanswered_is_handed_out_again(office: Office) -> None:
    inbox = await office.inbox(None)
    anna = await office.operator("anna")
    team = await office.team(inbox, anna, routing="by-hand")
    await office.comes(anna)
    await office.writes(inbox, "c", "Hello")
    await office.route()
    assert await office.hand_out() == 0
    [row] = await office.conversations()
    assert (row.team_id, row.assignee_id) == (None, None), "by hand nothing happens of itself"
    await office.execute("UPDATE teams SET routing = 'round-robin' WHERE id = :id", id=team)
    async with office.database.transaction() as session:
        patch = Patch(status="closed")
        await update.update(session, row.id, patch, by=update.HUB, now=office.clock())
        await update.update(
            session, row.id, Patch(status="open"), by=update.HUB, now=office.clock()
        )
    await office.route()
    await office.hand_out()
    assert await office.whose() == {"c": "anna"}


async def test_two_nodes_give_nobody_more_than_they_have_room_for(
    office: Office, database_url: str
) -> None:
    """Three teams share two people; two nodes hand out all three at once."""
    anna, boris = await office.operator("anna"), await office.operator("boris")
    for name in ("a", "b", "c"):
        inbox = await office.inbox(None, name=name)
        await office.team(inbox, anna, boris, capacity=4)
        for number in range(5):
            await office.writes(inbox, f"{name}{number}", "Hello")
    await office.route()
    await office.comes(anna)
    await office.comes(boris)
    async with Database.open(database_url) as second:
        for _ in range(3):
            await asyncio.gather(office.hand_out(), office.hand_out(second), office.route())
            office.time.turn(seconds=5)
    had = list((await office.whose()).values())
    assert (had.count("anna"), had.count("boris"), had.count("")) == (4, 4, 7)
    assert await office.told("round-robin") == 8, "one line each"
