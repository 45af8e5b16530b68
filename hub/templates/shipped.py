"""The templates this release brings along: one file each, `templates/messages/<name>.yaml`."""

from collections.abc import Mapping
from functools import lru_cache

from hub import resources
from hub.templates.spec import Template, parse


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Template]:
    """By name. They passed `check_template` in the tests, and are not checked again here."""
    folder = resources.path("templates") / "messages"
    return {
        path.stem: _read(path.stem, path.read_text("utf-8"))
        for path in sorted(folder.glob("*.yaml"))
    }


def _read(name: str, source: str) -> Template:
    return parse({"name": name, **resources.parsed(source)})
