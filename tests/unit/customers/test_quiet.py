"""Quiet hours of a customer's own clock, also where the clock is turned."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clock import zone_of
from hub.customers.quiet import Quiet
from hub.errors import Invalid

SOFIA = ZoneInfo("Europe/Sofia")
NIGHT = Quiet(time(22), time(8))
NOON = Quiet(time(13), time(14, 30))
_FIRST, _LAST = (datetime(year, 1, 1) for year in (2025, 2028))  # noqa: DTZ001 - drawn in UTC


def sofia(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SOFIA).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "moment", "over"),
    [
        (NIGHT, "2026-05-04T21:59", None),
        (NIGHT, "2026-05-04T22:00", "2026-05-05T08:00"),
        (NIGHT, "2026-05-05T07:59", "2026-05-05T08:00"),
        (NIGHT, "2026-05-05T08:00", None),
        (NOON, "2026-05-04T12:59", None),
        (NOON, "2026-05-04T13:00", "2026-05-04T14:30"),
        (NOON, "2026-05-04T14:30", None),
        # The night in which an hour is left out, and the one in which one comes twice.
        (NIGHT, "2026-03-28T23:00", "2026-03-29T08:00"),
        (NIGHT, "2026-10-24T23:00", "2026-10-25T08:00"),
        # Their end is in the hour that is left out.
        (Quiet(time(22), time(3, 30)), "2026-03-29T02:00", "2026-03-29T04:30"),
    ],
)
def test_when_they_are_over(quiet: Quiet, moment: str, over: str | None):
    found = quiet.over_at(sofia(moment), SOFIA)
    assert found == (sofia(over) if over else None)


@settings(deadline=None)
@given(
    moment=st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)),
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(["Europe/Sofia", "America/St_Johns", "Pacific/Apia", "UTC"]),
)
def test_nothing_is_held_for_more_than_a_day(moment: datetime, start: time, end: time, zone: str):
    over = Quiet(start, end).over_at(moment, ZoneInfo(zone))
    assert over is None or moment < over <= moment + timedelta(hours=25)


@pytest.mark.parametrize(
    ("start", "end"), [("22:00", "22:00"), ("24:00", "08:00"), ("9", "10:00")]
)
def test_hours_that_are_none_are_refused(start: str, end: str):
    with pytest.raises(Invalid) as caught:
        Quiet.parse(start, end)
    assert set(caught.value.fields) <= {"quiet.from", "quiet.until"}


def test_hours_are_shown_as_they_are_written():
    assert Quiet.parse("22:00", "08:30").shown == {"from": "22:00", "until": "08:30"}


@pytest.mark.parametrize(
    ("names", "zone"),
    [(("Europe/Sofia", "UTC"), "Europe/Sofia"), (("", "Asia/Tokyo"), "Asia/Tokyo"),
     (("Mars/Base", ""), "UTC")],
)  # fmt: skip
def test_the_first_zone_there_is(names: tuple[str, ...], zone: str):
    assert zone_of(*names).key == zone
