"""What customers say to "will you come?", and what it changes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.appointments.answers import Answer, Outcome, Verdict, of_button, of_words, weigh
from hub.appointments.links import AnswerLinks
from hub.crypto import Keyring
from hub.ids import new_id

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=3)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("1", Answer.CONFIRM),
        (" Да! ", Answer.CONFIRM),
        ("YES.", Answer.CONFIRM),
        ("потвърждавам", Answer.CONFIRM),
        ("Ще дойда", Answer.CONFIRM),
        ("I’ll come", Answer.CONFIRM),
        ("2", Answer.MOVE),
        ("Друг час", Answer.MOVE),
        ("перенести", Answer.MOVE),
        ("3)", Answer.CANCEL),
        ("нет", Answer.CANCEL),
        ("няма да дойда", Answer.CANCEL),
        ("no", Answer.CANCEL),
        ("yes, but may I bring my daughter?", None),
        ("да нет", None),
        ("11", None),
        ("stop", None),
        ("cancel", None),
        ("", None),
    ],
)
def test_a_message_that_is_nothing_but_an_answer(said: str, answer: Answer | None) -> None:
    assert of_words(said) is answer


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("appointment.confirm", Answer.CONFIRM),
        ("appointment.move", Answer.MOVE),
        ("appointment.cancel", Answer.CANCEL),
        ("appointment.anything", None),
        ("confirm", None),
        ("", None),
    ],
)
def test_buttons(value: str, answer: Answer | None) -> None:
    assert of_button(value) is answer


@pytest.mark.parametrize(
    ("answer", "status", "asked_for", "now", "expected"),
    [
        (Answer.CONFIRM, "booked", LATER, NOON, Outcome(Verdict.CONFIRMED, "confirmed")),
        (Answer.MOVE, "booked", LATER, NOON, Outcome(Verdict.MOVE_REQUESTED, "move-requested")),
        (
            Answer.CANCEL,
            "confirmed",
            LATER,
            NOON,
            Outcome(Verdict.CANCEL_REQUESTED, "cancel-requested"),
        ),
        (Answer.CONFIRM, "confirmed", LATER, NOON, Outcome(Verdict.CONFIRMED)),
        (Answer.CONFIRM, "cancel-requested", LATER, NOON, Outcome(Verdict.CONFIRMED, "confirmed")),
        (Answer.CONFIRM, "booked", NOON, NOON, Outcome(Verdict.MOVED)),
        (Answer.CONFIRM, "canceled", LATER, NOON, Outcome(Verdict.OFF)),
        (Answer.CANCEL, "completed", LATER, NOON, Outcome(Verdict.OVER)),
        (Answer.CONFIRM, "booked", LATER, LATER, Outcome(Verdict.OVER)),
    ],
)
def test_what_an_answer_changes(
    answer: Answer, status: str, asked_for: datetime, now: datetime, expected: Outcome
) -> None:
    found = weigh(answer, asked_for=asked_for, status=status, starts_at=LATER, now=now)
    assert found == expected


@given(st.text(max_size=60))
def test_nothing_that_is_said_breaks_it(said: str) -> None:
    assert of_words(said) in {None, *Answer}
    assert of_button(said) in {None, *Answer}


def test_a_link_is_about_one_appointment_and_one_time() -> None:
    links = AnswerLinks(Keyring("secret"), "https://hub.example")
    id_ = new_id()
    token = links.url(id_, NOON).removeprefix("https://hub.example/appointment/")
    linked = links.read(token)
    assert linked is not None
    assert (linked.appointment_id, linked.starts_at) == (id_, NOON)
    assert AnswerLinks(Keyring("other"), "").read(token) is None
    named, _, signature = token.rpartition(".")
    later = f"{named[:-1]}{(int(named[-1]) + 1) % 10}.{signature}"
    assert links.read(later) is None
    for broken in ("", ".", "a.b.c", token[:-1], named):
        assert links.read(broken) is None
