"""What `hub` imports by and by, all at once: for the process that others are forked from."""

from importlib import import_module
from importlib.metadata import entry_points

for _command in ("serving", "schema", "operators", "tokens", "inboxes", "rules", "faults"):
    import_module(f"hub.cli.{_command}")
for _group in ("hub.channels", "hub.commands"):
    for _found in entry_points(group=_group):
        _found.load()
