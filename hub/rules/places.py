"""Where in a rule something is wrong: `conditions.all.0`, `actions.1.then.0`."""

from collections.abc import Iterator
from contextlib import contextmanager

from hub.errors import Invalid


@contextmanager
def at(path: str) -> Iterator[None]:
    """What is refused inside is refused with this place, unless it names one itself."""
    try:
        yield
    except Invalid as error:
        if error.fields:
            raise
        raise Invalid(str(error), remedy=error.remedy, fields={path: str(error)}) from error
