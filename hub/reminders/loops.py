"""What a node runs of reminders: its due work, and how fast."""

from collections.abc import Mapping

from hub.clock import Clock
from hub.db.engine import Database
from hub.due.loop import DueHandler, Pace
from hub.reminders import firing, planning, scan
from hub.reminders.firing import Reminders
from hub.reminders.scan import Scans
from hub.rules.actions import Tools

PACES: Mapping[str, Pace] = {**firing.PACES, **scan.PACES}


def handlers(database: Database, clock: Clock, tools: Tools) -> Mapping[str, DueHandler]:
    """By the kind of due work."""
    return {
        planning.KIND: Reminders(database, clock, tools),
        scan.KIND: Scans(database, clock),
    }
