"""What every API call goes through: reading, refusing, limiting, doing once, answering."""

import asyncio
import io
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text

from hub.db import migrate
from hub.operators import teams
from hub.operators.access import Role, Scope
from hub.web import limits
from hub.web.cursors import encode
from tests.integration.web.conftest import Client, World, database_away

TEAMS = "/api/v1/teams"


async def problem(answer):
    assert answer.content_type == "application/problem+json", await answer.text()
    body = await answer.json()
    assert body["status"] == answer.status
    assert body["type"].endswith(body["code"])
    return body


WRONG_BODIES = [
    ('{"name": "A", "nome": 1}', "nome"),
    ('{"name": 5}', "name"),
    ('{"name": ""}', "name"),
    ('{"name": "   "}', "name"),
    ("{}", "name"),
    ('{"name": "A", "members": ["x"]}', "members.0"),
    ('{"name": "A\\u0000B"}', "name"),
    ('{"name": "A", "x\\u0000": 1}', "(name)"),
    ("[]", "body"),
]


async def test_a_wrong_body_is_refused_by_the_name_of_its_field(world: World):
    client = await world.as_token(Scope.ADMIN)
    for body, field in WRONG_BODIES:
        answer = await client.post(TEAMS, data=body, headers={"Content-Type": "application/json"})
        assert answer.status == 422, body
        assert [one["field"] for one in (await problem(answer))["errors"]] == [field], body


NO_JSON = [
    ("application/json", "{", 400),
    ("application/json", '{"name": "\\ud800"}', 400),
    ("application/json", b'{"name": "\xff"}', 400),
    ("application/json", "", 400),
    ("application/json", "[" * 100_000, 400),
    ("text/plain", '{"name": "A"}', 415),
    ("application/x-www-form-urlencoded", "name=A", 415),
]


async def test_what_is_no_json_is_refused(world: World):
    client = await world.as_token(Scope.ADMIN)
    for kind, body, status in NO_JSON:
        answer = await client.post(TEAMS, data=body, headers={"Content-Type": kind})
        assert answer.status == status, body[:50]
        await problem(answer)


async def test_what_is_too_large_is_refused_whether_it_says_so_or_not(world: World):
    client = await world.as_token(Scope.ADMIN)
    headers = {"Content-Type": "application/json"}
    for chunked in [None, True]:
        sent = io.BytesIO(b" " * (1024 * 1024 + 1))
        answer = await client.post(TEAMS, data=sent, headers=headers, chunked=chunked)
        assert answer.status == 413
        await problem(answer)


WRONG_QUERIES = [
    ("limit=0", "limit"),
    ("limit=201", "limit"),
    ("limit=many", "limit"),
    ("limit=1&limit=2", "limit"),
    ("colour=red", "colour"),
    ("cursor=rubbish", "cursor"),
    ("cursor=WzFd", "cursor"),
    ("cursor=%00", "cursor"),
    ("cursor=%D0%B9", "cursor"),
]


async def test_a_wrong_query_is_refused_by_the_name_of_its_field(world: World):
    client = await world.as_token(Scope.ADMIN)
    for query, field in WRONG_QUERIES:
        answer = await client.get(f"{TEAMS}?{query}")
        assert answer.status == 422, query
        assert [one["field"] for one in (await problem(answer))["errors"]] == [field], query


ID = "0190a1b2-0000-7000-8000-000000000000"
CURSORS: list[tuple[str, list[object]]] = [
    ("rules", ["\0"]),
    ("rules", [5]),
    ("templates", ["\0"]),
    ("appointments?sort=starts_at", ["0001-01-01T00:00:00+14:00", ID]),
    ("orders?sort=starts_at", ["9999-12-31T23:59:59-14:00", ID]),
]


async def test_a_cursor_that_the_database_cannot_compare_is_refused_by_name(world: World):
    client = await world.as_token(Scope.ADMIN)
    for path, place in CURSORS:
        joint = "&" if "?" in path else "?"
        answer = await client.get(f"/api/v1/{path}{joint}cursor={encode(*place)}")
        assert answer.status == 422, (path, place)
        said = await problem(answer)
        assert [one["field"] for one in said["errors"]] == ["cursor"], (path, place)


async def test_an_id_that_is_none_is_not_found(world: World):
    client = await world.as_token(Scope.ADMIN)
    for name in ["1", "%00", "..%2F", "x" * 3000, "{id}", "0" * 32]:
        answer = await client.patch(f"{TEAMS}/{name}", json={"name": "A"})
        assert answer.status == 404, name
        await problem(answer)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "There is nothing at this address."),
        ("ru", "По этому адресу ничего нет."),
        ("bg", "На този адрес няма нищо."),
    ],
)
async def test_a_page_that_is_not_there_is_missed_in_the_readers_language(
    world: World, language: str, words: str
):
    client = await world.client(headers={"Accept": "text/html", "Accept-Language": language})
    answer = await client.get("/nothing/here")
    assert answer.status == 404
    assert words in await answer.text()


