"""How far a delivery has come, whatever order the news arrive in."""

import itertools
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.deliveries.status import RANK, Status, merge, message_status

NEWS = st.lists(
    st.sampled_from([Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED, Status.UNKNOWN])
)


@given(st.sampled_from([Status.QUEUED, Status.SENDING, Status.UNKNOWN]), NEWS, st.randoms())
def test_any_order_and_any_repetition_end_alike(start: Status, news: list[Status], random):
    end = reduce(merge, news, start)
    shuffled = news + [one for one in news if random.random() < 0.5]
    random.shuffle(shuffled)
    assert reduce(merge, shuffled, start) == end


@given(st.sampled_from(Status), NEWS)
def test_news_never_take_a_delivery_back(start: Status, news: list[Status]):
    ranks = [RANK[one] for one in itertools.accumulate(news, merge, initial=start)]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("old", "news", "after"),
    [
        ("sending", "sent", "sent"),
        ("sent", "delivered", "delivered"),
        ("delivered", "sent", "delivered"),
        ("read", "delivered", "read"),
        # A late bounce.
        ("sent", "failed", "failed"),
        ("delivered", "failed", "failed"),
        ("failed", "delivered", "failed"),
        # Whoever read it has received it.
        ("read", "failed", "read"),
        ("failed", "read", "read"),
        # A receipt resolves what nobody knew.
        ("unknown", "sent", "sent"),
        ("unknown", "failed", "failed"),
        ("delivered", "unknown", "delivered"),
        # What never left stays so.
        ("cancelled", "delivered", "cancelled"),
        ("suppressed", "failed", "suppressed"),
    ],
)
def test_merging(old: str, news: str, after: str):
    assert merge(Status(old), Status(news)) == after


@pytest.mark.parametrize(
    ("deliveries", "message"),
    [
        ([(1, "sent")], "sent"),
        ([(1, "failed"), (1, "queued")], "queued"),
        ([(1, "failed"), (1, "sent")], "sent"),
        ([(1, "unknown"), (1, "failed")], "unknown"),
        ([(1, "failed"), (1, "cancelled")], "failed"),
        # One half of a message is no message.
        ([(1, "read"), (2, "queued")], "queued"),
        ([(1, "delivered"), (2, "failed")], "failed"),
        ([(1, "sent"), (2, "unknown")], "unknown"),
        ([(1, "failed"), (2, "unknown")], "failed"),
        ([(1, "failed"), (1, "sent"), (2, "delivered")], "sent"),
        ([(1, "cancelled"), (2, "cancelled")], "cancelled"),
    ],
)
def test_a_message_is_as_far_as_its_worst_part(deliveries: list[tuple[int, str]], message: str):
    assert message_status([(0, part, Status(one)) for part, one in deliveries]) == message


@pytest.mark.parametrize(
    ("deliveries", "message"),
    [
        ([(0, 1, "sent"), (1, 1, "waiting")], "sent"),
        ([(0, 1, "failed"), (1, 1, "waiting")], "waiting"),
        ([(0, 1, "failed"), (1, 1, "delivered")], "delivered"),
        ([(0, 1, "delivered"), (1, 1, "cancelled")], "delivered"),
        ([(0, 1, "failed"), (1, 1, "suppressed")], "failed"),
        # Half a message by each way is no message.
        ([(0, 1, "sent"), (0, 2, "failed"), (1, 1, "sent"), (1, 2, "failed")], "failed"),
    ],
)
def test_a_message_is_as_far_as_its_best_way(deliveries: list[tuple[int, int, str]], message: str):
    told = [(turn, part, Status(one)) for turn, part, one in deliveries]
    assert message_status(told) == message
