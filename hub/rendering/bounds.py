"""How much work and text one rendering may be, whatever the template and its facts are.

Counted, not timed: the same template with the same facts always ends the same way.
"""

from itertools import islice

from hub.errors import Invalid
from hub.mappings import MAPPINGS

MAX_OUTPUT = 20_000
"""Characters: longer than any notice, shorter than what would hurt."""
MAX_SOURCE = 20_000
MAX_NODES = 3_000
"""Of the syntax tree."""
MAX_DEPTH = 20
MAX_TURNS = 100
"""Of one loop; the rest of a longer list is left out."""
_WORK = 100_000
_LETTERS_A_STEP = 64
_MOST_VALUES = 20_000
_DEEPEST = 12
_LARGEST_NUMBER = 10**30
_LISTS = (list, tuple, set, frozenset)


class Budget:
    """The steps that are left of one rendering."""

    def __init__(self) -> None:
        self._left = _WORK

    def spend(self, value: object = None) -> None:
        """One step, more for a long text; raises Invalid when nothing is left."""
        if isinstance(value, str):
            self._left -= len(value) // _LETTERS_A_STEP
        self.step()

    def step(self) -> None:
        """One step, of what takes no longer for a long text."""
        self._left -= 1
        if self._left < 0:
            raise Invalid(
                "Filling in the template is too much work.",
                remedy="Loop over less, or use fewer filters inside the loop.",
            )


class Cutting:
    """Copies of facts that no rendering can be slow with.

    Texts are cut where no message could hold them, what nests deep and what comes after 20,000
    values is empty, and so is a number nobody counts with.
    """

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def __call__(self, value: object) -> object:
        # Nearly every field is a short text: it is a value, and nothing of it is cut.
        if type(value) is str and len(value) <= MAX_OUTPUT and self._left > 0:
            self._left -= 1
            return value
        return self._trim(value, 0)

    def _trim(self, value: object, depth: int) -> object:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            return None
        if value is None or isinstance(value, str):
            return value and value[:MAX_OUTPUT]
        if isinstance(value, _LISTS):
            return [self._trim(one, depth + 1) for one in islice(value, self._left)]
        if isinstance(value, MAPPINGS):
            inner = islice(value.items(), self._left)
            return {str(key)[:200]: self._trim(one, depth + 1) for key, one in inner}
        if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
            return None
        return value
