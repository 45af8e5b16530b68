"""One alert per incident: not for a hiccup, not twice, and a word when it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.alerts.incidents import AGAIN, CALM, PATTERNS, Judgement, Known, Sign, judge
from hub.ids import new_id
from hub.operators.access import Role

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
DOWN = ("inbox-down", "mail")


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def sign(kind: str = "inbox-down", since: float = 0, latest: float | None = None) -> Sign:
    return Sign(kind, "mail", at(since), at(since if latest is None else latest))


class Log:
    """What is known, as the table keeps it; each look says what was told."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Known] = {}
        self.told: dict[tuple[str, str], datetime] = {}

    def look(self, minutes: float, *signs: Sign) -> list[str]:
        now = at(minutes)
        judged = judge(signs, list(self.known.values()), now, self.told)
        self._apply(judged, now)
        return sorted(
            [f"+{kind}" for kind, _ in judged.tell] + [f"-{o.kind}" for o in judged.over]
        )

    def _apply(self, judged: Judgement, now: datetime) -> None:
        for one in [*judged.over, *judged.ended]:
            del self.known[one.kind, one.subject]
            if one.told_at is not None:
                self.told[one.kind, one.subject] = one.told_at
        for found in [*judged.new, *judged.seen.values()]:
            key = (found.kind, found.subject)
            before = self.known.get(key)
            earlier = before.told_at if before else None
            told = now if key in judged.tell else earlier
            since = before.since if before else found.since
            self.known[key] = Known(new_id(), *key, since, now, told)


def test_a_hiccup_is_told_to_nobody() -> None:
    log = Log()
    assert [log.look(minute, sign()) for minute in (0, 2, 4)] == [[], [], []]
    assert [log.look(minute) for minute in (5, 7)] == [[], []]
    assert log.known == {}


def test_what_lasts_is_told_once_and_then_that_it_is_over() -> None:
    log = Log()
    said = [log.look(minute, sign()) for minute in range(20)]
    assert [minute for minute, words in enumerate(said) if words] == [5]
    assert said[5] == ["+inbox-down"]
    assert log.look(20) == []
    assert log.look(21) == ["-inbox-down"]
    assert log.look(22) == []


def test_what_was_so_long_before_the_first_look_is_told_at_once() -> None:
    assert Log().look(60, sign(since=0)) == ["+inbox-down"]


def test_what_comes_and_goes_is_one_incident() -> None:
    log, said = Log(), []
    for minute in range(40):
        # A minute down, a minute up, with a new beginning each time.
        said += log.look(minute, *([sign(since=minute)] if minute % 2 == 0 else []))
    assert said == ["+inbox-down"]
    said = [word for minute in range(40, 50) for word in log.look(minute)]
    assert said == ["-inbox-down"]


def test_the_same_trouble_later_is_another_incident() -> None:
    log = Log()
    log.look(5, sign())
    assert log.look(8) == ["-inbox-down"]
    assert log.look(20, sign(since=20)) == []
    assert log.look(25, sign(since=20)) == ["+inbox-down"]


def test_what_gets_ever_more_is_told_again_but_seldom() -> None:
    log, said = Log(), []
    for minute in range(0, 13 * 60, 10):
        said += [minute] if log.look(minute, sign("quarantine", 0, latest=minute)) else []
    assert said == [0, 360, 720]


def test_what_stays_as_it_is_is_not_told_again() -> None:
    log = Log()
    assert log.look(0, sign("quarantine")) == ["+quarantine"]
    days = [log.look(minute, sign("quarantine")) for minute in range(60, 3 * 24 * 60, 60)]
    assert not any(days)


def test_the_end_of_what_cannot_be_undone_is_no_news() -> None:
    log = Log()
    assert log.look(0, sign("event-skipped")) == ["+event-skipped"]
    assert log.look(90) == []
    assert log.known == {}


def test_what_flaps_and_whose_end_is_no_news_is_told_every_six_hours_at_most() -> None:
    log, said = Log(), []
    for minute in range(0, 13 * 60, 10):
        # Away long enough to be over, each time.
        said += [minute] if log.look(minute, sign("failing", minute)) else []
        assert log.known, "it is shown all the same"
        log.look(minute + 3)
        assert not log.known
    assert said == [0, 360, 720]


def test_every_incident_stands_alone() -> None:
    log = Log()
    both = [sign(), Sign("inbox-down", "bot", at(3), at(3))]
    assert log.look(5, *both) == ["+inbox-down"]
    assert log.look(8, *both) == ["+inbox-down"]
    assert log.look(10, both[1]) == ["-inbox-down"]


def test_a_look_after_a_long_pause_ends_what_is_gone() -> None:
    log = Log()
    log.look(5, sign())
    assert log.look(5000) == ["-inbox-down"]


@pytest.mark.parametrize("kind", PATTERNS)
def test_who_is_told_can_help(kind: str) -> None:
    pattern = PATTERNS[kind]
    assert Role.ADMINISTRATOR in pattern.roles
    assert not pattern.roles & {Role.OPERATOR, Role.READER}
    assert timedelta(0) <= pattern.after <= timedelta(minutes=5) < AGAIN
    # Two looks without a sign, not one that came between a close and an open.
    assert timedelta(minutes=1) <= CALM
