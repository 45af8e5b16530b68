"""What is wrong with an installation, one plain sentence a fault, and what to do about each.

Looks, and changes nothing: it makes no data directory, no database, and migrates nothing.
"""

from hub.clock import Clock
from hub.doctor.findings import Finding, Level, problem
from hub.doctor.installation import look_at_installation
from hub.doctor.machine import look_at_machine
from hub.doctor.serving import look_at_serving
from hub.settings import Settings

__all__ = ["Finding", "Level", "examine", "problem"]


async def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """Every check in the order in which one builds on the other."""
    return [
        *look_at_machine(settings),
        *await look_at_serving(settings),
        *await look_at_installation(settings, clock),
    ]
