"""Who a visitor is: nobody sees the history of another, whatever they send."""

import base64
import json

import pytest
from aiohttp import WSMsgType
from joserfc import jwt
from joserfc.jwk import OctKey

from channels.webchat.visits import RECHECK
from hub.ports import Proof
from tests.integration.webchat.conftest import Chat, OpenChat


async def test_an_anonymous_visitor_gets_an_address_nobody_can_guess(chat: Chat):
    one, other = await chat.visit(), await chat.visit()
    prefix = f"{chat.host.inbox_id}/v/"
    assert one.address.value.startswith(prefix)
    assert len(one.address.value) - len(prefix) >= 22, "128 bits"
    assert one.address != other.address
    await one.post("Hello", client_id="1")
    (message,) = chat.host.sink.messages
    assert (message.proof, message.address) == (Proof.NONE, one.address)


async def test_the_token_is_stored_as_a_hash_only(chat: Chat):
    guest = await chat.visit(jwt=chat.jwt("ann"))
    assert guest.token not in repr(chat.host.state.facts)


async def test_the_site_vouches_for_a_person_by_jwt(chat: Chat):
    token = chat.jwt("ann", name="Ann Lee", email="ann@shop.example", locale="bg")
    guest = await chat.visit(jwt=token)
    assert guest.address.value == f"{chat.host.inbox_id}/u/ann"
    await guest.post("Hello", client_id="1")
    (message,) = chat.host.sink.messages
    assert (message.proof, message.sender_name, message.locale) == (Proof.SIGNED, "Ann Lee", "bg")
    assert message.data == {"email": "ann@shop.example"}
    assert message.address.scheme == "webchat", "an address in a claim links nobody"


async def test_two_visits_of_one_person_share_the_history(chat: Chat):
    first = await chat.visit(jwt=chat.jwt("ann"))
    await first.post("Hello", client_id="1")
    second = await chat.visit(jwt=chat.jwt("ann"))
    assert [item["text"] for item in await second.items()] == ["Hello"]


async def test_nobody_sees_the_history_of_another(chat: Chat):
    ann = await chat.visit(jwt=chat.jwt("ann"))
    await ann.post("My secret", client_id="1")
    for other in (
        await chat.visit(jwt=chat.jwt("bob")),
        await chat.visit(jwt=chat.jwt("ann/")),
        await chat.visit(),
    ):
        assert await other.items() == []


async def test_an_anonymous_visitor_who_signs_in_starts_anew(chat: Chat):
    before = await chat.visit()
    await before.post("Typed on a shared computer", client_id="1")
    ann = await chat.visit(jwt=chat.jwt("ann"))
    assert await ann.items() == []
    assert [item["text"] for item in await before.items()] == ["Typed on a shared computer"]


@pytest.mark.parametrize("claims", [{"exp": 1}, {"aud": "01970000-0000-7000-8000-000000000009"}])
async def test_a_token_that_proves_nothing_is_no_anonymous_visit_either(
    chat: Chat, claims: dict[str, object]
):
    problem = await chat.call(
        "POST", "visits", status=401, json={"jwt": chat.jwt("ann", **claims)}
    )
    assert problem["code"] == "not-proven"
    assert not chat.host.state.facts


async def test_a_token_for_one_inbox_is_worthless_at_another(open_chat: OpenChat):
    one, other = await open_chat(), await open_chat()
    await other.call("POST", "visits", status=401, json={"jwt": one.jwt("ann")})
    guest = await one.visit()
    guest.chat = other
    await guest.call("GET", "messages", status=401)


async def test_without_a_signing_secret_every_jwt_is_refused(open_chat: OpenChat):
    chat = await open_chat(jwt_secret="")
    await chat.call("POST", "visits", status=401, json={"jwt": chat.jwt("ann")})


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic abc", "bearer \u00e9"]
)
async def test_wrong_tokens_are_all_answered_alike(chat: Chat, header: str):
    for method, path in (
        ("GET", "messages"),
        ("POST", "messages"),
        ("POST", "files"),
        ("POST", "read"),
        ("PATCH", "visits"),
        ("DELETE", "visits"),
    ):
        problem = await chat.call(method, path, status=401, headers={"Authorization": header})
        assert problem["code"] == "unauthenticated"


async def test_an_anonymous_visit_lives_on_while_it_is_used(chat: Chat):
    guest = await chat.visit()
    for _ in range(5):
        chat.time.pass_(days=100)
        assert await guest.items() == []
    chat.time.pass_(days=181)
    await guest.call("GET", "messages", status=401)


async def test_a_proven_visit_ends_after_a_day_however_much_it_is_used(chat: Chat):
    guest = await chat.visit(jwt=chat.jwt("ann"))
    chat.time.pass_(hours=23, minutes=59, seconds=30)
    await guest.items()
    chat.time.pass_(seconds=30)
    await guest.call("GET", "messages", status=401)


