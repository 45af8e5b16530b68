"""What a node of the hub is there for."""

from enum import StrEnum


class Role(StrEnum):
    WEB = "web"
    """Answers HTTP; opens inboxes to be written to, but receives from none."""
    WORKER = "worker"
    """Runs the loops: receiving, sending, rules, search."""
    ALL = "all"
