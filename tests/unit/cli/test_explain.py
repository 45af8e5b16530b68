"""What `hub explain` says of a message: codes become words, and none is lost."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from hub.cli import words
from hub.cli.explain import about_message
from hub.customers.evidence import Evidence
from hub.deliveries.dispatch import Result
from hub.deliveries.route import Obstacle, Preference
from hub.deliveries.status import Status
from hub.ports import Reason

AT = datetime(2026, 5, 3, 9, 14, tzinfo=UTC)
ID = UUID("0198c1de-0000-7000-8000-000000000001")


def test_every_code_of_the_router_has_words():
    codes = {*map(str, Obstacle), *map(str, Preference), *map(str, Reason)} - {"other"}
    assert {code for code in codes if words.why(code) == code} == set()


def test_every_evidence_has_words():
    # A customer's own stream needs none, and is not shown.
    assert set(Evidence) - {Evidence.RECORD} == set(words._EVIDENCE)


def test_every_status_and_every_end_of_an_attempt_has_words():
    assert {str(status) for status in Status} == set(words._STATUSES)
    assert {str(result) for result in Result} | {""} == set(words._ATTEMPTS)


def test_a_message_with_its_decision_delivery_and_attempt():
    facts = {
        "message": {
            "id": ID, "kind": "message", "direction": "outbound", "channel": "webchat",
            "author_kind": "rule", "author_name": "Order notices", "recorded_at": AT,
            "customer": "Анна", "customer_id": ID, "inbox": "Luna",
        },
        "decisions": [
            {
                "at": AT, "outcome": "sent", "reason": "", "rule": "Order notices", "facts": {},
                "by_kind": "rule",
                "candidates": [
                    {"chosen": True, "contact_point": "webchat:a", "inbox": "Luna",
                     "reason": "last-inbound"},
                    {"chosen": False, "contact_point": "tel:+7912", "inbox": "SMS",
                     "reason": "opted-out"},
                ],
            }
        ],
        "deliveries": [
            {
                "id": ID, "inbox": "Luna", "channel": "webchat", "part": 1, "parts": 1,
                "retry_of": None, "status": "failed", "reason": "blocked", "detail": "403 from it",
                "provider_status": "", "provider_code": "403", "inbox_state": "open",
                "attempts": [
                    {"number": 1, "started_at": AT, "outcome": "permanent", "detail": "403",
                     "provider_code": ""}
                ],
            }
        ],
    }  # fmt: skip
    assert "\n".join(about_message(facts)) == (
        "An outbound message by rule Order notices, 2026-05-03 09:14:00 UTC, with Анна"
        f" ({ID}).\n"
        "2026-05-03 09:14:00 UTC: it was decided to send, by the rule Order notices.\n"
        "    -> webchat:a through Luna: the customer last wrote from there\n"
        "       tel:+7912 through SMS: the customer asked for silence there\n"
        f"  Delivery {ID} through Luna (webchat): failed (the customer has blocked us there;"
        " 403 from it; code 403).\n"
        "    Attempt 1, 2026-05-03 09:14:00 UTC: refused for good (403).\n"
        f"{ID}"
    )


def test_a_queue_behind_a_closed_inbox_says_so():
    delivery = {
        "status": "queued", "reason": "", "detail": "", "provider_status": "",
        "provider_code": "", "inbox_state": "misconfigured",
    }  # fmt: skip
    assert words.status(delivery) == "waits to be sent (its inbox is misconfigured)."


@pytest.mark.parametrize(
    ("reason", "facts", "told"),
    [
        (
            "quiet-hours",
            {"until": "2026-05-04T10:00:00.000000Z", "time_zone": "Europe/Sofia"},
            "until 2026-05-04 10:00 UTC, by the clock of Europe/Sofia)",
        ),
        ("frequency-cap", {"most": 1, "days": 7, "had": 2}, "; 2 in 7 days, of 1 at most)"),
        ("last-inbound", {}, "(the customer last wrote from there)"),
    ],
)
def test_a_decision_says_what_it_rests_on(reason: str, facts: dict[str, Any], told: str):
    decision = {
        "outcome": "waiting", "reason": reason, "facts": facts, "rule": "", "by_kind": "rule",
    }  # fmt: skip
    assert told in words.outcome(decision)


def test_a_further_way_says_when_its_turn_comes():
    way = {"contact_point": "tel:+7912", "reason": "fallback", "facts": {"turn": 1, "after": 120}}
    assert words.candidate(way).endswith(", 120 s after the way before")


def edge(**changed: object) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": ID,
        "act": "merge",
        "evidence": "link-code",
        "reason": "",
        "at": "2026-05-03T09:00:00.000000Z",
        "by": {"kind": "operator", "id": ID, "name": "Olga"},
        "from": {"id": ID, "name": "Anna"},
        "into": {"id": ID, "name": ""},
        "contact_point": None,
        "undone_at": None,
        "undoable": True,
    }
    return facts | changed


def test_every_edge_says_what_joined_whom_and_why():
    address = {"id": ID, "scheme": "tel", "value": "+7912"}
    assert words.edge(edge(reason="the same voice")) == (
        f"Anna was merged into the record without a name ({ID}): a one-time code came back from "
        f"there; 2026-05-03 09:00:00 UTC, by Olga; “the same voice”; can be undone: {ID}."
    )
    undone = {"undone_at": "2026-05-04T09:00:00.000000Z", "undoable": False}
    assert words.edge(edge(act="split", evidence="operator", contact_point=address, **undone)) == (
        f"tel:+7912 was taken out to the record without a name ({ID}): an operator decided it; "
        "2026-05-03 09:00:00 UTC, by Olga; undone 2026-05-04 09:00:00 UTC."
    )
    began = edge(
        act="", evidence="claimed", contact_point=address, undoable=False,
        by={"kind": "inbox", "id": ID, "name": ""},
    )  # fmt: skip
    assert words.edge(began) == (
        f"tel:+7912 began with the record without a name ({ID}): somebody said so, and nothing "
        "vouches for it; 2026-05-03 09:00:00 UTC, by inbox."
    )