@pytest.mark.parametrize(
    ("sent", "header", "locale"),
    [
        ({}, "bg,en;q=0.5", "bg"),
        ({}, "", ""),
        ({}, "*", ""),
        ({"locale": "ru"}, "bg", "ru"),
        ({"locale": "<script>"}, "bg", "bg"),
    ],
)
async def test_the_language_is_the_widgets_or_the_browsers(
    chat: Chat, sent: dict[str, str], header: str, locale: str
):
    headers = {"Accept-Language": header}
    visit = await chat.call("POST", "visits", status=201, json=sent, headers=headers)
    assert visit["locale"] == locale


async def test_new_visits_of_one_address_are_limited(open_chat: OpenChat):
    chat = await open_chat(visits_per_minute=3)
    for _ in range(6):
        await chat.visit()
    async with chat.http.post(f"{chat.base}/visits", json={}) as response:
        assert response.status == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 20


# --- who somebody says he is


async def test_a_visitor_says_who_he_is_before_he_writes(chat: Chat):
    page = {"title": "Blue shoes", "url": "https://u:p@shop.example/shoes?size=44#top"}
    visit = await chat.call(
        "POST",
        "visits",
        status=201,
        json={"name": " Ann \n Lee ", "email": "ann@shop.example", "page": page},
    )
    assert (visit["proven"], visit["name"], visit["email"]) == (
        False,
        "Ann Lee",
        "ann@shop.example",
    )
    guest = chat.guest(visit)
    await guest.post("Hello", client_id="1")
    await guest.post("Anybody?", client_id="2")
    first, _ = chat.host.sink.messages
    assert (first.sender_name, first.proof) == ("Ann Lee", Proof.NONE)
    assert first.data == {
        "page": {"title": "Blue shoes", "url": "https://shop.example/shoes?size=44"}
    }, "an address that was typed is no fact of the message"
    (change,) = chat.host.sink.changes.values()
    assert (change.kind, change.address) == ("claimed", guest.address)
    assert change.claims == {"name": "Ann Lee", "email": "ann@shop.example", "by": "visitor"}


async def test_a_claim_is_told_again_when_it_changes_and_taken_back(chat: Chat):
    guest = await chat.visit()
    answer = await guest.call("PATCH", "visits", status=200, json={"email": "a@shop.example"})
    assert answer == {"name": "", "email": "a@shop.example"}
    assert not chat.host.sink.changes, "who never wrote is nobody yet"
    await guest.post("Hello", client_id="1")
    for body in ({"name": "Ann"}, {"name": "Ann"}, {"email": ""}, {"name": ""}, {}):
        await guest.call("PATCH", "visits", status=200, json=body)
    told = [dict(change.claims) for change in chat.host.sink.changes.values()]
    assert told == [
        {"email": "a@shop.example", "by": "visitor"},
        {"name": "Ann", "email": "a@shop.example", "by": "visitor"},
        {"name": "Ann", "by": "visitor"},
        {},
    ]
    await guest.post("Still here", client_id="2")
    assert chat.host.sink.messages[-1].sender_name == ""


async def test_a_claim_reaches_the_live_socket_that_is_open(chat: Chat):
    guest = await chat.visit()
    async with guest.live() as socket:
        await guest.call("PATCH", "visits", status=200, json={"name": "Ann"})
        await socket.send_json({"type": "message", "client_id": "1", "text": "Hello"})
        while (await socket.receive_json(timeout=20))["type"] != "accepted":
            pass
    (message,) = chat.host.sink.messages
    assert message.sender_name == "Ann"
    (change,) = chat.host.sink.changes.values()
    assert change.claims == {"name": "Ann", "by": "visitor"}


async def test_nobody_talks_over_what_his_site_said(chat: Chat):
    guest = await chat.visit(jwt=chat.jwt("ann", name="Ann Lee"), name="The Boss")
    await guest.post("Hello", client_id="1")
    assert chat.host.sink.messages[0].sender_name == "Ann Lee"
    answer = await guest.call("PATCH", "visits", status=200, json={"email": "boss@shop.example"})
    assert answer == {"name": "Ann Lee", "email": "boss@shop.example"}
    told = [dict(change.claims) for change in chat.host.sink.changes.values()]
    assert told == [
        {"name": "Ann Lee", "by": "site"},
        {"name": "Ann Lee", "email": "boss@shop.example", "by": "visitor"},
    ]


@pytest.mark.parametrize(
    "email",
    [
        "x",
        "a@b",
        "a@b.c",
        "a b@c.de",
        "a@b.de, c@d.de",
        "<a@b.de>",
        "a@" + "b" * 300,
    ],
)
async def test_what_is_no_address_is_no_claim(chat: Chat, email: str):
    guest = await chat.visit()
    for method, caller in (("POST", chat), ("PATCH", guest)):
        problem = await caller.call(method, "visits", status=422, json={"email": email})
        assert "email" in problem["detail"]
        assert email not in str(problem)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("https://", ""),
        ("http://[::1", ""),
        ("https://shop.example/" + "a" * 3000, ("https://shop.example/" + "a" * 3000)[:300]),
    ],
)
async def test_only_a_sites_page_is_remembered(chat: Chat, url: str, kept: str):
    guest = await chat.visit(page={"url": url})
    await guest.post("Hello", client_id="1")
    (message,) = chat.host.sink.messages
    assert message.data == ({"page": {"title": "", "url": kept}} if kept else {})


