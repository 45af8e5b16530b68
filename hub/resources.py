"""Where the files that are data, not code, lie, in wheel or checkout, and what they say."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from hub.errors import Unavailable

_PACKAGE = Path(__file__).parent
# The C one takes a tenth of the time; every wheel of PyYAML has it, other builds may not.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def path(name: Literal["migrations", "templates"]) -> Path:
    """The folder `name`: `hub/_data/name` in a wheel, else the top level of the repository."""
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise Unavailable(
        f"The folder {name!r} is not part of this installation.",
        remedy="Install the package again: pip install --force-reinstall .",
    )


@cache
def words(*way: str) -> Mapping[str, Mapping[str, Any]]:
    """What a YAML file below `templates` says, by language; read once."""
    return parsed(path("templates").joinpath(*way).read_text(encoding="utf-8"))


def parsed(text: str) -> dict[str, Any]:
    """The mapping that one of our own YAML files is."""
    found: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - both are safe
    return found
