"""What a customer's answer to "will you come?" means for the appointment. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.appointments.status import (
    CANCEL_REQUESTED,
    CANCELLED,
    CONFIRMED,
    MOVE_REQUESTED,
    has_ended,
    meaning,
)
from hub.ids import parse_id


class Answer(StrEnum):
    CONFIRM = "confirm"
    MOVE = "move"
    CANCEL = "cancel"


class Verdict(StrEnum):
    """What is said to the customer: the last part of a template's name."""

    CONFIRMED = "confirmed"
    MOVE_REQUESTED = "move-requested"
    CANCEL_REQUESTED = "cancel-requested"
    MOVED = "moved-meanwhile"
    """They answered for a time that is no longer the appointment's."""
    OFF = "off"
    """It has been cancelled."""
    OVER = "over"
    """It has begun, or is over."""


STATUS: Mapping[Answer, str] = {
    Answer.CONFIRM: CONFIRMED,
    Answer.MOVE: MOVE_REQUESTED,
    Answer.CANCEL: CANCEL_REQUESTED,
}
_SAID: Mapping[Answer, Verdict] = {
    Answer.CONFIRM: Verdict.CONFIRMED,
    Answer.MOVE: Verdict.MOVE_REQUESTED,
    Answer.CANCEL: Verdict.CANCEL_REQUESTED,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """status: which the appointment gets; empty where the answer changes nothing."""

    verdict: Verdict
    status: str = ""


def weigh(
    answer: Answer,
    *,
    asked_for: datetime | None,
    status: str,
    starts_at: datetime | None,
    now: datetime,
) -> Outcome:
    """What the answer changes. `asked_for`: when it was to start when they were asked."""
    if meaning(status) == CANCELLED:
        return Outcome(Verdict.OFF)
    if has_ended(status) or (starts_at is not None and now >= starts_at):
        return Outcome(Verdict.OVER)
    if asked_for != starts_at:
        return Outcome(Verdict.MOVED)
    # Said twice it is said once: the same words come back, and nothing changes.
    wanted = STATUS[answer]
    return Outcome(_SAID[answer], "" if status == wanted else wanted)


_WORDS: Mapping[Answer, frozenset[str]] = {
    Answer.CONFIRM: frozenset({
        "1", "+", "👍", "yes", "y", "ok", "okay", "sure", "confirm", "confirmed",
        "i will come", "i'll come", "i'll be there",
        "да", "ага", "ок", "хорошо", "конечно", "подтверждаю", "приду", "буду", "я приду",
        "потвърждавам", "ще дойда", "идвам", "добре", "разбира се",
    }),
    Answer.MOVE: frozenset({
        "2", "move", "reschedule", "another time",
        "другое время", "перенести", "перенесите", "перенос",
        "друг час", "друго време", "премести", "преместете", "преместване",
    }),
    Answer.CANCEL: frozenset({
        "3", "-", "👎", "no", "n", "i won't come", "i can't come",
        "нет", "не приду", "не смогу", "отмена", "отмените", "отменить", "отменяю",
        "не", "няма да дойда", "няма да мога", "отказвам", "отмени", "отменете",
    }),
}  # fmt: skip
_BUTTON = "appointment."


def of_button(value: str) -> Answer | None:
    """The answer that a button's value stands for: `appointment.confirm`, or one of `button`."""
    name = value.removeprefix(_BUTTON).partition(".")[0]
    return Answer(name) if value.startswith(_BUTTON) and name in set(Answer) else None


def button(answer: Answer, appointment_id: UUID) -> str:
    """The value of a button that says for which appointment it answers."""
    return f"{_BUTTON}{answer}.{appointment_id}"


def named_by(value: str) -> UUID | None:
    """The appointment that a button's value names; most name none."""
    return parse_id(value.rpartition(".")[2]) if value.startswith(_BUTTON) else None


_OF_CALENDARS = {"accepted": Answer.CONFIRM, "declined": Answer.CANCEL}


def of_calendar(said: object) -> Answer | None:
    """The answer that somebody's calendar gave for them; "tentative" is none."""
    return _OF_CALENDARS.get(said) if isinstance(said, str) else None


def of_words(text: str) -> Answer | None:
    """The answer that a message is, which says nothing else; in any of our languages."""
    words = " ".join(text.casefold().replace("’", "'").split()).strip(" .!,)")
    return next((answer for answer, known in _WORDS.items() if words in known), None)