async def test_unknown_addresses_and_methods_are_problems_too(world: World):
    client = await world.as_token(Scope.ADMIN)
    assert (await problem(await client.get("/api/v1/nothing")))["status"] == 404
    answer = await client.delete(TEAMS)
    assert answer.status == 405
    assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}
    assert (await problem(answer))["remedy"] == "Taken here: GET, HEAD, POST."
    counts = await client.patch("/api/v1/conversations/counts", json={})
    assert (counts.status, counts.headers["Allow"]) == (405, "GET,HEAD")


async def test_strangers_learn_how_to_come_in_and_are_slowed(world: World):
    client = await world.client()
    answer = await client.get(TEAMS)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "remedy" in await problem(answer)
    statuses = {(await client.get(TEAMS)).status for _ in range(limits.Limits().strangers.count)}
    assert statuses == {401, 429}
    known = await world.as_token(Scope.ADMIN)
    assert (await known.get(TEAMS)).status == 200


async def test_wrong_tokens_count_as_strangers(world: World):
    client = await world.client(headers={"Authorization": "Bearer besedka_guess"})
    wanted = limits.Limits().strangers.count
    statuses = [(await client.get(TEAMS)).status for _ in range(wanted + 1)]
    assert statuses == [401] * wanted + [429]


async def test_callers_are_told_what_is_left_to_them(world: World):
    client = await world.as_token(Scope.ADMIN)
    first, second = await client.get(TEAMS), await client.get(TEAMS)
    left = [int(answer.headers["RateLimit-Remaining"]) for answer in (first, second)]
    assert left[0] - left[1] == 1
    assert first.headers["RateLimit-Limit"] == str(limits.Limits().callers.count)


async def test_strange_authorization_is_401(world: World):
    client = await world.client()
    for header in ["Basic YTpi", "Bearer ", "Bearer", "besedka_x", "Bearer \udcff"]:
        answer = await client.get(TEAMS, headers={"Authorization": header})
        assert answer.status == 401, header


async def test_a_revoked_token_stops_within_seconds(world: World):
    administrator = await world.as_role(Role.ADMINISTRATOR)
    made = await (
        await administrator.post(
            "/api/v1/tokens", json={"name": "shop", "scopes": ["customers:read"]}
        )
    ).json()
    program = await world.client(headers={"Authorization": f"Bearer {made['token']}"})
    assert (await program.get("/api/v1/me")).status == 200
    await administrator.delete(f"/api/v1/tokens/{made['id']}")
    world.clock.move(seconds=3)
    assert (await program.get("/api/v1/me")).status == 401


async def test_a_role_taken_away_is_gone_within_seconds(world: World):
    administrator = await world.as_role(Role.ADMINISTRATOR)
    other = await world.operator(Role.ADMINISTRATOR, "second@example.com")
    browser = await world.as_operator(other)
    assert (await browser.get("/api/v1/audit")).status == 200
    await administrator.patch(f"/api/v1/operators/{other}", json={"role": "reader"})
    world.clock.move(seconds=3)
    assert (await browser.get("/api/v1/audit")).status == 403
    await administrator.patch(f"/api/v1/operators/{other}", json={"disabled": True})
    world.clock.move(seconds=3)
    assert (await browser.get("/api/v1/me")).status == 401


async def test_a_keyed_call_happens_once(world: World):
    client = await world.as_token(Scope.ADMIN)
    keyed = {"Idempotency-Key": "one"}
    first = await client.post(TEAMS, json={"name": "A"}, headers=keyed)
    again = await client.post(TEAMS, json={"name": "A"}, headers=keyed)
    assert (first.status, again.status) == (201, 201)
    assert await first.read() == await again.read()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len((await (await client.get(TEAMS)).json())["items"]) == 1


async def test_a_key_is_good_for_one_body_one_caller_and_one_day(world: World):
    client, other = await world.as_token(Scope.ADMIN), await world.as_token(Scope.ADMIN)
    keyed = {"Idempotency-Key": "one"}
    await client.post(TEAMS, json={"name": "A"}, headers=keyed)
    answer = await client.post(TEAMS, json={"name": "B"}, headers=keyed)
    assert answer.status == 422
    assert (await problem(answer))["code"] == "idempotency-key-reused"
    assert (await other.post(TEAMS, json={"name": "C"}, headers=keyed)).status == 201
    world.clock.move(hours=24, seconds=1)
    assert (await client.post(TEAMS, json={"name": "D"}, headers=keyed)).status == 201


