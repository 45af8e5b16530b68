"""Who a visitor is: nobody sees the history of another, whatever they send."""

import pytest

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
