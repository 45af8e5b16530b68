"""A bot as an inbox of a real hub: what people do in Telegram, and what operators do back."""

import itertools
from pathlib import Path

import pytest
from sqlalchemy import text

from channels.telegram.twin.calls import Call
from channels.telegram.twin.sending import Method
from hub import clock
from hub.alerts import watch
from hub.db.engine import Database
from hub.due import queue
from hub.due.queue import Plan
from tests.integration.telegram.conftest import House, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
_people = itertools.count(7_100_000_001)


@pytest.fixture
def who() -> int:
    return next(_people)


async def test_a_message_and_its_answer(house: House, who: int):
    await house.twin.play({"who": str(who), "name": "Анна Орлова", "locale": "ru", "text": "Где?"})
    (asked,) = await house.messages(who, at_least=1)
    assert (asked["text"], asked["author"]["name"]) == ("Где?", "Анна Орлова")
    assert (await house.customer(who))["locale"] == "ru"
    sent = await house.send(who, "<ignored>", html="<b>В пути</b> & рядом", reply_to=asked["id"])
    answer = await house.arrives(who, lambda one: one.message["text"] == "В пути & рядом")
    assert answer.message["entities"] == [{"type": "bold", "offset": 0, "length": 6}]
    assert answer.message["reply_to_message"]["text"] == "Где?"
    await house.delivery(sent, "sent")


async def test_what_was_sent_is_mended_and_taken_back(house: House, who: int):
    await house.twin.play({"who": str(who), "text": "Hello"})
    sent = await house.send(who, "Tomorow")
    await house.delivery(sent, "sent")
    # A server that fails is asked again.
    house.twin.faults.arrange({"do": "server_error", "method": "editMessage*"})
    await house.api("PATCH", f"messages/{sent}", {"text": "Tomorrow"})
    mended = await house.arrives(who, lambda one: one.message["text"] == "Tomorrow")
    versions = await house.api("GET", f"messages/{sent}/versions")
    assert [one["text"] for one in versions["items"]] == ["Tomorow"]
    await house.api("DELETE", f"messages/{sent}")

    async def gone() -> bool:
        return house.twin.world.messages[who][mended.id].deleted

    await eventually(gone)
    refused = await house.api("PATCH", f"messages/{sent}", {"text": "Again"}, status=409)
    assert refused["code"] == "already-sent"


async def test_reactions_go_both_ways(house: House, who: int):
    await house.twin.play({"who": str(who), "text": "Thanks!"})
    (thanks,) = await house.messages(who, at_least=1)
    await house.api("PUT", f"messages/{thanks['id']}/reaction", {"value": "👍"})

    async def shown() -> bool:
        (written,) = house.twin.world.messages[who].values()
        return "👍" in written.reactions.get("bot", [])

    await eventually(shown)
    sent = await house.send(who, "You are welcome")
    await house.delivery(sent, "sent")
    await house.twin.play({"who": str(who), "do": "react", "emoji": "❤"})
    loved = await house.entry(who, lambda one: one["id"] == sent and one["reactions"])
    assert loved["reactions"] == {"customer": "❤"}


async def test_a_reaction_telegram_does_not_know_is_told_of(house: House, who: int):
    await house.twin.play({"who": str(who), "text": "Hm"})
    (said,) = await house.messages(who, at_least=1)
    await house.api("PUT", f"messages/{said['id']}/reaction", {"value": "🧦"})
    told = await house.entry(who, lambda one: "not_done" in one["data"])
    assert told["data"]["not_done"] == {
        "do": "react",
        "detail": "Telegram does not know this reaction.",
    }


