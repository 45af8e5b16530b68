"""One running process of the hub."""

from hub.node.parts import Role, try_inbox
from hub.node.process import Ready, run

__all__ = ["Ready", "Role", "run", "try_inbox"]
