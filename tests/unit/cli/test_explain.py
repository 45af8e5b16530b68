"""What `hub explain` says of a message: codes become words, and none is lost."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
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


EN = words.of("en")
CODES = {*map(str, Obstacle), *map(str, Preference), *map(str, Reason)} - {"other"}


def catalogues(folder: str, language: str) -> dict[str, str]:
    path = Path(words.__file__).parents[1] / folder / f"{language}.json"
    read: dict[str, str] = json.loads(path.read_text("utf-8"))
    return read


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_code_has_words_in_every_language(language: str):
    said = words.of(language)
    assert {code for code in CODES if said.why(code) == code} == set()
    known = catalogues("cli/phrases", language)
    # A customer's own stream needs no evidence, and is not shown.
    for family, codes in (
        ("evidence", set(Evidence) - {Evidence.RECORD}),
        ("status", set(Status)),
        ("attempt", {*map(str, Result), "open"}),
    ):
        assert {one.partition(".")[2] for one in known if one.startswith(f"{family}.")} == {
            str(code) for code in codes
        }


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_languages_say_the_same_and_nothing_twice(language: str):
    mine, english = catalogues("cli/phrases", language), catalogues("cli/phrases", "en")
    assert mine.keys() == english.keys()
    for key, phrase in english.items():
        assert set(re.findall(r"{\w+}", mine[key])) == set(re.findall(r"{\w+}", phrase)), key
    # What the console says, too, is said in its words.
    shared = catalogues("web/static/console/words", language).keys() & mine.keys()
    assert {one for one in shared if one.startswith(("reason.", "would.", "dropped."))} == set()


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("ru_RU.UTF-8", "оператор Olga"),
        ("bg", "оператор Olga"),
        ("C.UTF-8", "by the operator Olga"),
        ("", "by the operator Olga"),
        ("de_DE", "by the operator Olga"),
    ],
)
def test_the_terminals_locale_chooses(locale: str, said: str):
    assert words.of(locale).by("operator", "Olga") == said


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
    assert "\n".join(about_message(facts, EN)) == (
        "An outbound message, by the rule Order notices, 2026-05-03 09:14:00 UTC, with Анна"
        f" ({ID}).\n"
        "2026-05-03 09:14:00 UTC: it was decided to send, by the rule Order notices.\n"
        "    -> webchat:a through Luna: the customer last wrote here\n"
        "       tel:+7912 through SMS: the customer asked for silence here\n"
        f"  Delivery {ID} through Luna (webchat): failed (the customer has blocked us here;"
        " 403 from it; code 403).\n"
        "    Attempt 1, 2026-05-03 09:14:00 UTC: refused for good (403).\n"
        f"{ID}"
    )


def test_a_queue_behind_a_closed_inbox_says_so():
    delivery = {
        "status": "queued", "reason": "", "detail": "", "provider_status": "",
        "provider_code": "", "inbox_state": "misconfigured",
    }  # fmt: skip
    assert EN.status(delivery) == "waits to be sent (its inbox is misconfigured)"


@pytest.mark.parametrize(
    ("reason", "facts", "told"),
    [
        (
            "quiet-hours",
            {"until": "2026-05-04T10:00:00.000000Z", "time_zone": "Europe/Sofia"},
            "until 2026-05-04 10:00 UTC, by the clock of Europe/Sofia)",
        ),
        ("frequency-cap", {"most": 1, "days": 7, "had": 2}, "; 2 in 7 days, of 1 at most)"),
        ("last-inbound", {}, "(the customer last wrote here)"),
    ],
)
def test_a_decision_says_what_it_rests_on(reason: str, facts: dict[str, Any], told: str):
    decision = {
        "outcome": "waiting", "reason": reason, "facts": facts, "rule": "", "by_kind": "rule",
    }  # fmt: skip
    assert told in EN.outcome(decision)


def test_a_further_way_says_when_its_turn_comes():
    way = {"contact_point": "tel:+7912", "reason": "fallback", "facts": {"turn": 1, "after": 120}}
    assert EN.candidate(way).endswith(", 120 s after the way before")


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
    assert EN.edge(edge(reason="the same voice")) == (
        f"Anna was merged into a record without a name ({ID}): a one-time code came back from "
        "there; 2026-05-03 09:00:00 UTC, by the operator Olga; “the same voice”; "
        f"can be undone: {ID}."
    )
    undone = {"undone_at": "2026-05-04T09:00:00.000000Z", "undoable": False}
    assert EN.edge(edge(act="split", evidence="operator", contact_point=address, **undone)) == (
        f"tel:+7912 was taken out to a record without a name ({ID}): an operator decided it; "
        "2026-05-03 09:00:00 UTC, by the operator Olga; undone 2026-05-04 09:00:00 UTC."
    )
    began = edge(
        act="", evidence="claimed", contact_point=address, undoable=False,
        by={"kind": "inbox", "id": ID, "name": ""},
    )  # fmt: skip
    assert EN.edge(began) == (
        f"tel:+7912 began with a record without a name ({ID}): somebody said so, and nothing "
        "vouches for it; 2026-05-03 09:00:00 UTC, by an inbox."
    )