async def test_a_refused_call_may_be_repeated_with_its_key(world: World):
    client = await world.as_token(Scope.ADMIN)
    keyed = {"Idempotency-Key": "one"}
    async with world.database.transaction() as session:
        taken = await teams.create(session, "A", world.clock())
    assert (await client.post(TEAMS, json={"name": "A"}, headers=keyed)).status == 409
    await client.delete(f"{TEAMS}/{taken}")
    assert (await client.post(TEAMS, json={"name": "A"}, headers=keyed)).status == 201


class Undone(Exception):
    """Raised in a transaction to roll it back."""


async def test_a_keyed_call_under_way_is_in_progress_for_others(world: World):
    client = await world.as_token(Scope.ADMIN)
    keyed = {"Idempotency-Key": "one"}
    async with asyncio.TaskGroup() as tasks:
        with suppress(Undone):
            async with world.database.transaction() as session:
                # Holds the name, so that the first call waits inside its transaction.
                await teams.create(session, "A", world.clock())
                first = tasks.create_task(client.post(TEAMS, json={"name": "A"}, headers=keyed))
                await until_someone_waits(world)
                second = await client.post(TEAMS, json={"name": "A"}, headers=keyed)
                raise Undone
    assert second.status == 409
    assert (await problem(second))["code"] == "in-progress"
    assert int(second.headers["Retry-After"]) > 0
    assert (await first).status == 201


async def until_someone_waits(world: World):
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(20):
        while True:
            async with world.database.reading() as session:
                if await session.scalar(waiting):
                    return
            await asyncio.sleep(0.01)


