"""A bot as an inbox of a real hub: what people do in Telegram, and what operators do back."""

import itertools

import pytest

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
