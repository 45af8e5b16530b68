"""Whether a message goes, when and by which ways: flip one fact, and that is what changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from hub.customers.quiet import Quiet
from hub.deliveries.decisions import verdict_json
from hub.deliveries.planner import Letter, Plan, Recipient, plan
from hub.deliveries.policy import Cap, Policy, of
from hub.deliveries.route import Candidate, Fallback, Obstacle, Wish
from hub.ports import Capabilities

NOW = datetime(2026, 5, 4, 21, 0, tzinfo=UTC)  # Midnight in Sofia.
MORNING = datetime(2026, 5, 5, 5, 0, tzinfo=UTC)
SOFIA = ZoneInfo("Europe/Sofia")
NIGHT = Quiet(time(22), time(8))
CAN = Capabilities(frozenset({"x"}), 100, can_start=True, files=True, buttons=True, cc=True)
TWO = timedelta(minutes=2)


def way(number: int, channel: str, **changes: Any) -> Candidate:
    made = Candidate(
        UUID(int=number), UUID(int=100), channel, "x", CAN, NOW - timedelta(days=number)
    )
    return made._replace(**changes)


CHAT = way(1, "chat", last_inbound_at=NOW - timedelta(hours=1))
MAIL, TEXT = way(2, "mail"), way(3, "text")
WAYS = [CHAT, MAIL, TEXT]
REMINDER = Letter("reminder", by_hand=False, automatic=True)
ANYBODY = Recipient(SOFIA)


def planned(
    letter: Letter = REMINDER,
    recipient: Recipient = ANYBODY,
    wish: Wish = Wish(),  # noqa: B008 - frozen
    ways: list[Candidate] = WAYS,
) -> Plan:
    return plan(ways, wish, letter, recipient, NOW)


@pytest.mark.parametrize(
    ("letter", "deferred"),
    [
        (REMINDER, True),
        (Letter("marketing", by_hand=False), True),
        (Letter("survey", by_hand=False), True),
        (Letter("service", by_hand=False, automatic=True), True),
        # A program's answer, and all that a person writes.
        (Letter("service", by_hand=False), False),
        (Letter("service", by_hand=True), False),
        (Letter("reminder", by_hand=True), False),
        # It would come too late.
        (REMINDER._replace(useful_until=MORNING - timedelta(minutes=1)), False),
        (REMINDER._replace(useful_until=MORNING), True),
        # It leaves at another time anyway.
        (REMINDER._replace(send_at=MORNING + timedelta(hours=1)), False),
        (REMINDER._replace(send_at=NOW + timedelta(hours=1)), True),
    ],
)
def test_quiet_hours_defer_and_never_drop(letter: Letter, deferred: bool):
    found = planned(letter, Recipient(SOFIA, NIGHT))
    assert found.goes
    assert (found.reason == "quiet-hours") is deferred
    if deferred:
        assert (found.outcome, found.leaves_at) == ("waiting", MORNING)
        assert found.facts == {"until": MORNING, "time_zone": "Europe/Sofia"}
    else:
        assert found.leaves_at == letter.send_at


@pytest.mark.parametrize(
    ("letter", "had", "outcome"),
    [
        (REMINDER, 1, "sent"),
        (REMINDER, 2, "suppressed"),
        (REMINDER, 3, "suppressed"),
        (Letter("marketing", by_hand=True), 3, "sent"),
    ],
)
def test_a_cap_is_kept_by_machines(letter: Letter, had: int, outcome: str):
    found = planned(letter, Recipient(SOFIA, cap=Cap(2, 7), had=had))
    assert found.outcome == outcome
    if outcome == "suppressed":
        assert (found.reason, found.facts) == (
            "frequency-cap",
            {"most": 2, "days": 7, "had": had},
        )
        # The way it would have gone is told all the same.
        assert [one.reason for one in found.choice.verdicts] == [
            "last-inbound",
            "outranked",
            "outranked",
        ]


def test_ways_are_judged_as_of_the_time_it_leaves():
    window = replace(CAN, reply_window=timedelta(hours=2))
    closing = CHAT._replace(capabilities=window)
    assert planned(ways=[closing]).goes
    found = planned(recipient=Recipient(SOFIA, NIGHT), ways=[closing])
    assert (found.outcome, found.reason) == ("no-route", "window-closed")


@pytest.mark.parametrize(
    ("ways", "outcome", "reason"),
    [
        ([], "no-route", "no-contact-point"),
        ([CHAT._replace(blocked=True)], "no-route", "blocked"),
        ([CHAT._replace(opted_out=True), MAIL._replace(blocked=True)], "suppressed", "opted-out"),
        ([CHAT._replace(refusal="withdrawn")], "suppressed", "no-consent"),
    ],
)
def test_without_a_way_it_says_why(ways: list[Candidate], outcome: str, reason: str):
    found = planned(ways=ways)
    assert (found.outcome, found.reason, found.goes) == (outcome, reason, False)


@pytest.mark.parametrize(
    ("wish", "first", "reason"),
    [
        (Wish(), "chat", "last-inbound"),
        (Wish(preferred=("text",)), "text", "preferred"),
        (Wish(preferred=("pigeon", "mail"), order=("text",)), "mail", "preferred"),
        (Wish(order=("text", "mail")), "text", "channel-order"),
        (Wish(order=("text",), channel="mail"), "mail", "channel-named"),
        (
            Wish(preferred=("text",), conversation_last=(CHAT.contact_point_id, CHAT.inbox_id)),
            "chat",
            "conversation",
        ),
    ],
)
def test_whose_preference_counts(wish: Wish, first: str, reason: str):
    found = planned(wish=wish)
    assert found.choice.chosen is not None
    assert (found.choice.chosen.channel, found.reason) == (first, reason)


def test_of_equals_the_cheaper_one_is_taken():
    fresh = [TEXT._replace(created_at=NOW), MAIL]
    assert planned(ways=fresh).choice.chosen == fresh[0]
    found = planned(ways=fresh, wish=Wish(costs={"text": 3}))
    assert (found.choice.chosen, found.reason) == (MAIL, "cheaper")
    assert found.choice.verdicts[1].facts == {"cost": 3}


CHAIN = Wish(fallback=(Fallback("mail", TWO), Fallback("text", 2 * TWO)))


def test_further_ways_in_order():
    legs = planned(wish=CHAIN).choice.legs
    assert [(one.candidate.channel, one.after) for one in legs] == [
        ("chat", timedelta()),
        ("mail", TWO),
        ("text", 2 * TWO),
    ]


FLIPS: dict[str, Callable[[Candidate], Candidate]] = {
    "opted-out": lambda one: one._replace(opted_out=True),
    "no-consent": lambda one: one._replace(refusal="withdrawn"),
    "blocked": lambda one: one._replace(blocked=True),
    "unhealthy": lambda one: one._replace(health="unreachable"),
    "inbox-disabled": lambda one: one._replace(enabled=False),
    "window-closed": lambda one: one._replace(
        capabilities=replace(CAN, reply_window=timedelta(hours=1)),
        last_inbound_at=NOW - timedelta(hours=1),
    ),
    "awaits-visit": lambda one: one._replace(capabilities=replace(CAN, awaits_visit=True)),
    "never-wrote": lambda one: one._replace(
        capabilities=replace(CAN, can_start=False), last_inbound_at=None
    ),
    "no-files": lambda one: one._replace(capabilities=replace(CAN, files=False)),
    "file-too-large": lambda one: one._replace(capabilities=replace(CAN, max_file_bytes=9)),
    "no-buttons": lambda one: one._replace(capabilities=replace(CAN, buttons=False)),
    "no-cc": lambda one: one._replace(capabilities=replace(CAN, cc=False)),
}
NEEDY = CHAIN._replace(largest_file=10, buttons=True, cc=True)
"""A message that needs whatever a channel may lack."""


def test_every_factor_is_flipped():
    """But for what was wished, and an address that is another customer's: that is no candidate."""
    wished = {Obstacle.OTHER_CONTACT_POINT, Obstacle.OTHER_CHANNEL, Obstacle.MOVED_AWAY}
    assert set(FLIPS) == set(Obstacle) - wished


