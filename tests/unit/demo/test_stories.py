"""The script makes sense: its people exist, its orders can go where they go, all states."""

from collections import Counter, defaultdict
from datetime import timedelta
from importlib.resources import files
from typing import Any

import orjson
import pytest

from channels.webchat.settings import WebChatSettings
from hub.demo import stories
from hub.demo.shop import NEXT
from hub.hours import spec
from hub.operators.access import Role
from hub.templates.shipped import shipped
from hub.web.resources.business_hours import NewHours

SCRIPT = stories.load()


def test_its_chats_can_be_opened():
    assert {"shop", "clinic"} == set(SCRIPT.chats)
    for chat in SCRIPT.chats.values():
        WebChatSettings.model_validate(dict(chat.settings))
        NewHours.model_validate_json(orjson.dumps({"name": chat.name, **chat.hours}))
        hours = chat.hours
        assert spec.compiled(hours["time_zone"], hours["week"], hours["holidays"]).spans


def test_it_is_told_in_the_order_of_time():
    times = [step.ago for step in SCRIPT.steps]
    assert times == sorted(times, reverse=True)


def test_each_story_is_written_in_that_order_too():
    by_person = defaultdict(list)
    for step in SCRIPT.steps:
        by_person[step.person.key].append(step.number)
    assert all(numbers == sorted(numbers) for numbers in by_person.values())


def test_everybody_writes_before_they_are_written_to():
    seen = set()
    for step in SCRIPT.steps:
        if step.verb == "says":
            seen.add(step.person.key)
        assert step.person.key in seen, step


def test_whoever_does_something_works_there():
    for step in SCRIPT.steps:
        asked = step.verb in {"answers", "note", "put", "joins"}
        assert (step.by in SCRIPT.colleagues) is asked, step
    for one in SCRIPT.colleagues.values():
        assert Role(one.role)
    for members in SCRIPT.teams.values():
        assert set(members) <= SCRIPT.colleagues.keys()
    for chat in SCRIPT.chats.values():
        assert not chat.team or chat.team in SCRIPT.teams


def test_orders_go_only_where_the_shop_lets_them_and_each_step_has_a_notice():
    stands: dict[str, str] = {}
    for step in (step for step in SCRIPT.steps if step.verb == "order"):
        assert step.person.order is not None
        number, status = step.person.order["number"], step.value
        before = stands.get(number)
        assert before is None or status in NEXT[before] or before == "confirmed", step
        stands[number] = status
        cases = shipped()["order-status"].cases
        assert cases is not None
        assert step.person.locale in shipped()[cases.templates[status]].locales
    assert len(stands) == len({one.order["number"] for one in SCRIPT.people.values() if one.order})


def test_whoever_writes_over_a_twin_has_an_address_there():
    twins = {"email", "telegram", "sms"}
    written_on = set()
    for step in SCRIPT.steps:
        ways = {step.on, step.value} if step.verb == "joins" else {step.on}
        assert ways <= {stories.CHAT, *step.person.addresses}, step
        written_on |= ways
        for file in step.besides.get("files", ()):
            path = files("hub.demo") / "files" / file.get("name", "")
            assert "kind" in file or path.is_file(), step
    assert written_on == twins | {stories.CHAT}
    addresses = [
        (channel, address)
        for one in SCRIPT.people.values()
        for channel, address in one.addresses.items()
    ]
    assert len(addresses) == len(set(addresses))


def test_each_channel_has_every_language_and_one_customer_is_known_on_three():
    by_channel: defaultdict[str, set[str]] = defaultdict(set)
    for step in SCRIPT.steps:
        by_channel[step.on].add(step.person.locale)
    assert by_channel["email"] == {"en", "ru", "bg"}
    assert by_channel["telegram"] | by_channel["sms"] == {"en", "ru", "bg"}
    assert max(len(one.addresses) for one in SCRIPT.people.values()) == 3


@pytest.mark.parametrize("channels", [(), ("sms",), ("email", "sms", "telegram")])
def test_what_no_twin_is_there_for_is_left_out(channels: tuple[str, ...]):
    there = {stories.CHAT, *channels}
    told = SCRIPT.told_on(channels)
    assert {step.on for step in told.steps} == there
    assert {one.channel for one in told.people.values()} == there
    assert {step.person.key for step in told.steps} == told.people.keys()
    assert len(told.steps) == len(SCRIPT.steps) or len(channels) < 3


def test_three_languages_a_dozen_customers_in_the_chat_and_two_strangers():
    locales = Counter(one.locale for one in SCRIPT.people.values())
    assert set(locales) == {"en", "ru", "bg"}
    assert min(locales.values()) >= 4
    chatting = [one for one in SCRIPT.people.values() if one.channel == stories.CHAT]
    assert sum(not one.anonymous for one in chatting) == 12
    assert sum(one.anonymous for one in SCRIPT.people.values()) == 2


def test_every_state_of_a_conversation_is_there():
    ends: dict[str, dict[str, Any]] = {}
    for step in SCRIPT.steps:
        state = ends.setdefault(step.person.key, {"status": "open"})
        if step.verb == "says":
            state["status"] = "open"
            state["waits"] = step.ago
        elif step.verb == "answers":
            state.pop("waits", None)
        elif step.verb == "put":
            state.update(step.value)
    statuses = Counter(state["status"] for state in ends.values())
    assert set(statuses) == {"open", "pending", "snoozed", "closed"}
    opened = [state for state in ends.values() if state["status"] == "open"]
    assert any("assignee" not in state for state in opened)
    assert any(state.get("assignee") == "maria" for state in opened)
    assert any(state.get("waits", timedelta(0)) > timedelta(days=1) for state in opened)
    assert any(step.verb == "note" for step in SCRIPT.steps)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("4m", timedelta(minutes=4)), ("1d 2h 3m", timedelta(days=1, hours=2, minutes=3))],
)
def test_durations(text: str, meant: timedelta):
    assert stories.duration(text) == meant


@pytest.mark.parametrize("text", ["", "soon", "1w", "1d2h", "-1d", "1d 2"])
def test_what_is_no_duration(text: str):
    with pytest.raises(ValueError, match="not a duration"):
        stories.duration(text)
