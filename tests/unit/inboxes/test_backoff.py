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
