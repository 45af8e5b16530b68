"""The capabilities of the shipped channels as the table of docs/adding-a-channel.md.

`python -m tests.capabilities` prints it.
"""

import sys
from dataclasses import fields
from datetime import timedelta
from importlib.metadata import entry_points

from hub.ports import Capabilities, ChannelType


def shipped() -> list[ChannelType]:
    """The channel types of this distribution, by name."""
    found = [
        point.load()
        for point in entry_points(group="hub.channels")
        if point.value.startswith("channels.")
    ]
    return sorted(found, key=lambda one: str(one.name))


def table() -> str:
    types = shipped()
    rows = [["capability", *(f"`{one.name}`" for one in types)], ["---"] * (len(types) + 1)]
    for field in fields(Capabilities):
        values = (_spelled(field.name, getattr(one.capabilities, field.name)) for one in types)
        rows.append([f"`{field.name}`", *values])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _spelled(name: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return f"{value / timedelta(hours=1):g} h"
        case frozenset():
            return ", ".join(f"`{one}`" for one in sorted(value))
        case tuple() if value:
            return f"{len(value)}"
        case int() | float():
            return "no limit" if not value and "per_second" in name else f"{value:,}"
        case _:
            return "none"


if __name__ == "__main__":
    sys.stdout.write(table())
