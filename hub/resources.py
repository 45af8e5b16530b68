"""Where the files that are data, not code, lie: in the wheel or in the checkout."""

from pathlib import Path
from typing import Literal

from hub.errors import Unavailable

_PACKAGE = Path(__file__).parent


def path(name: Literal["migrations", "templates"]) -> Path:
    """The folder `name`: `hub/_data/name` in a wheel, else the top level of the repository."""
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise Unavailable(
        f"The folder {name!r} is not part of this installation.",
        remedy="Install the package again: pip install --force-reinstall .",
    )
