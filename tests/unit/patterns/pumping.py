"""Decides whether a pattern takes more than a text's length squared.

Words of its own loops are pumped, longer and longer. Suspect is what takes far longer than the
plainest quadratic pattern; guilty is what then also grows faster than that when the text is four
times as long. Both are ratios of processor time within one run: no bound in seconds.
"""

import re
import time
from collections.abc import Iterator
from typing import Any

from tests.unit.patterns.in_code import Used
from tests.unit.patterns.loops import hostile

ROUNDS = (4, 8, 12, 16, 24, 32, 48, 64, 128, 256, 512)
"""Few first: 24 rounds of `(a+)+$` take a second, 32 of them four minutes."""
LONGEST = 1000
SUSPECT = 40.0
"""Times the plain one. The worst of what is merely quadratic takes 100."""
MANY = 128
"""Rounds from which on a quarter is enough to tell how it grows."""
GROWTH = 32.0
"""By four times as many rounds: 16 when quadratic, 64 when cubic. Before there are many, by twice
as many: 16 for the fourth power."""
LOOKS = 3
"""How often it has to grow so: neighbours in the processor's caches double a time now and then."""
SHORTEST = 200
"""Signs below which a text counts as one of so many: there a pattern's own size prevails."""

_PLAIN = re.compile("a*b")


def seconds(search: Any, text: str | bytes) -> float:
    """Of this thread on the processor, at best: neighbours do not count."""

    def once() -> float:
        begun = time.thread_time()
        search(text)
        return time.thread_time() - begun

    return min(once() for _ in range(3))


class Scale:
    """What the plain pattern takes for a text of a length, measured once in a run."""

    def __init__(self) -> None:
        self._of_a_pair = min(seconds(_PLAIN.search, "a" * 1000) for _ in range(5)) / 1000**2

    def times(self, taken: float, length: int) -> float:
        return taken / self._of_a_pair / max(length, SHORTEST) ** 2


def _texts(used: Used) -> Iterator[dict[int, str | bytes]]:
    """For each of its loops: that so many times, with an end that fits nowhere."""
    raw = isinstance(used.pattern.pattern, bytes)
    for lead, pump in hostile(used.pattern):
        texts = {rounds: f"{lead}{pump * rounds}\0" for rounds in ROUNDS}
        yield {
            rounds: text.encode("latin-1", "replace") if raw else text
            for rounds, text in texts.items()
            if len(text) <= LONGEST
        }


def _guilty(way: Any, texts: dict[int, str | bytes], scale: Scale) -> str | bytes | None:
    for rounds, text in texts.items():
        begun = time.thread_time()
        way(text)
        if scale.times(time.thread_time() - begun, len(text)) < SUSPECT:
            continue
        less = texts.get(rounds // (4 if rounds >= MANY else 2))
        if less and all(_grows(way, text, less) for _ in range(LOOKS)):
            return text
    return None


def _grows(way: Any, text: str | bytes, less: str | bytes) -> bool:
    return seconds(way, text) > GROWTH * seconds(way, less)


def slow(used: Used, scale: Scale) -> str | bytes | None:
    """The first text for which a pattern takes too long in one of the ways in which it is used."""
    once = [used.pattern.match, used.pattern.fullmatch]
    ways = once if used.anchored else [used.pattern.search]
    found = (_guilty(way, texts, scale) for texts in _texts(used) for way in ways)
    return next((text[:60] for text in found if text is not None), None)
