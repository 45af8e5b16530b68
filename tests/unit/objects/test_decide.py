"""Whether a pushed order is news: every combination of versions, times and bodies."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.objects.decide import Coming, Known, Verdict, judge

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
SAME, OTHER = b"same", b"other"


@pytest.mark.parametrize(
    ("known", "pushed", "verdict"),
    [
        ((5, NOON, SAME), (6, None, OTHER), Verdict.APPLY),
        ((5, NOON, SAME), (5, None, SAME), Verdict.REPEAT),
        ((5, NOON, SAME), (5, None, OTHER), Verdict.CONFLICT),
        ((5, NOON, SAME), (4, NOON + timedelta(days=1), OTHER), Verdict.STALE),
        ((5, NOON, SAME), (None, None, OTHER), Verdict.VERSION_MISSING),
        ((5, NOON, SAME), (None, None, SAME), Verdict.REPEAT),
        ((None, NOON, SAME), (1, None, OTHER), Verdict.APPLY),
        ((None, NOON, SAME), (None, None, OTHER), Verdict.APPLY),
        ((None, NOON, SAME), (None, NOON - timedelta(seconds=1), OTHER), Verdict.STALE),
        ((None, NOON, SAME), (None, NOON, OTHER), Verdict.APPLY),
        ((None, NOON, SAME), (None, NOON - timedelta(seconds=1), SAME), Verdict.REPEAT),
    ],
)
def test_every_case(known, pushed, verdict) -> None:
    assert judge(Known(*known), Coming(*pushed)) is verdict


@given(st.permutations(range(1, 8)), st.lists(st.integers(1, 7), max_size=10))
def test_whatever_the_order_of_versions_the_highest_one_wins(versions, repeats) -> None:
    known = Known(None, NOON, b"0")
    for version in [*versions, *repeats]:
        verdict = judge(known, Coming(version, None, str(version).encode()))
        if verdict is Verdict.APPLY:
            known = Known(version, NOON, str(version).encode())
        else:
            assert verdict in {Verdict.STALE, Verdict.REPEAT}
    assert known.version == 7
