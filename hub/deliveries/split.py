"""Where a text that is too long for one provider message is cut."""

import re
import unicodedata

# Tried in this order; each match ends where the next part begins.
_BOUNDS = (
    re.compile(r"\n[^\S\n]*\n\s*"),
    re.compile(r"\n\s*"),
    # Possessive, and only from the start of a run of dots: linear for whatever customers paste.
    re.compile(r"(?<![.!?…。])[.!?…。]++[\"'»”)\]]*+\s+"),
    re.compile(r"\s+"),
)

_ZERO_WIDTH_JOINER = "\u200d"


def units(text: str) -> int:
    """The length of the text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text) + sum(map("\uffff".__lt__, text))


def split(text: str, limit: int, *, utf16: bool = False) -> list[str]:
    """`text` in parts of at most `limit` characters; joined they are `text` again.

    Characters are code points, or UTF-16 code units if `utf16`.

    Cut at the last paragraph, line, sentence or word bound in the second half of a part, else at
    the last word bound, else between two characters a reader sees. Only a single such character
    longer than `limit` is torn.
    """
    if limit < 1:
        raise ValueError("A part holds at least one character.")
    wide = utf16 and not text.isascii()
    if len(text) <= limit and not wide:
        return [text]
    parts, start = [], 0
    while (reach := _reach(text, start, limit, wide=wide)) < len(text):
        end = _cut(text, start, max(reach - start, 1))
        parts.append(text[start:end])
        start = end
    parts.append(text[start:])
    return parts


def _reach(text: str, start: int, limit: int, *, wide: bool) -> int:
    """How far a part that begins at `start` may go at most."""
    end = min(start + limit, len(text))
    while wide and end > start and units(text[start:end]) > limit:
        end -= (units(text[start:end]) - limit + 1) // 2
    return end


def _cut(text: str, start: int, limit: int) -> int:
    end = start + limit
    bounds = [_last_bound(text, pattern, start, end) for pattern in _BOUNDS]
    for bound in bounds:
        if bound > start + limit // 2:
            return bound
    if text[start : bounds[-1]].strip():
        return bounds[-1]
    return _last_whole(text, start, end)


def _last_bound(text: str, pattern: re.Pattern[str], start: int, end: int) -> int:
    ends = (match.end() for match in pattern.finditer(text, start, end))
    return max((at for at in ends if not _joined(text, at, start)), default=start)


def _last_whole(text: str, start: int, end: int) -> int:
    for cut in range(end, start, -1):
        if not _joined(text, cut, start):
            return cut
    return end


def _joined(text: str, at: int, start: int) -> bool:
    """Whether a reader sees the characters before and after `at` as one (after UAX 29)."""
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    return (
        _extends(after)
        or before == _ZERO_WIDTH_JOINER
        or (before == "\r" and after == "\n")
        or (_is_regional(after) and _regionals_before(text, at, start) % 2 == 1)
        or (_is_hangul(before) and _is_hangul_tail(after))
        or (_is_hangul_lead(before) and _is_hangul(after))
    )


def _extends(character: str) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character in {_ZERO_WIDTH_JOINER, "\u200c"}
        or 0x1F3FB <= code <= 0x1F3FF  # skin tones
        or 0xE0020 <= code <= 0xE007F  # tags: the flags of England, Scotland, Wales
    )


def _is_regional(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF


def _regionals_before(text: str, at: int, start: int) -> int:
    first = at
    while first > start and _is_regional(text[first - 1]):
        first -= 1
    return at - first


def _is_hangul_lead(character: str) -> bool:
    return 0x1100 <= ord(character) <= 0x115F or 0xA960 <= ord(character) <= 0xA97F


def _is_hangul_tail(character: str) -> bool:
    return 0x1160 <= ord(character) <= 0x11FF or 0xD7B0 <= ord(character) <= 0xD7FB


def _is_hangul(character: str) -> bool:
    syllable = 0xAC00 <= ord(character) <= 0xD7A3
    return syllable or _is_hangul_lead(character) or _is_hangul_tail(character)