async def test_work_and_kept_answer_are_committed_together(world: World):
    """A crash between the two would let the repeat do the work again."""
    client = await world.as_token(Scope.ADMIN)
    refuse = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no answers today' USING ERRCODE = '57014'; END $$;
    """
    async with world.database.transaction() as session:
        await session.execute(text(refuse))
        await session.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON idempotent_calls "
                "FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
    answer = await client.post(TEAMS, json={"name": "A"}, headers={"Idempotency-Key": "one"})
    assert answer.status == 503
    assert (await (await client.get(TEAMS)).json())["items"] == []


async def test_a_secret_answer_is_kept_encrypted_and_replayed(world: World):
    client = await world.as_token(Scope.ADMIN)
    body, keyed = {"name": "shop", "scopes": ["orders:write"]}, {"Idempotency-Key": "one"}
    first = await client.post("/api/v1/tokens", json=body, headers=keyed)
    again = await client.post("/api/v1/tokens", json=body, headers=keyed)
    token = (await first.json())["token"]
    assert (await again.json())["token"] == token
    async with world.database.reading() as session:
        kept = await session.scalar(text("SELECT body::text FROM idempotent_calls"))
    assert token not in str(kept)


async def test_an_unusable_key_is_named(world: World):
    client = await world.as_token(Scope.ADMIN)
    for key in ["", "with blank", "й", "x" * 201]:
        answer = await client.post(TEAMS, json={"name": "A"}, headers={"Idempotency-Key": key})
        assert answer.status == 422, key
        assert (await problem(answer))["errors"][0]["field"] == "Idempotency-Key"


async def test_lists_are_paged_by_cursors(world: World):
    client = await world.as_token(Scope.ADMIN)
    for number in range(5):
        await client.post(TEAMS, json={"name": f"Team {number}"})
    names, cursor = [], ""
    for _ in range(3):
        page = await (await client.get(TEAMS, params={"limit": 2, "cursor": cursor})).json()
        names += [team["name"] for team in page["items"]]
        cursor = page["next"]
    assert names == [f"Team {number}" for number in range(5)]
    assert cursor is None


async def test_conflicts_name_what_is_there(world: World):
    client = await world.as_token(Scope.ADMIN)
    made = await (await client.post(TEAMS, json={"name": "A"})).json()
    answer = await client.post(TEAMS, json={"name": "A"})
    assert answer.status == 409
    assert (await problem(answer))["id"] == made["id"]


async def test_the_last_administrator_stays(world: World):
    administrator = await world.as_role(Role.ADMINISTRATOR)
    me = await (await administrator.get("/api/v1/me")).json()
    for change in [{"role": "reader"}, {"disabled": True}]:
        answer = await administrator.patch(f"/api/v1/operators/{me['id']}", json=change)
        assert answer.status == 409
        assert (await problem(answer))["code"] == "last-administrator"


async def test_a_new_password_ends_the_other_sign_ins(world: World):
    me = await world.operator()
    here, there = await world.as_operator(me), await world.as_operator(me)
    wrong = {"current": "not this", "password": "another good one"}
    assert (await here.post("/api/v1/me/password", json=wrong)).status == 422
    right = {**wrong, "current": "four unrelated words"}
    assert (await here.post("/api/v1/me/password", json=right)).status == 204
    world.clock.move(seconds=3)
    assert (await here.get("/api/v1/me")).status == 200
    assert (await there.get("/api/v1/me")).status == 401


async def test_changes_are_on_record(world: World):
    administrator = await world.as_role(Role.ADMINISTRATOR)
    made = await (await administrator.post(TEAMS, json={"name": "A"})).json()
    found = await (await administrator.get(f"/api/v1/audit?object={made['id']}")).json()
    (record,) = found["items"]
    assert record["action"] == "team.created"
    assert record["actor"]["kind"] == "operator"
    assert record["address"] == "127.0.0.1"


async def test_the_record_of_one_person_or_program(world: World):
    mine = await world.operator(Role.ADMINISTRATOR)
    boss, program = await world.as_operator(mine), await world.as_token(Scope.ADMIN)
    made: dict[Client, list[str]] = {boss: [], program: []}
    for number in range(5):
        for client, ids in made.items():
            answer = await client.post(TEAMS, json={"name": f"{number} of {id(client)}"})
            ids.insert(0, (await answer.json())["id"])

    async def record(**asked: Any) -> list[Any]:
        """All pages of it: whatever others did in between, a cursor stays with the same person."""
        found: list[Any] = []
        page: Any = {"next": ""}
        while page["next"] is not None:
            asked = {**asked, "limit": "2", "cursor": page["next"]}
            page = await (await boss.get("/api/v1/audit", params=asked)).json()
            found += page["items"]
        return found

    token = (await record(object=made[program][0]))[0]["actor"]["id"]
    for actor, ids in ((str(mine), made[boss]), (token, made[program])):
        found = await record(actor=actor)
        assert [one["object"]["id"] for one in found] == ids
        assert {one["actor"]["id"] for one in found} == {actor}
        assert [one["object"]["id"] for one in await record(actor=actor, object=ids[3])] == [
            ids[3]
        ]
    assert await record(actor=token, object=made[boss][0]) == []
    assert (await boss.get("/api/v1/audit?actor=Olga")).status == 422


async def test_without_the_database_everything_is_503_with_when_to_return(world: World):
    client = await world.as_token(Scope.ADMIN)
    await client.get(TEAMS)
    async with database_away(world.database):
        for _ in range(2):
            answer = await client.get(TEAMS)
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
        ready = await client.get("/readyz")
        assert (ready.status, (await ready.json())["database"]) == (503, False)
        assert (await client.get("/healthz")).status == 200
    assert (await client.get(TEAMS)).status == 200


async def test_readiness_tells_what_is_there(world: World):
    answer = await (await world.client()).get("/readyz")
    assert answer.status == 200
    assert await answer.json() == {
        "ready": True,
        "database": True,
        "migrations": True,
        "schema": {"stands": migrate.head(), "needed": migrate.head()},
        "loops": {},
        "inboxes": {},
    }


async def test_metrics_are_for_this_machine_and_administrators(world: World):
    here = await world.client()
    page = await (await here.get("/metrics")).text()
    assert "besedka_http_requests_total" in page
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert (await here.get("/metrics", headers=forwarded)).status == 403
    reader = await world.as_token(Scope.MESSAGES_READ)
    assert (await reader.get("/metrics", headers=forwarded)).status == 403
    admin = await world.as_token(Scope.ADMIN)
    assert (await admin.get("/metrics", headers=forwarded)).status == 200


async def test_static_files_are_revalidated_by_their_bytes(world: World):
    client = await world.client()
    first = await client.get("/static/pages.css")
    assert (first.status, first.content_type) == (200, "text/css")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert (await client.get("/static/pages.css", headers=tag)).status == 304
    for name in ["../app.py", "%2e%2e/app.py", "console", ".hidden", "none.js", "%00", "a" * 5000]:
        assert (await client.get(f"/static/{name}")).status == 404


async def test_what_a_rule_did_is_not_asked_of_a_rule_that_is_not_there(world: World):
    client = await world.as_token(Scope.ADMIN)
    for part in ("", "/firings", "/skips", "/next", "/versions"):
        answer = await client.get(f"/api/v1/rules/00000000-0000-7000-8000-000000000000{part}")
        assert answer.status == 404, part
        assert (await problem(answer))["code"] == "not-found"
