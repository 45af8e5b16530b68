"""Signing in and out, set-up links, and what other sites' pages cannot do."""

from sqlalchemy import text

from hub.operators import setup_links
from hub.operators.access import Role, Scope
from tests.integration.web.conftest import PASSWORD, World

GOOD = {"email": "OPERATOR@example.com ", "password": PASSWORD}
BAD = {"email": "operator@example.com", "password": "not this one"}


async def test_a_browser_signs_in_works_and_signs_out(world: World):
    await world.operator()
    browser = await world.client()
    answer = await browser.post("/sign-in", data=GOOD, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = answer.cookies["besedka"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["secure"]) == ("Lax", "/", "")
    me = await (await browser.get("/api/v1/me")).json()
    assert (me["email"], me["role"]) == ("operator@example.com", "operator")
    assert (await browser.get("/", allow_redirects=False)).status == 200
    assert (await browser.get("/sign-in", allow_redirects=False)).status == 303
    await browser.post("/sign-out")
    assert (await browser.get("/api/v1/me")).status == 401
    assert (await browser.get("/", allow_redirects=False)).headers["Location"] == "/sign-in"


async def test_signing_out_ends_the_sign_in_and_not_only_the_cookie(world: World):
    browser = await world.as_role(Role.OPERATOR)
    thief = await world.client(cookies={c.key: c.value for c in browser.session.cookie_jar})
    assert (await thief.get("/api/v1/me")).status == 200
    await browser.post("/sign-out")
    assert (await thief.get("/api/v1/me")).status == 401


async def test_all_who_may_not_get_the_same_answer(world: World):
    await world.operator()
    off = await world.operator(email="gone@example.com")
    async with world.database.transaction() as session:
        await session.execute(
            text("UPDATE operators SET disabled_at = now() WHERE id = :id"), {"id": off}
        )
    browser = await world.client()
    answers = []
    for form in [BAD, {**GOOD, "email": "gone@example.com"}, {**GOOD, "email": "no@example.com"}]:
        answer = await browser.post("/sign-in", data=form)
        page = (await answer.text()).replace(form["email"], "")
        answers.append((answer.status, page))
    assert answers[0][0] == 401
    assert answers == [answers[0]] * 3


async def test_guessing_is_locked_for_a_growing_time(world: World):
    await world.operator()
    browser = await world.client()
    for _ in range(5):
        assert (await browser.post("/sign-in", data=BAD)).status == 401
    locked = await browser.post("/sign-in", data=GOOD)
    assert (locked.status, locked.headers["Retry-After"]) == (429, "30")
    world.clock.move(seconds=31)
    assert (await browser.post("/sign-in", data=BAD)).status == 401
    again = await browser.post("/sign-in", data=GOOD)
    assert (again.status, again.headers["Retry-After"]) == (429, "60")
    world.clock.move(seconds=61)
    assert (await browser.post("/sign-in", data=GOOD, allow_redirects=False)).status == 303


async def test_unknown_accounts_are_locked_alike(world: World):
    browser = await world.client()
    unknown = {"email": "no@example.com", "password": "guess"}
    statuses = [(await browser.post("/sign-in", data=unknown)).status for _ in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_a_stranger_cannot_lock_the_operator_out_of_their_own_browser(world: World):
    await world.operator()
    own = await world.client()
    await own.post("/sign-in", data=GOOD, allow_redirects=False)
    await own.post("/sign-out")
    stranger = await world.client()
    for _ in range(6):
        await stranger.post("/sign-in", data=BAD)
    assert (await stranger.post("/sign-in", data=GOOD)).status == 429
    assert (await own.post("/sign-in", data=GOOD, allow_redirects=False)).status == 303


async def test_a_known_browser_of_one_account_is_a_stranger_to_another(world: World):
    await world.operator()
    await world.operator(email="boss@example.com")
    own = await world.client()
    await own.post("/sign-in", data=GOOD, allow_redirects=False)
    for _ in range(6):
        await own.post("/sign-in", data={**BAD, "email": "boss@example.com"})
    async with world.database.reading() as session:
        rows = await session.execute(text("SELECT key FROM sign_in_failures ORDER BY key"))
        kinds = [row.key.partition(":")[0] for row in rows]
    assert kinds == ["account", "address"]


async def test_one_address_is_slowed_over_all_accounts(world: World):
    browser = await world.client()
    statuses = [
        (
            await browser.post("/sign-in", data={"email": f"a{n}@example.com", "password": "x"})
        ).status
        for n in range(31)
    ]
    assert statuses == [401] * 30 + [429]


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
]


async def test_pages_of_other_sites_can_do_nothing_with_the_cookie(world: World):
    browser = await world.as_role(Role.ADMINISTRATOR)
    evil = {"name": "Evil"}
    for headers in FOREIGN:
        answer = await browser.post("/api/v1/teams", headers=headers, json=evil)
        assert answer.status == 403, headers
        for page in ["/sign-out", "/sign-in"]:
            answer = await browser.post(page, headers=headers, data=GOOD)
            assert answer.status == 403, (page, headers)
        assert (await browser.get("/api/v1/me", headers=headers)).status == 200


async def test_our_own_pages_and_programs_may(world: World):
    browser = await world.as_role(Role.ADMINISTRATOR)
    own = {"Origin": world.origin, "Sec-Fetch-Site": "same-origin"}
    for number, headers in enumerate([own, {"Sec-Fetch-Site": "same-origin"}, {}]):
        answer = await browser.post(
            "/api/v1/teams", json={"name": f"Team {number}"}, headers=headers
        )
        assert answer.status == 201
    program = await world.as_token(Scope.ADMIN)
    foreign = {"Origin": "https://shop.example"}
    assert (await program.post("/api/v1/teams", json={"name": "T"}, headers=foreign)).status == 201


async def test_the_first_administrator_is_made_by_a_link_that_works_once(world: World):
    browser = await world.client()
    assert "hub operator add" in await (await browser.get("/sign-in")).text()
    async with world.database.transaction() as session:
        token = await setup_links.first_administrator(session, world.clock())
    link = f"/setup/{token}"
    assert (await browser.get(link)).status == 200
    form = {"email": "boss@example.com", "name": "Анна", "password": "short"}
    assert (await browser.post(link, data=form)).status == 422
    form["password"] = PASSWORD
    done = await browser.post(link, data=form, allow_redirects=False)
    assert (done.status, done.headers["Location"]) == (303, "/#/settings/inboxes")
    me = await (await browser.get("/api/v1/me")).json()
    assert (me["role"], me["name"]) == ("administrator", "Анна")
    for again in [browser.get(link), browser.post(link, data=form)]:
        assert (await again).status == 404
    async with world.database.transaction() as session:
        assert await setup_links.first_administrator(session, world.clock()) is None


async def test_a_first_link_is_worth_nothing_once_somebody_can_sign_in(world: World):
    async with world.database.transaction() as session:
        token = await setup_links.first_administrator(session, world.clock())
    await world.operator(Role.READER)
    browser = await world.client()
    form = {"email": "evil@example.com", "password": PASSWORD}
    assert (await browser.post(f"/setup/{token}", data=form)).status == 404


async def test_an_invited_operator_chooses_a_password(world: World):
    administrator = await world.as_role(Role.ADMINISTRATOR)
    invited = await (
        await administrator.post(
            "/api/v1/operators", json={"email": "new@example.com", "role": "operator"}
        )
    ).json()
    browser = await world.client()
    link = invited["setup_url"].removeprefix(world.origin)
    assert "new@example.com" in await (await browser.get(link)).text()
    form = {"email": "other@example.com", "name": "New", "password": PASSWORD}
    await browser.post(link, data=form)
    me = await (await browser.get("/api/v1/me")).json()
    assert (me["email"], me["role"]) == ("new@example.com", "operator")
    for again in [browser.get(link), browser.post(link, data=form)]:
        assert (await again).status == 404


async def test_links_expire(world: World):
    async with world.database.transaction() as session:
        token = await setup_links.first_administrator(session, world.clock())
    world.clock.move(days=3, seconds=1)
    assert (await (await world.client()).get(f"/setup/{token}")).status == 404


async def test_sign_ins_end_by_age_and_by_idleness(world: World):
    busy, idle = await world.as_role(Role.OPERATOR), await world.as_role(Role.READER)
    for _ in range(5):
        assert (await busy.get("/api/v1/me")).status == 200
        world.clock.move(days=6, seconds=-1)
    assert (await idle.get("/api/v1/me")).status == 401
    assert (await busy.get("/api/v1/me")).status == 200
    world.clock.move(seconds=6)
    assert (await busy.get("/api/v1/me")).status == 401


async def test_pages_run_no_foreign_script_and_cannot_be_framed(world: World):
    page = await (await world.client()).get("/sign-in", headers={"Accept-Language": "ru-RU,en"})
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in page.headers
    text_ = await page.text()
    assert "<script" not in text_
    assert 'lang="ru"' in text_
