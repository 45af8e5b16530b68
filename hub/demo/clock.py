"""The demo's time: it begins days ago, runs as it should, and leaps until it is today."""

from datetime import datetime, timedelta

from hub.clock import Clock


class LeapingClock:
    """The wall clock less a lag that only ever shrinks: never still, never backwards.

    So the demo's conversations happened over the last week, though nothing in them is inserted:
    each was written through the public doors while it was that hour for this hub.
    """

    def __init__(self, wall: Clock, begins: datetime) -> None:
        self._wall = wall
        self._lag = max(wall() - begins, timedelta(0))

    def __call__(self) -> datetime:
        return self._wall() - self._lag

    def leap_to(self, moment: datetime) -> None:
        """Make it `moment`, unless it is later already."""
        self._lag = max(timedelta(0), min(self._lag, self._wall() - moment))

    def catch_up(self) -> None:
        """From here on it is now."""
        self._lag = timedelta(0)