async def test_who_is_written_to_sees_it(house: House, who: int):
    await house.twin.play({"who": str(who), "text": "Hello?"})
    customer = await house.customer(who)
    (point,) = customer["contact_points"]
    seen: list[tuple[int, str]] = []
    house.twin.answering.methods["sendChatAction"] = _noting(
        house.twin.answering.methods["sendChatAction"], seen
    )
    headers = {"Authorization": f"Bearer {house.hub.token}"}
    async with house.http.ws_connect(f"{house.hub.url}/api/v1/live", headers=headers) as socket:
        await socket.send_json({"type": "hello", "after": None})
        typing = {"type": "typing", "customer_id": customer["id"]}
        await socket.send_json({**typing, "contact_point_id": point["id"]})

        async def told() -> bool:
            return bool(seen)

        await eventually(told)
    assert seen == [(who, "typing")]


def _noting(perform: Method, seen: list[tuple[int, str]]) -> Method:
    def perform_and_note(call: Call) -> object:
        seen.append((int(call.text("chat_id")), call.text("action")))
        return perform(call)

    return perform_and_note


async def test_an_album_is_one_entry_also_over_two_polls(house: House, who: int):
    photos = [{"kind": "photo"}, {"kind": "photo"}]
    await house.twin.play({"who": str(who), "text": "Two of them", "files": photos})
    album = await house.entry(who, lambda one: len(one["files"]) == 2)
    assert album["text"] == "Two of them"
    # A third part that comes long after, by itself.
    first = next(iter(house.twin.world.messages[who].values())).message
    late = {"media_group_id": first["media_group_id"], "photo": first["photo"]}
    await house.twin.play({"who": str(who), "do": "message", "kind": "dice", "fields": late})
    grown = await house.entry(who, lambda one: len(one["files"]) == 3)
    assert grown["id"] == album["id"]
    # Its name is the album's too: an answer to it, and a reaction, find the album.
    third = max(house.twin.world.messages[who])
    await house.twin.play({"who": str(who), "text": "This one", "reply": third})
    answer = await house.entry(who, lambda one: one["text"] == "This one")
    found = await house.api("GET", f"messages/{answer['id']}/answered")
    assert found["id"] == album["id"]
    assert len(await house.messages(who, at_least=2)) == 2
    await house.api("PUT", f"messages/{album['id']}/reaction", {"value": "🔥"})

    async def shown() -> bool:
        said = house.twin.world.messages[who][int(first["message_id"])]
        return "🔥" in said.reactions.get("bot", [])

    await eventually(shown)


async def test_blocked_and_back(house: House, who: int):
    await house.twin.play({"who": str(who), "text": "Hello"})
    await house.messages(who, at_least=1)
    await house.twin.play({"who": str(who), "do": "block"})

    async def blocked() -> bool:
        (point,) = (await house.customer(who))["contact_points"]
        return bool(point["inboxes"][0]["blocked"])

    await eventually(blocked)
    customer = await house.customer(who)
    body = {"text": "Are you there?", "channel": "telegram"}
    refused = await house.api("POST", f"customers/{customer['id']}/messages", body, status=422)
    assert refused["code"] == "no-route"
    sent = await house.send(who, "Are you there?", force=True)
    assert (await house.delivery(sent, "failed"))["reason"] == "blocked"
    await house.twin.play({"who": str(who), "do": "unblock"})
    await house.twin.play({"who": str(who), "text": "Back"})

    async def back() -> bool:
        return not await blocked()

    await eventually(back)
    await house.delivery(await house.send(who, "Welcome back"), "sent")


async def test_buttons_and_the_phone_somebody_shares(house: House, who: int):
    await house.twin.play({"who": str(who), "text": "Order, please", "phone": "+359888123456"})
    long = {"label": "Yes", "value": "answer:" + "я" * 60}
    await house.send(who, "Sure?", buttons=[long, {"label": "No", "value": "no"}])
    await house.arrives(who, lambda one: one.message["text"] == "Sure?")
    await house.twin.play({"who": str(who), "do": "press", "button": "Yes"})
    pressed = await house.entry(who, lambda one: one["text"] == "Yes")
    assert pressed["data"]["button"] == long["value"]
    assert "proof" not in pressed["data"]
    ask = {"label": "Share my number", "value": "phone", "asks": "phone"}
    await house.send(who, "Your phone?", buttons=[ask])
    await house.arrives(who, lambda one: one.message["text"] == "Your phone?")
    await house.twin.play({"who": str(who), "do": "press", "button": "Share my number"})

    async def proven() -> bool:
        points = (await house.customer(who))["contact_points"]
        return any(one["scheme"] == "tel" and one["proof"] == "provider" for one in points)

    await eventually(proven)


