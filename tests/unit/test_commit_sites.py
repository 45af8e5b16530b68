"""Whoever adds a commit to the hub says what it costs to be killed there."""

from tests.crash.points import APART, ELSEWHERE, LATER, WAY_IN, WAY_OUT
from tests.crash.sites import commit_sites

NO_TRANSACTIONS = {"channel.send", "relay.move"}


def test_each_commit_of_the_source_is_listed_once() -> None:
    apart = [site for sites in APART.values() for site in sites]
    passed = {*WAY_IN.values(), *WAY_OUT.values(), *LATER.values(), *ELSEWHERE}
    functions = {point.partition("[")[0] for point in passed} - NO_TRANSACTIONS
    listed = functions | set(apart)
    found = commit_sites()
    assert not found - listed, "tests/crash/points.py: what does a kill there cost?"
    assert not listed - found, "tests/crash/points.py lists what is gone"
    assert not functions & set(apart)
