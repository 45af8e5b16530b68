"""Which appointment an answer is about, when one message named several."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub.appointments.answers import Answer, button, named_by, of_button, of_words
from hub.reminders.asked import which, which_of
from hub.reminders.which import ALL, Ask, Asked, Given, Taken, number_of, resolve

YES, MOVE, NO = Answer.CONFIRM, Answer.MOVE, Answer.CANCEL
A, B, C = (Ask(UUID(int=n), datetime(2026, 5, n, 9, tzinfo=UTC)) for n in (1, 2, 3))
TWO, THREE = Asked([A, B]), Asked([A, B, C])
EVERY = {one.appointment_id for one in (A, B, C)}


def said(text: str) -> Given:
    """What a message comes to, as `hub.reminders.asked` reads it."""
    return Given(of_words(text), number_of(text))


@pytest.mark.parametrize(
    ("asked", "given", "changing", "expected"),
    [
        # One alone: what it always was.
        (Asked([A]), Given(YES), {A.appointment_id}, Taken(YES, [A])),
        (Asked([A]), Given(YES), set(), Taken(YES, [A])),
        (Asked([A]), Given(None, 7), set(), None),
        # Several, and nobody said which.
        (TWO, said("1"), EVERY, Taken(YES, [A, B], unclear=True)),
        (TWO, said("yes"), EVERY, Taken(YES, [A, B], unclear=True)),
        (TWO, said("3"), EVERY, Taken(NO, [A, B], unclear=True)),
        (
            THREE,
            said("да"),
            {A.appointment_id, C.appointment_id},
            Taken(YES, [A, C], unclear=True),
        ),
        # Only one is left that it would change.
        (TWO, said("yes"), {B.appointment_id}, Taken(YES, [B])),
        # None is left: they are told what became of the first.
        (TWO, said("yes"), set(), Taken(YES, [A])),
        (TWO, said("all"), EVERY, None),
        (TWO, said("both, please"), EVERY, None),
        # A button, or a link of a mail, names it.
        (TWO, Given(NO, named=B.appointment_id), EVERY, Taken(NO, [B])),
        (TWO, Given(NO, named=C.appointment_id), EVERY, None),
        # The answer to "which one?".
        (Asked([A, B], NO), said("2"), EVERY, Taken(NO, [B])),
        (Asked([A, B], NO), said("1"), EVERY, Taken(NO, [A])),
        (Asked([A, B], YES), said("Both!"), EVERY, Taken(YES, [A, B])),
        (Asked([A, B], YES), said("все"), EVERY, Taken(YES, [A, B])),
        (Asked([A, B], YES), said("всички"), EVERY, Taken(YES, [A, B])),
        (Asked([A, B], YES), said("3"), EVERY, None),
        (Asked([A, B], YES), Given(YES, named=A.appointment_id), EVERY, Taken(YES, [A])),
        # The same once more says nothing new; another one is another question.
        (Asked([A, B], YES), said("yes"), EVERY, None),
        (Asked([A, B], YES), said("no"), EVERY, Taken(NO, [A, B], unclear=True)),
    ],
)
def test_which_one_they_mean(
    asked: Asked, given: Given, changing: set[UUID], expected: Taken | None
) -> None:
    assert resolve(asked, given, changing) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        (" 12. ", 12),
        ("ALL", ALL),
        ("и двете", ALL),
        ("0", None),
        ("100", None),
        ("2 please", None),
        ("½", None),
        ("٢", None),
    ],
)
def test_a_number_is_all_that_is_said(text: str, number: int | None) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("answer", Answer)
def test_a_button_names_the_answer_and_the_appointment(answer: Answer) -> None:
    value = button(answer, B.appointment_id)
    assert (of_button(value), named_by(value)) == (answer, B.appointment_id)
    assert len(value) <= 64
    assert (of_button(f"appointment.{answer}"), named_by(f"appointment.{answer}")) == (
        answer,
        None,
    )
    assert named_by(f"other.{B.appointment_id}") is None


def test_what_was_asked_is_kept_with_the_question() -> None:
    timeless = Ask(UUID(int=9), None)
    taken = Taken(MOVE, [A, timeless], unclear=True)
    assert which_of(which(taken)) == Asked([A, timeless], MOVE)