async def test_somebody_elses_card_proves_nothing(house: House, who: int):
    card = {"phone_number": "+359888999111", "first_name": "Пётр"}
    await house.twin.play({"who": str(who), "do": "contact", "contact": card})
    said = await house.entry(who, lambda one: one["text"].startswith("Contact: Пётр"))
    assert said["data"]["own"] is False
    customer = await house.customer(who)
    assert [one["scheme"] for one in customer["contact_points"]] == ["telegram"]
    found = await house.api("GET", "customers?contact_point=tel:%2B359888999111")
    assert found["items"] == []


async def test_files_both_ways(house: House, who: int):
    voice = {"kind": "voice", "duration": 2}
    large = {"kind": "video", "name": "film.mp4", "size": 25 * 1024 * 1024}
    await house.twin.play({"who": str(who), "files": [voice]})
    heard = await house.entry(who, lambda one: one["files"])
    assert heard["files"][0]["content_type"].startswith(("audio/", "application/ogg"))
    await house.twin.play({"who": str(who), "files": [large]})
    told = await house.entry(who, lambda one: "20 MB" in one["text"])
    assert "film.mp4 (25.0 MB)" in told["text"]
    png = (Path(__file__).parents[3] / "channels/telegram/twin/samples/photo.jpg").read_bytes()
    files = [await house.upload("one.jpg", png), await house.upload("two.jpg", png + b"\0")]
    files.append(await house.upload("bill.txt", b"12.50"))
    sent = await house.send(who, "All of it", files=files)
    await house.arrives(who, lambda one: "document" in one.message)
    shown = [one.message for one in house.on_phone(who)]
    assert ["photo" in one for one in shown] == [True, True, False]
    assert shown[0]["media_group_id"] == shown[1]["media_group_id"]
    assert (shown[0]["caption"], shown[2]["document"]["file_name"]) == ("All of it", "bill.txt")
    items = (await house.api("GET", f"messages/{sent}/deliveries"))["items"]
    assert len(items) == 2


async def test_long_rich_text_is_sent_in_parts(house: House, who: int):
    await house.twin.play({"who": str(who), "text": "Tell me all"})
    await house.customer(who)
    words = "".join(f"<p><b>Line {number}</b> 🙂 of many words</p>" for number in range(250))
    await house.send(who, "", html=words)
    await house.arrives(who, lambda one: "Line 249" in one.message["text"])
    parts = [one.message for one in house.on_phone(who)]
    assert len(parts) == 2
    for part in parts:
        assert part["entities"][0]["offset"] == 0
        assert all(one["type"] == "bold" for one in part["entities"])


async def test_edits_names_and_unknown_things(house: House, who: int):
    await house.twin.play({"who": str(who), "name": "Иван Петров", "text": "Мне к 3"})
    await house.twin.play({"who": str(who), "do": "edit", "text": "Мне к 5"})
    mended = await house.entry(who, lambda one: one["text"] == "Мне к 5")
    versions = await house.api("GET", f"messages/{mended['id']}/versions")
    assert [one["text"] for one in versions["items"]] == ["Мне к 3"]
    await house.twin.play({"who": str(who), "do": "rename", "name": "Ваня"})
    await house.twin.play({"who": str(who), "text": "Это я", "fields": {"text": None, "aura": 1}})
    odd = await house.entry(who, lambda one: "aura" in one["text"])
    assert odd["author"]["name"] == "Ваня"
    customer = await house.customer(who)
    assert customer["name"] == "Иван Петров"
    assert customer["contact_points"][0]["label"] == "Ваня"


