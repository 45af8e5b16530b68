"""What an operator may mean with what they typed: parts of names, telephones, mail addresses.

Pure. A part is matched anywhere in what is kept; a name also with a slip of the pen.
"""

import re
from collections.abc import Iterator

from hub.customers.addresses import ascii_domain
from hub.customers.folding import fold
from hub.customers.likeness import loose_mail_of

FEWEST_DIGITS = 3
_SEPARATORS = re.compile(r"[\s().+\-\u2010-\u2015/]")
_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_LONG = 8
"""Letters from which on a word may hold two slips."""
_SHORT = 4
"""Letters below which neither may hold one: `Яна` and `Ева` are two names."""


def phone_part(q: str) -> str | None:
    """The digits of a number's fragment however they are grouped, or None when it is none.

    What is only dialled within a country (8 in Russia, 0 elsewhere, 00 before a country's code)
    stands in no number as it is kept, so it is left out.
    """
    digits = _SEPARATORS.sub("", q)
    if not (digits.isascii() and digits.isdigit() and len(digits) >= FEWEST_DIGITS):
        return None
    if q.strip().startswith("+") or len(digits) <= FEWEST_DIGITS:
        return digits
    bare = digits.lstrip("0") if digits.startswith("0") else digits.removeprefix("8")
    return bare if len(bare) >= FEWEST_DIGITS else digits


def address_parts(q: str) -> tuple[str, ...]:
    """How a fragment of an address may be kept: without blanks, with its domain in ASCII, loosely.

    `@почта.рф` is kept as `@xn--80a1acny.xn--p1ai`; `anna+shop@gmail.com` may be `anna@gmail.com`.
    """
    compact = "".join(c for c in q.lower() if c not in " ()-\u00a0")
    return tuple(dict.fromkeys(filter(None, _spellings(compact))))


def _spellings(compact: str) -> Iterator[str]:
    yield compact
    local, at, domain = compact.rpartition("@")
    if not domain.isascii() and "." in domain.strip("."):
        yield f"{local}{at}{ascii_domain(domain)}"
    if at and local:
        yield loose_mail_of(compact)


def slipped(q: str, text: str) -> bool:
    """Whether each word of `q` is a word of `text` but for a slip; not when all are just that.

    A slip: a letter more, less, another one, or two neighbours swapped. Where only numbers
    differ, it is another number that was meant.
    """
    asked, there = _WORD.findall(fold(q)), _WORD.findall(fold(text))
    if not any(word not in there and not _DIGIT.search(word) for word in asked):
        return False
    return all(any(_near(word, other) for other in there) for word in asked)


def _near(one: str, other: str) -> bool:
    if one == other:
        return True
    shorter, longer = sorted((len(one), len(other)))
    if longer < _SHORT or shorter < _SHORT - 1:
        return False
    return slips(one, other) <= (2 if shorter >= _LONG else 1)


def slips(one: str, other: str) -> int:
    """How many slips lead from one word to the other; three stand for all that are more.

    Optimal string alignment (Damerau 1964), within a band of two letters.
    """
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, twin in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != twin))
            if earlier and j > 1 and letter == other[j - 2] and one[i - 2] == twin:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
        if min(row) > 2:
            return 3
    return min(row[-1], 3)


def order_numbers(q: str) -> tuple[str, ...]:
    """What of it may be (a part of) an order's number: all of it, and each word with a digit."""
    whole = q.strip().lstrip("#№").strip()
    words = (word.strip("#№.,:;()?!") for word in q.split())
    numbered = [word for word in words if len(word) >= 3 and any(c.isdigit() for c in word)]
    return tuple(dict.fromkeys(filter(None, (whole, *numbered))))
