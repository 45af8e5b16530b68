"""The pause before an inbox is opened again."""

from hub.inboxes.backoff import Backoff


def test_it_doubles_to_a_limit_with_jitter():
    backoff = Backoff(first=1, longest=60)
    pauses = [backoff.failed() for _ in range(50)]
    for number, pause in enumerate(pauses):
        full = min(60, 2**number)
        assert full / 2 <= pause <= full


def test_only_a_stable_period_starts_it_over():
    backoff = Backoff(first=1)
    for _ in range(5):
        assert backoff.failed() > 0
    assert backoff.failed() >= 16
    backoff.settled()
    assert backoff.failed() <= 1


def test_what_held_long_enough_is_not_kept_waiting_longer():
    """A line that is dropped every fifty seconds is opened again within some seconds, for ever."""
    backoff = Backoff(first=1)
    pauses = [backoff.failed(50) for _ in range(50)]
    assert max(pauses) <= 8


def test_what_falls_over_soon_is_kept_waiting_ever_longer_though_it_opens():
    backoff = Backoff(first=1, longest=300)
    pauses = [backoff.failed(5) for _ in range(20)]
    assert min(pauses[9:]) >= 150