async def test_groups_are_left_alone_with_a_note(house: House, who: int):
    group = {"id": -500_000 - who % 1000, "kind": "group", "title": "Neighbours"}
    await house.twin.play({"who": str(who), "text": "Hi all", "chat": group})

    async def noted() -> bool:
        findings = await house.api("POST", f"inboxes/{house.inbox['id']}/test")
        return any("Neighbours" in one["what"] for one in findings["findings"])

    await eventually(noted)
    inbox = await house.api("GET", f"inboxes/{house.inbox['id']}")
    assert (inbox["state"], "Neighbours" in inbox["detail"]) == ("open", True)
    assert "/setjoingroups" in inbox["remedy"]
    found = await house.api("GET", f"customers?contact_point=telegram:{who}")
    assert found["items"] == []


async def test_by_webhook_and_back(house: House, who: int):
    await house.use(mode="webhook")
    try:
        await house.twin.play({"who": str(who), "text": "By webhook"})
        (said,) = await house.messages(who, at_least=1)
        assert said["text"] == "By webhook"
        await house.delivery(await house.send(who, "Got it"), "sent")
        url = house.inbox["urls"]["webhook"]
        async with house.http.post(url, json={"update_id": 1}) as answer:
            assert answer.status == 401
    finally:
        await house.use(mode="polling", album_wait=0.3, poll_timeout=2)
    await house.twin.play({"who": str(who), "text": "By polling"})
    await house.entry(who, lambda one: one["text"] == "By polling")


async def test_the_token_shows_nowhere(house: House, who: int):
    token = str(house.twin.settings["token"])
    await house.twin.play({"who": str(who), "text": "Hello"})
    await house.messages(who, at_least=1)
    house.twin.faults.arrange({"do": "reset", "method": "send*", "chat_id": who})
    told = await house.delivery(await house.send(who, "Lost?"), "unknown")
    view = await house.api("GET", f"inboxes/{house.inbox['id']}")
    findings = await house.api("POST", f"inboxes/{house.inbox['id']}/test")
    secret = token.partition(":")[2]
    for shown in (str(told), str(view), str(findings), house.hub.log.read_text()):
        assert secret not in shown


async def test_a_shared_phone_finds_who_was_known_by_it(house: House, who: int):
    order = {"customer": {"contact_point": "tel:+359888777666"}, "status": "paid"}
    await house.api("PUT", "orders/7001?system=shop", order)
    found = await house.api("GET", "customers?contact_point=tel:%2B359888777666")
    (known,) = found["items"]
    await house.twin.play({"who": str(who), "do": "contact", "phone": "+359888777666"})

    async def one_customer() -> bool:
        return bool((await house.customer(who))["id"] == known["id"])

    await eventually(one_customer)
    schemes = {one["scheme"] for one in (await house.customer(who))["contact_points"]}
    assert schemes == {"tel", "telegram"}


_IN_TROUBLE = """
    INSERT INTO quarantine (inbox_id, external_id, raw, error) VALUES (:inbox, '1', '', 'broken')
"""


async def test_the_hubs_own_trouble_reaches_an_operators_phone(house: House, who: int):
    """From the look that finds it to the phone, through a bot that is an inbox of the hub."""
    await house.twin.play({"who": str(who), "text": "Hello, it is Anna"})
    await house.customer(who)
    async with (
        Database.open(house.hub.environment["HUB_DATABASE_URL"]) as database,
        database.transaction() as session,
    ):
        moved = text("UPDATE operators SET alert_to = :to WHERE email = 'anna@example.com'")
        await session.execute(moved, {"to": f"telegram:{who}"})
        await session.execute(text(_IN_TROUBLE), {"inbox": house.inbox["id"]})
        # The next look need not be waited for.
        await queue.hasten(session, [Plan(watch.KIND, watch.KEY, clock.now())])
    told = await house.arrives(who, lambda one: "Optika" in one.message["text"])
    assert house.hub.url in told.message["text"]
    assert [one["text"] for one in await house.messages(who, at_least=1)] == ["Hello, it is Anna"]
