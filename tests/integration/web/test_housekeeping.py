"""What is swept, and what stays."""

from sqlalchemy import text

from hub.operators import lockout, setup_links
from hub.operators.access import Role, Scope
from hub.web import housekeeping
from tests.integration.web.conftest import World

COUNTS = text("""
    SELECT (SELECT count(*) FROM idempotent_calls) AS answers,
           (SELECT count(*) FROM sign_in_failures) AS failures,
           (SELECT count(*) FROM sign_ins) AS sign_ins,
           (SELECT count(*) FROM setup_links) AS links
""")


async def leave_traces(world: World):
    program = await world.as_token(Scope.ADMIN)
    await program.post("/api/v1/teams", json={"name": "A"}, headers={"Idempotency-Key": "one"})
    await world.as_role(Role.OPERATOR)
    me = await world.operator(Role.READER)
    async with world.database.transaction() as session:
        await lockout.begin_try(session, [lockout.account_key("a@example.com")], world.clock())
        await setup_links.invite(session, me, world.clock())


async def counts(world: World):
    async with world.database.transaction() as session:
        await housekeeping.sweep(session, world.clock())
        return tuple((await session.execute(COUNTS)).one())


async def test_what_counts_no_more_is_removed(world: World):
    await leave_traces(world)
    assert await counts(world) == (1, 1, 1, 1)
    world.clock.move(days=1)
    assert await counts(world) == (0, 0, 1, 1)
    world.clock.move(days=32)
    assert await counts(world) == (0, 0, 1, 0)
    world.clock.move(days=27)
    assert await counts(world) == (0, 0, 0, 0)
