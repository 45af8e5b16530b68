"""Which of the rules that wait for an event it may set off at all: of a thousand, a few."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.rules.active import Active


class Waiting:
    """Rules that wait for the same event, by what their conditions need (`conditions.need`).

    gathering: those that gather for a while before they do anything.
    """

    def __init__(self, rules: Sequence[Active]) -> None:
        self.gathering = [rule for rule in rules if rule.compiled.window is not None]
        self._rules = rules
        self._any: list[int] = []
        self._by_text: dict[str, dict[str, list[int]]] = {}
        for place, rule in enumerate(rules):
            if rule.compiled.need is None:
                self._any.append(place)
                continue
            field, texts = rule.compiled.need
            by_text = self._by_text.setdefault(field, {})
            for text in texts:
                by_text.setdefault(text, []).append(place)

    def that_may(self, facts: Mapping[str, Any]) -> list[Active]:
        """In their order, all whose conditions may hold; those of any other do not."""
        places = [*self._any]
        for field, by_text in self._by_text.items():
            found = facts.get(field)
            if isinstance(found, str):
                places += by_text.get(found, ())
        return [self._rules[place] for place in sorted(places)]