@pytest.mark.parametrize("reason", FLIPS)
def test_one_fact_flips_one_line(reason: str):
    """The last of three ways: those before it are told as before."""
    before = planned(wish=NEEDY)
    after = planned(wish=NEEDY, ways=[CHAT, MAIL, FLIPS[reason](TEXT)])
    lines = {one.candidate.channel: verdict_json(one) for one in before.choice.verdicts}
    flipped = {one.candidate.channel: verdict_json(one) for one in after.choice.verdicts}
    assert [name for name in lines if lines[name] != flipped[name]] == ["text"]
    assert (lines["text"]["reason"], flipped["text"]["reason"]) == ("fallback", reason)
    assert after.outcome == "sent"


def test_a_way_that_is_closed_takes_no_time():
    blocked = MAIL._replace(blocked=True)
    legs = planned(wish=CHAIN, ways=[CHAT, blocked, TEXT]).choice.legs
    assert [(one.candidate.channel, one.after) for one in legs] == [
        ("chat", timedelta()),
        ("text", TWO),
    ]


def test_a_policy_as_it_is_kept():
    assert of({}) == Policy()
    kept = {
        "channels": ["telegram", "sms"],
        "costs": {"sms": 2.5},
        "quiet": {"from": "22:00", "until": "08:00"},
        "time_zone": "Europe/Sofia",
        "caps": {"survey": {"most": 1, "days": 30}},
    }
    assert of(kept) == Policy(
        ("telegram", "sms"), {"sms": 2.5}, NIGHT, "Europe/Sofia", {"survey": Cap(1, 30)}
    )