async def test_a_typed_address_finds_nobody(chat: Chat):
    ann = await chat.visit(jwt=chat.jwt("ann", email="ann@shop.example"))
    await ann.post("My secret", client_id="1")
    poser = await chat.visit(name="ann", email="ann@shop.example")
    assert await poser.items() == []
    await poser.call("PATCH", "visits", status=200, json={"email": "ann@shop.example"})
    assert await poser.items() == []
    assert poser.address != ann.address


# --- signing out


async def test_who_signs_out_is_unknown_at_once(chat: Chat):
    guest, other = await chat.visit(jwt=chat.jwt("ann")), await chat.visit(jwt=chat.jwt("ann"))
    async with guest.live() as socket, other.live() as still:
        await guest.call("DELETE", "visits", status=204)
        frame = await socket.receive_json(timeout=20)
        assert (frame["type"], frame["code"]) == ("error", "unauthenticated")
        goodbye = await socket.receive(timeout=20)
        assert (goodbye.type, goodbye.data) == (WSMsgType.CLOSE, 4401)
        for method, path in (("GET", "messages"), ("DELETE", "visits"), ("PATCH", "visits")):
            await guest.call(method, path, status=401)
        assert await other.items() == [], "another browser of the same person goes on"
        assert not still.closed
    assert guest.token not in repr(chat.host.state.facts)


async def test_what_is_under_way_brings_no_ended_visit_back(chat: Chat):
    guest = await chat.visit()
    chat.time.pass_(days=100)  # so old that its next use prolongs it
    await chat.elsewhere_ended(guest)
    await guest.call("GET", "messages", status=401)
    await guest.call("PATCH", "visits", status=401, json={"name": "Ann"})
    assert not chat.host.state.facts


async def test_a_visit_ended_elsewhere_is_believed_for_seconds_only(chat: Chat):
    guest = await chat.visit()
    await guest.items()
    await chat.elsewhere_ended(guest)
    chat.time.pass_(seconds=RECHECK.total_seconds() - 0.001)
    await guest.items()
    chat.time.pass_(seconds=0.001)
    await guest.call("GET", "messages", status=401)


# --- attacks


def unsigned(claims: dict[str, object], header: dict[str, object], signature: str = "") -> str:
    def encoded(part: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")

    return f"{encoded(header)}.{encoded(claims)}.{signature}"


async def test_no_forged_jwt_opens_a_visit(chat: Chat):
    good = chat.jwt("ann")
    head, body, mac = good.split(".")
    claims: dict[str, object] = {
        "sub": "ann",
        "aud": str(chat.host.inbox_id),
        "exp": chat.time().timestamp() + 300,
    }
    other_key = OctKey.import_key("another-secret-of-more-than-32-characters")
    forged = [
        unsigned(claims, {"alg": "none"}),
        unsigned(claims, {"alg": "none"}, mac),
        unsigned(claims, {"alg": "HS512"}, mac),
        unsigned(claims, {"alg": "RS256"}, mac),
        unsigned(claims, {"alg": "HS256", "jwk": {"kty": "oct", "k": "eA"}}, mac),
        unsigned(claims, {"alg": "HS256", "kid": "../../dev/null"}, mac),
        jwt.encode({"alg": "HS256"}, claims, other_key),
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{mac}.{mac}",
        f"{head}.{body[:-2]}AA.{mac}",
        good + "\n",
        "." * 5000,
        "",
    ]
    for token in forged:
        problem = await chat.call("POST", "visits", status=401, json={"jwt": token})
        assert problem["code"] == "not-proven"
        assert token == "" or token not in str(problem)
    await chat.call("POST", "visits", status=422, json={"jwt": "x" * 8193})
    await chat.call("POST", "visits", status=413, json={"jwt": "x" * 200_000})
    assert not chat.host.state.facts


@pytest.mark.parametrize("query", ["token={0}", "access_token={0}", "jwt={0}"])
async def test_a_token_in_an_address_is_no_token(chat: Chat, query: str):
    guest = await chat.visit()
    path = f"messages?{query.format(guest.token)}"
    await chat.call("GET", path, status=401)


async def test_tokens_that_have_to_be_looked_up_are_limited(open_chat: OpenChat):
    chat = await open_chat(address_messages_per_minute=2)
    wrong = {"Authorization": "Bearer " + "x" * 43}
    statuses = []
    for _ in range(4):
        async with chat.http.get(f"{chat.base}/messages", headers=wrong) as response:
            statuses.append(response.status)
    assert statuses == [401, 401, 429, 429]


async def test_changes_of_one_visit_are_limited(open_chat: OpenChat):
    chat = await open_chat(messages_per_minute=6)
    guest = await chat.visit()
    await guest.call("PATCH", "visits", status=200, json={"name": "Ann"})
    await guest.call("PATCH", "visits", status=429, json={"name": "Bob"})
    await guest.call("DELETE", "visits", status=204)
