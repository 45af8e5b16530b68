"""Signing in with the company's provider: who comes in, as whom, and every way to cheat."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import text

from hub.cli import secrets as cli_secrets
from hub.crypto import Keyring
from hub.installation import Installation
from hub.operators.access import Role, Scope
from hub.settings import Settings
from hub.web.html.oidc import JOURNEYS
from tests.integration.web.conftest import PASSWORD, Client, Clock, World
from tests.integration.web.provider import CLIENT, SECRET, Provider, provider
from tests.integration.web.test_second_factor import enrol

ANNA = {"sub": "248289761001", "email": "Operator@example.com", "email_verified": True}
BACK = "/sign-in/oidc/back"


@pytest.fixture
def settings() -> Settings:
    return Settings(allow_hosts="127.0.0.0/8")  # type: ignore[arg-type]


@pytest.fixture
async def there(clock: Clock) -> AsyncIterator[Provider]:
    async with provider(clock) as made:
        yield made


async def connect(world: World, there: Provider, **more: object) -> Client:
    boss = await world.as_role(Role.ADMINISTRATOR)
    body = {
        "issuer": there.issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "password": PASSWORD,
        **more,
    }
    answer = await boss.patch("/api/v1/settings/oidc", json=body)
    assert answer.status == 200, await answer.text()
    return boss


async def set_out(browser: Client) -> str:
    answer = await browser.get("/sign-in/oidc", allow_redirects=False)
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"]


async def come(browser: Client, there: Provider, person: dict[str, Any], **more: str) -> str:
    """Where the browser is sent after the journey, or what the page says."""
    brought = {**there.approve(await set_out(browser), person), **more}
    answer = await browser.get(BACK, params=brought, allow_redirects=False)
    if answer.status == 303:
        return answer.headers["Location"]
    assert answer.status in {401, 503}
    return await answer.text()


async def who(browser: Client) -> str | None:
    answer = await browser.get("/api/v1/me")
    return (await answer.json())["email"] if answer.status == 200 else None


async def test_an_operator_is_found_by_a_verified_address_and_then_by_the_providers_name(
    world: World, there: Provider
):
    await world.operator()
    boss = await connect(world, there, label="Sign in with Example")
    page = await (await (await world.client()).get("/sign-in")).text()
    assert "Sign in with Example" in page
    browser = await world.client()
    assert await come(browser, there, ANNA) == "/"
    assert await who(browser) == "operator@example.com"
    # The address has changed over there: still the same person.
    again = await world.client()
    moved = {**ANNA, "email": "new-name@example.com", "email_verified": False}
    assert await come(again, there, moved) == "/"
    assert await who(again) == "operator@example.com"
    # And who has got the old address since is somebody else.
    heir = await world.client()
    assert "Nobody here" in await come(heir, there, {**ANNA, "sub": "another"})
    assert await who(heir) is None
    listed = (await (await boss.get("/api/v1/operators")).json())["items"]
    (anna,) = [one for one in listed if one["linked"]]
    assert (await boss.delete(f"/api/v1/operators/{anna['id']}/identities")).status == 204
    # What they came in with is over as well.
    world.clock.move(seconds=3)
    assert await who(browser) is None
    assert await come(await world.client(), there, {**ANNA, "sub": "another"}) == "/"


async def test_an_address_that_is_not_verified_finds_nobody(world: World, there: Provider):
    await world.operator()
    await connect(world, there, newcomers="administrator", domains=["example.com"])
    for verified in [False, None, "yes", 1, "false"]:
        browser = await world.client()
        said = await come(browser, there, {**ANNA, "email_verified": verified})
        assert "has not been verified" in said, verified
        assert await who(browser) is None


async def test_newcomers_come_in_only_where_they_may(world: World, there: Provider):
    boss = await connect(world, there)
    new = {"sub": "n", "email": "new@example.com", "email_verified": True, "name": "Ново Име"}
    assert "Nobody here" in await come(await world.client(), there, new)
    rules = {"newcomers": "reader", "domains": ["@Example.com"]}
    answer = await boss.patch("/api/v1/settings/oidc", json=rules)
    assert (await answer.json())["domains"] == ["example.com"]
    stranger = {**new, "sub": "s", "email": "new@evil-example.com"}
    assert "Nobody here" in await come(await world.client(), there, stranger)
    browser = await world.client()
    assert await come(browser, there, new) == "/"
    me = await (await browser.get("/api/v1/me")).json()
    assert (me["role"], me["name"]) == ("reader", "Ново Име")


async def test_who_is_disabled_stays_outside(world: World, there: Provider):
    one = await world.operator()
    await connect(world, there, newcomers="operator", domains=["example.com"])
    assert await come(await world.client(), there, ANNA) == "/"
    async with world.database.transaction() as session:
        sql = "UPDATE operators SET disabled_at = now() WHERE id = :id"
        await session.execute(text(sql), {"id": one})
    for person in [ANNA, {**ANNA, "sub": "other"}]:
        browser = await world.client()
        assert "Nobody here" in await come(browser, there, person)
        assert await who(browser) is None


def _none(claims: dict[str, Any]) -> str:
    parts = [{"alg": "none"}, claims]
    raw = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts]
    return b".".join([*raw, b""]).decode()


NOW = 1777798800  # 2026-05-03 09:00 UTC, the clock of these tests
LIES: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "another"},
    "audience": {"aud": "another-client"},
    "audiences": {"aud": [CLIENT, "another-client"]},
    "party": {"aud": [CLIENT, "x"], "azp": "x"},
    "issuer": {"iss": "https://accounts.evil.example"},
    "expired": {"exp": NOW - 61},
    "no end": {"exp": "tomorrow"},
    "old": {"iat": NOW - 700},
    "of tomorrow": {"iat": NOW + 3600},
    "nobody": {"sub": ""},
    "no name": {"sub": 7},
}


async def test_a_token_that_is_wrong_in_any_claim_lets_nobody_in(world: World, there: Provider):
    await world.operator()
    await connect(world, there)
    for name, claims in LIES.items():
        there.lies.claims = claims
        browser = await world.client()
        assert "did not work" in await come(browser, there, ANNA), name
        assert await who(browser) is None
    there.lies.claims = {}
    for missing in ["nonce", "aud", "iss", "exp", "iat", "sub"]:
        there.lies.without = {missing}
        assert "did not work" in await come(await world.client(), there, ANNA), missing
    there.lies.without = set()
    assert await come(await world.client(), there, ANNA) == "/"


async def test_a_token_that_somebody_else_signed_lets_nobody_in(world: World, there: Provider):
    await world.operator()
    await connect(world, there)
    other = RSAKey.generate_key(2048, auto_kid=False)
    shared = OctKey.import_key(SECRET)
    ways = {
        "none": _none,
        "another key": lambda claims: there.sign(claims, other),
        "our own secret": lambda claims: jwt.encode({"alg": "HS256"}, claims, shared),
        "rubbish": lambda _: "a.b.c",
        "nothing": lambda _: "",
        "too much": lambda _: "x" * 20_000,
    }
    for name, sign in ways.items():
        there.lies.sign = sign
        browser = await world.client()
        assert "did not work" in await come(browser, there, ANNA), name
        assert await who(browser) is None


async def test_an_answer_is_worth_something_to_the_browser_that_asked_and_once(
    world: World, there: Provider
):
    await world.operator()
    await connect(world, there)
    browser, thief = await world.client(), await world.client()
    location = await set_out(browser)
    brought = there.approve(location, ANNA)
    # Another browser, with no journey, and with one of its own.
    assert (await thief.get(BACK, params=brought)).status == 401
    await set_out(thief)
    assert (await thief.get(BACK, params=brought)).status == 401
    # The same browser with another state, another provider's answer, no code.
    for wrong in [{"state": "x"}, {"iss": "https://other.example"}, {"code": ""}]:
        other = await world.client()
        told = {**there.approve(await set_out(other), ANNA), **wrong}
        assert (await other.get(BACK, params=told)).status == 401, wrong
        assert await who(other) is None
    kept = {one.key: one.value for one in browser.session.cookie_jar}
    assert (await browser.get(BACK, params=brought, allow_redirects=False)).status == 303
    # The whole journey once more, cookie and all: the provider takes no code twice.
    replay = await world.client(cookies=kept)
    assert (await replay.get(BACK, params=brought)).status == 401
    assert there.refused == ["invalid_grant"]


async def test_a_journey_ends_after_a_while(world: World, there: Provider):
    await world.operator()
    await connect(world, there)
    browser = await world.client()
    brought = there.approve(await set_out(browser), ANNA)
    world.clock.move(minutes=10)
    assert (await browser.get(BACK, params=brought)).status == 401


async def test_the_second_factor_is_asked_for_unless_the_provider_vouches(
    world: World, there: Provider
):
    person = await enrol(world)
    boss = await connect(world, there)
    browser = await world.client()
    assert await come(browser, there, ANNA) == "/sign-in/code"
    assert await who(browser) is None
    answer = await browser.post(
        "/sign-in/code", data={"code": person.code()}, allow_redirects=False
    )
    assert answer.headers["Location"] == "/"
    await boss.patch("/api/v1/settings/oidc", json={"vouches": True, "password": PASSWORD})
    assert await come(await world.client(), there, ANNA) == "/"


async def test_whom_the_hub_believes_changes_with_proof_on_record_and_ends_sign_ins(
    world: World, there: Provider, clock: Clock
):
    await enrol(world)
    boss = await connect(world, there, vouches=True, domains=["example.com"])
    anna = await world.client()
    assert await come(anna, there, ANNA) == "/"

    async def change(**patch: object) -> tuple[int, str]:
        answer = await boss.patch("/api/v1/settings/oidc", json=patch)
        said = await answer.json()
        return answer.status, said["errors"][0]["field"] if answer.status == 422 else ""

    async with provider(clock) as other:
        assert await change(vouches=False) == (422, "password")
        for issuer in [other.issuer, ""]:
            assert await change(issuer=issuer) == (422, "password")
        assert await change(label="Example", newcomers=None) == (200, "")
        assert await change(domains=[], newcomers="reader") == (422, "domains")
        assert await who(anna) == "operator@example.com"
        assert await change(issuer=other.issuer, password=PASSWORD) == (200, "")
        kept = await (await boss.get("/api/v1/settings/oidc")).json()
        assert (kept["issuer"], kept["has_secret"], kept["vouches"]) == (
            other.issuer,
            False,
            False,
        )
    world.clock.move(seconds=3)
    assert await who(anna) is None
    async with world.database.reading() as session:
        traced = await session.scalar(
            text("SELECT detail FROM audit WHERE detail ? 'was' ORDER BY id DESC LIMIT 1")
        )
    assert traced["was"] == {"issuer": there.issuer, "vouches": True}
    assert traced["became"] == {"issuer": other.issuer, "vouches": False}


async def test_a_token_does_not_change_whom_the_hub_believes(world: World):
    machine = await world.as_token(Scope.ADMIN)
    answer = await machine.patch("/api/v1/settings/oidc", json={"vouches": True})
    assert answer.status == 403


async def test_an_address_may_come_from_userinfo_about_the_same_person(
    world: World, there: Provider
):
    await world.operator()
    await connect(world, there)
    there.lies.userinfo = {**ANNA, "sub": "somebody else"}
    assert "did not work" in await come(await world.client(), there, {"sub": "me"})
    there.lies.userinfo = {**ANNA, "sub": "me"}
    assert await come(await world.client(), there, {"sub": "me"}) == "/"


async def test_strangers_cannot_make_the_hub_call_the_provider_at_will(
    world: World, there: Provider
):
    await connect(world, there)
    statuses = []
    for _ in range(31):
        world.clock.move(seconds=2)  # Setting out is counted by itself, as it stands below.
        browser = await world.client()
        brought = there.approve(await set_out(browser), ANNA)
        there.grants.clear()
        statuses.append((await browser.get(BACK, params=brought)).status)
    assert statuses == [401] * 30 + [429]
    assert len(there.refused) == 30


async def test_who_sets_out_again_and_again_has_to_wait(world: World, there: Provider):
    await connect(world, there)
    browser = await world.client()
    for _ in range(JOURNEYS.count):
        await set_out(browser)
    answer = await browser.get("/sign-in/oidc", allow_redirects=False)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "2")
    world.clock.move(seconds=2)
    await set_out(browser)


async def test_settings_are_tried_kept_encrypted_and_never_shown(world: World, there: Provider):
    boss = await connect(world, there)
    shown = await (await boss.get("/api/v1/settings/oidc")).json()
    assert (shown["has_secret"], shown["redirect_uri"]) == (True, f"{world.origin}{BACK}")
    assert SECRET not in str(shown)
    async with world.database.reading() as session:
        kept = await session.scalar(text("SELECT value FROM kept_settings WHERE name = 'oidc'"))
    assert world.services.keyring.decrypt(kept["secret"]) == SECRET
    turned = Keyring("another secret", "a secret for tests")
    at = Installation(world.services.settings, turned, world.database)
    assert (await cli_secrets.renew(at))["renewed"] == 1
    nowhere = there.issuer.rpartition(":")[0] + ":9"
    for issuer in ["http://example.com", "javascript:alert(1)", "https://u:p@e.com", nowhere]:
        answer = await boss.patch("/api/v1/settings/oidc", json={"issuer": issuer})
        assert answer.status == 422, issuer
        assert (await answer.json())["errors"][0]["field"] == "issuer"
    there.lies.facts = {"issuer": "https://accounts.evil.example"}
    answer = await boss.patch("/api/v1/settings/oidc", json={"issuer": there.issuer})
    assert answer.status == 422
    there.lies.facts = {"token_endpoint": "http://plain.example.com/token"}
    answer = await boss.patch("/api/v1/settings/oidc", json={"issuer": there.issuer})
    assert answer.status == 422
    off = {"issuer": "", "password": PASSWORD}
    assert (await boss.patch("/api/v1/settings/oidc", json=off)).status == 200
    assert (await (await world.client()).get("/sign-in/oidc")).status == 404
