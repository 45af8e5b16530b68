"""How many text messages a text is, as networks count and bill it (3GPP TS 23.038, 23.040).

`hub/web/static/console/compose/segments.js` counts for whoever is writing; a test compares both.
"""

from dataclasses import dataclass
from typing import Literal

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of TS 23.038 section 6.2.1, the escape left out."""
EXTENDED = frozenset("\f^{}\\[~]|€")
"""Its extension table (6.2.1.1): an escape and a letter, so two septets each."""


@dataclass(frozen=True, slots=True)
class Count:
    """`units`: septets (gsm7) or UTF-16 code units (ucs2). `room`: how many more fit as it is."""

    encoding: Literal["gsm7", "ucs2"]
    segments: int
    units: int
    room: int


def count(text: str) -> Count:
    """One letter outside the basic alphabet (Cyrillic, an emoji) makes it UCS-2 as a whole.

    Alone a message holds 160 septets or 70 units; as a part of several 153 or 67, since a header
    says which part it is (TS 23.040, 9.2.3.24.1). No letter is torn between two parts.
    """
    gsm7 = all(letter in BASIC or letter in EXTENDED for letter in text)
    alone, each = (160, 153) if gsm7 else (70, 67)
    widths = [_width(letter, gsm7=gsm7) for letter in text]
    units = sum(widths)
    if units <= alone:
        segments, left = min(units, 1), alone - units
    else:
        segments, left = _packed(widths, each)
    return Count("gsm7" if gsm7 else "ucs2", segments, units, left)


def _width(letter: str, *, gsm7: bool) -> int:
    if gsm7:
        return 2 if letter in EXTENDED else 1
    return 2 if ord(letter) > 0xFFFF else 1


def _packed(widths: list[int], each: int) -> tuple[int, int]:
    """(parts, room left in the last one)"""
    parts, left = 1, each
    for width in widths:
        if width > left:
            parts, left = parts + 1, each
        left -= width
    return parts, left
