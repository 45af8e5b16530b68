"""Second factors: enrolled, asked for, never twice, throttled, demanded of all, taken away."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.cli import operators as cli_operators
from hub.cli import secrets as cli_secrets
from hub.crypto import Keyring
from hub.installation import Installation
from hub.operators import setup_links, totp
from hub.operators.access import Role
from tests.integration.web.conftest import PASSWORD, Client, World

ME = "/api/v1/me/second-factor"


@dataclass
class Person:
    """Somebody with an app: in a browser where it was set up."""

    world: World
    id: UUID
    email: str
    browser: Client
    secret: str
    recovery: list[str]

    def code(self, drift: int = 0) -> str:
        return totp.code_of(self.secret, totp.step_of(self.world.clock()) + drift)

    async def half_way(self, email: str = "") -> Client:
        """A new browser after the first step."""
        browser = await self.world.client()
        form = {"email": email or self.email, "password": PASSWORD}
        answer = await browser.post("/sign-in", data=form, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in/code")
        return browser


async def try_code(browser: Client, code: str) -> int:
    answer = await browser.post("/sign-in/code", data={"code": code}, allow_redirects=False)
    return answer.status


async def is_in(browser: Client) -> bool:
    return (await browser.get("/api/v1/me")).status == 200


async def enrol(world: World, role: Role = Role.OPERATOR) -> Person:
    one = await world.operator(role)
    browser = await world.as_operator(one)
    begun = await (await browser.post(ME, json={"password": PASSWORD})).json()
    person = Person(world, one, f"{role}@example.com", browser, begun["secret"], [])
    done = await browser.post(f"{ME}/confirm", json={"code": person.code()})
    assert done.status == 200, await done.text()
    person.recovery = (await done.json())["recovery_codes"]
    world.clock.move(seconds=60)
    return person


async def test_enrolling_takes_the_password_and_a_first_code(world: World):
    one = await world.operator()
    browser, elsewhere = await world.as_operator(one), await world.as_operator(one)
    assert (await browser.post(ME, json={"password": "wrong wrong wrong"})).status == 422
    begun = await browser.post(ME, json={"password": PASSWORD})
    secret = (await begun.json())["secret"]
    assert (await begun.json())["picture"].startswith("data:image/svg+xml")
    # Begun is not confirmed: nothing is asked for yet.
    assert (await (await browser.get(ME)).json())["confirmed_at"] is None
    assert (await browser.post(f"{ME}/confirm", json={"code": "000000x"})).status == 422
    right = {"code": totp.code_of(secret, totp.step_of(world.clock()))}
    done = await browser.post(f"{ME}/confirm", json=right)
    assert len((await done.json())["recovery_codes"]) == 10
    standing = await (await browser.get(ME)).json()
    assert standing["confirmed_at"]
    assert (standing["recovery_codes"], standing["demanded"]) == (10, False)
    assert (await browser.post(ME, json={"password": PASSWORD})).status == 409
    assert (await browser.post(f"{ME}/confirm", json=right)).status == 409
    # Browsers that came in without it are out.
    assert await is_in(browser)
    world.clock.move(seconds=3)
    assert not await is_in(elsewhere)


async def test_a_first_code_cannot_be_guessed_nor_come_late(world: World):
    browser = await world.as_operator(await world.operator())
    begun = await (await browser.post(ME, json={"password": PASSWORD})).json()

    async def confirms(code: str) -> int:
        return (await browser.post(f"{ME}/confirm", json={"code": code})).status

    assert [await confirms("000000x") for _ in range(6)] == [422] * 5 + [429]
    world.clock.move(minutes=15)
    assert await confirms(totp.code_of(begun["secret"], totp.step_of(world.clock()))) == 409
    begun = await (await browser.post(ME, json={"password": PASSWORD})).json()
    world.clock.move(minutes=14)
    assert await confirms(totp.code_of(begun["secret"], totp.step_of(world.clock()))) == 200


async def test_nothing_of_it_is_stored_as_it_is(world: World):
    person = await enrol(world)
    async with world.database.reading() as session:
        factor = (await session.execute(text("SELECT secret FROM second_factors"))).scalar_one()
        hashes = (await session.scalars(text("SELECT code_hash FROM recovery_codes"))).all()
    assert person.secret not in factor
    assert world.services.keyring.decrypt(factor) == person.secret
    assert all(totp.tidy(code).encode() not in hashes for code in person.recovery)


async def test_signing_in_takes_both_and_a_code_holds_once(world: World):
    person = await enrol(world)
    browser = await person.half_way()
    assert not await is_in(browser)
    assert (await browser.get("/", allow_redirects=False)).headers["Location"] == "/sign-in"
    assert (await browser.get("/sign-in/code")).status == 200
    code = person.code()
    assert await try_code(browser, "000000" if code != "000000" else "111111") == 422
    assert await try_code(browser, code) == 303
    assert await is_in(browser)
    # Seen over the shoulder, the same code and the one before it open nothing.
    thief = await person.half_way()
    assert await try_code(thief, code) == 422
    assert await try_code(thief, person.code(-1)) == 422
    assert not await is_in(thief)
    world.clock.move(seconds=30)
    assert await try_code(thief, person.code()) == 303


async def test_of_eight_with_one_code_at_once_one_is_let_in(world: World):
    person = await enrol(world)
    browsers = [await person.half_way() for _ in range(8)]
    code = person.code()
    statuses = await asyncio.gather(*(try_code(one, code) for one in browsers))
    assert statuses.count(303) == 1, statuses
    assert [await is_in(one) for one in browsers] == [status == 303 for status in statuses]


async def test_without_the_first_step_there_is_no_second(world: World):
    person = await enrol(world)
    stranger = await world.client()
    assert (await stranger.get("/sign-in/code", allow_redirects=False)).status == 303
    tickets = ["", "x", "..", f"{person.id}.99999999999.forged", f"{person.id}.x.y"]
    for ticket in tickets:
        forger = await world.client(cookies={"besedka-step": ticket})
        answer = await forger.post(
            "/sign-in/code", data={"code": person.code()}, allow_redirects=False
        )
        assert answer.headers["Location"] == "/sign-in", ticket
        assert not await is_in(forger)


@pytest.mark.parametrize("change", ["time", "password", "disabled"])
async def test_a_ticket_is_worth_nothing_after(world: World, change: str):
    person = await enrol(world)
    browser = await person.half_way()
    if change == "time":
        world.clock.move(minutes=5)
    column = {"password": "password_hash = 'x'", "disabled": "disabled_at = now()"}.get(change)
    if column:
        async with world.database.transaction() as session:
            await session.execute(text(f"UPDATE operators SET {column}"))  # noqa: S608
    answer = await browser.post(
        "/sign-in/code", data={"code": person.code()}, allow_redirects=False
    )
    assert answer.headers["Location"] == "/sign-in"
    assert not await is_in(browser)


async def test_a_recovery_code_stands_in_once(world: World):
    person = await enrol(world)
    spent = person.recovery[0].upper().replace("-", " ")
    assert await try_code(await person.half_way(), spent) == 303
    assert await try_code(await person.half_way(), spent) == 422
    assert (await (await person.browser.get(ME)).json())["recovery_codes"] == 9
    made = await person.browser.post(
        f"{ME}/recovery-codes", json={"password": PASSWORD, "code": person.recovery[1]}
    )
    fresh = (await made.json())["recovery_codes"]
    assert await try_code(await person.half_way(), person.recovery[2]) == 422
    assert await try_code(await person.half_way(), fresh[2]) == 303


async def test_guessing_codes_is_locked_for_a_growing_time(world: World):
    person = await enrol(world)
    browser = await person.half_way()
    wrong = "nonono"
    assert [await try_code(browser, wrong) for _ in range(6)] == [422] * 5 + [429]
    # The right password does not begin the count anew, and the right code waits as well.
    assert await try_code(await person.half_way(), person.code()) == 429
    world.clock.move(seconds=31)
    assert await try_code(await person.half_way(), person.code()) == 303


async def test_a_borrowed_browser_does_not_take_it_away(world: World):
    person = await enrol(world)
    good = {"password": PASSWORD, "code": person.code()}
    for bad in [{**good, "password": "wrong wrong wrong"}, {**good, "code": "nonono"}]:
        for path in ["remove", "recovery-codes"]:
            assert (await person.browser.post(f"{ME}/{path}", json=bad)).status == 422
    assert (await person.browser.post(f"{ME}/remove", json=good)).status == 204
    browser = await world.client()
    form = {"email": person.email, "password": PASSWORD}
    answer = await browser.post("/sign-in", data=form, allow_redirects=False)
    assert answer.headers["Location"] == "/"


async def test_a_new_password_by_link_does_not_step_around_it(world: World):
    person = await enrol(world)
    async with world.database.transaction() as session:
        token = await setup_links.invite(session, person.id, world.clock())
    browser = await world.client()
    form = {"password": "quite another sentence"}
    answer = await browser.post(f"/setup/{token}", data=form, allow_redirects=False)
    assert answer.headers["Location"] == "/sign-in/code"
    assert not await is_in(browser)
    assert await try_code(browser, person.code()) == 303


async def test_an_administrator_helps_who_has_lost_all(world: World):
    person = await enrol(world)
    boss = await world.as_role(Role.ADMINISTRATOR)
    shown = (await (await boss.get("/api/v1/operators")).json())["items"]
    assert {one["id"]: one["second_factor"] for one in shown}[str(person.id)] is True
    seen = (await (await person.browser.get("/api/v1/operators")).json())["items"]
    assert all(one["second_factor"] is None for one in seen if "second_factor" in one)
    path = f"/api/v1/operators/{person.id}/second-factor"
    assert (await boss.delete(path)).status == 204
    audit = (await (await boss.get("/api/v1/audit")).json())["items"]
    assert (audit[0]["action"], audit[0]["object"]["id"]) == (
        "second_factor.removed",
        str(person.id),
    )
    world.clock.move(seconds=3)
    assert not await is_in(person.browser)
    browser = await world.client()
    form = {"email": person.email, "password": PASSWORD}
    answer = await browser.post("/sign-in", data=form, allow_redirects=False)
    assert answer.headers["Location"] == "/"


async def test_the_last_administrator_is_helped_from_the_machine(world: World):
    person = await enrol(world, Role.ADMINISTRATOR)
    services = world.services
    at = Installation(services.settings, services.keyring, world.database)
    facts = await cli_operators.take_away(at, person.email.upper())
    assert facts == {"id": person.id, "removed": True}
    assert (await cli_operators.take_away(at, person.email))["removed"] is False


async def test_when_it_is_demanded_nothing_else_is_possible_before(world: World):
    boss = await enrol(world, Role.ADMINISTRATOR)
    worker = await world.as_role(Role.OPERATOR)
    rules = "/api/v1/settings/sign-in"
    on = await boss.browser.patch(rules, json={"second_factor": True})
    assert await on.json() == {"second_factor": True}
    world.clock.move(seconds=3)
    for path in ["customers", "notifications", "operators", "search?q=a", "me/sign-ins"]:
        answer = await worker.get(f"/api/v1/{path}")
        assert (answer.status, (await answer.json())["code"]) == (403, "second-factor-missing")
    live = await worker.get("/api/v1/live", headers={"Origin": world.origin})
    assert live.status in {400, 403}
    me = await (await worker.get("/api/v1/me")).json()
    assert (me["confined"], me["scopes"]) == (True, [])
    begun = await (await worker.post(ME, json={"password": PASSWORD})).json()
    code = totp.code_of(begun["secret"], totp.step_of(world.clock()))
    assert (await worker.post(f"{ME}/confirm", json={"code": code})).status == 200
    assert (await worker.get("/api/v1/customers")).status == 200
    assert (await boss.browser.get("/api/v1/customers")).status == 200


async def test_who_demands_it_has_it(world: World):
    boss = await world.as_role(Role.ADMINISTRATOR)
    refused = await boss.patch("/api/v1/settings/sign-in", json={"second_factor": True})
    assert (refused.status, (await refused.json())["code"]) == (409, "own-second-factor")
    assert (await (await boss.get("/api/v1/settings/sign-in")).json())["second_factor"] is False


async def test_secrets_are_renewed_with_the_key(world: World):
    person = await enrol(world)
    services = world.services
    turned = Keyring("another secret", "a secret for tests")
    at = Installation(services.settings, turned, world.database)
    assert (await cli_secrets.renew(at))["renewed"] == 1
    async with world.database.reading() as session:
        factor = (await session.execute(text("SELECT secret FROM second_factors"))).scalar_one()
    assert Keyring("another secret").decrypt(factor) == person.secret
    assert (await cli_secrets.renew(at))["renewed"] == 0


async def test_sign_ins_are_ended_one_by_one_all_others_or_by_an_administrator(world: World):
    one, boss = await world.operator(), await world.as_role(Role.ADMINISTRATOR)
    here, *others = [await world.as_operator(one) for _ in range(4)]
    items = (await (await here.get("/api/v1/me/sign-ins")).json())["items"]
    assert [item["current"] for item in items].count(True) == 1
    ended = next(item["id"] for item in items if not item["current"])
    assert (await here.delete(f"/api/v1/me/sign-ins/{ended}")).status == 204
    # Another's is not theirs to end.
    assert (await boss.delete(f"/api/v1/me/sign-ins/{items[0]['id']}")).status == 404
    assert sum([await is_in(each) for each in others]) == 2
    assert (await here.delete("/api/v1/me/sign-ins")).status == 204
    world.clock.move(seconds=3)
    assert [await is_in(each) for each in (here, *others)] == [True, False, False, False]
    assert (await boss.delete(f"/api/v1/operators/{one}/sign-ins")).status == 204
    world.clock.move(seconds=3)
    assert (await is_in(here), await is_in(boss)) == (False, True)
    audit = (await (await boss.get("/api/v1/audit")).json())["items"]
    assert [record["action"] for record in audit[:2]] == ["operator.signed_out"] * 2
