"""What `hub explain` says of a message: codes become words, and none is lost."""

from datetime import UTC, datetime
from uuid import UUID

from hub.cli import words
from hub.cli.explain import about_message
from hub.deliveries.dispatch import Result
from hub.deliveries.route import Obstacle, Preference
from hub.deliveries.status import Status
from hub.ports import Reason

AT = datetime(2026, 5, 3, 9, 14, tzinfo=UTC)
ID = UUID("0198c1de-0000-7000-8000-000000000001")


def test_every_code_of_the_router_has_words():
    codes = {*map(str, Obstacle), *map(str, Preference), *map(str, Reason)} - {"other"}
    assert {code for code in codes if words.why(code) == code} == set()


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
                "at": AT, "outcome": "sent", "reason": "", "rule": "Order notices",
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
