"""What a call's outcome means."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.webhooks.verdict import (
    DISABLE_AFTER,
    LADDER,
    Answer,
    Fate,
    is_hopeless,
    judge,
    rest,
)

NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
NO_ANSWER = Answer(None, 15_000, fault="timed-out")


def answered(code: int, **more: float) -> Answer:
    return Answer(code, 12, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_every_2xx_is_enough(code: int):
    assert judge(answered(code), 1, NOW).fate is Fate.DELIVERED


@pytest.mark.parametrize("code", [301, 302, 307, 308, 400, 401, 403, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize("tries", range(1, len(LADDER) + 1))
def test_everything_else_is_tried_again_up_the_ladder(code: int, tries: int):
    verdict = judge(answered(code), tries, NOW)
    assert verdict.fate is Fate.AGAIN
    assert verdict.again_at == NOW + LADDER[tries - 1]


def test_silence_is_tried_again_too():
    assert judge(NO_ANSWER, 1, NOW).again_at == NOW + LADDER[0]


def test_after_the_last_rung_it_is_given_up():
    assert judge(answered(500), len(LADDER) + 1, NOW).fate is Fate.FAILED
    assert sum(LADDER, timedelta()) > timedelta(days=3)
    assert list(LADDER) == sorted(LADDER)


def test_whoever_is_gone_is_not_called_again():
    assert judge(answered(410), 1, NOW).fate is Fate.GONE


@pytest.mark.parametrize(
    ("asked", "pause"),
    [(1, LADDER[0]), (600, timedelta(minutes=10)), (10**9, timedelta(hours=1))]
    + [(float(huge), timedelta(hours=1)) for huge in ("1" + "0" * 15, "9" * 400)],
)
def test_retry_after_is_obeyed_within_reason(asked: float, pause: timedelta):
    assert judge(answered(503, retry_after=asked), 1, NOW).again_at == NOW + pause
    assert rest(answered(503, retry_after=asked), 1) == pause


@pytest.mark.parametrize("code", [400, 404, 410, 422, 500])
def test_one_delivery_that_displeases_rests_nothing_else(code: int):
    assert rest(answered(code), 1) is None


@pytest.mark.parametrize("answer", [NO_ANSWER, *map(answered, [429, 502, 503, 504])])
def test_a_receiver_in_trouble_is_left_alone_ever_longer(answer: Answer):
    pauses = [rest(answer, failures) for failures in range(1, 100)]
    found = [one for one in pauses if one is not None]
    assert found == sorted(found)
    assert (len(found), found[0], found[-1]) == (99, timedelta(seconds=5), timedelta(minutes=5))


@pytest.mark.parametrize(
    ("since", "hopeless"),
    [
        (None, False),
        (NOW, False),
        (NOW - DISABLE_AFTER + timedelta(seconds=1), False),
        (NOW - DISABLE_AFTER, True),
    ],
)
def test_five_days_of_failure_are_hopeless(since: datetime | None, hopeless: bool):
    assert is_hopeless(since, NOW) is hopeless
