"""Encoded words of RFC 2047 read as mail clients read them, whole or broken."""

import binascii
import re
from dataclasses import dataclass

from channels.email.parsing import charset
from channels.email.parsing.transfer import base64

_START = re.compile(r"=\?([A-Za-z0-9_.:*+-]{1,60})\?([bBqQ])\?")
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_LONGEST = 8_000
"""Characters of one word: 75 are allowed, whole subjects in one word are seen."""
_TWICE = re.compile(r"\s*=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]*\?=\s*\Z")
_BLANK_Q = re.compile(r"[\r\n]+[ \t]*")


@dataclass(frozen=True, slots=True)
class Word:
    """An encoded word found at `start`..`end`; `raw` are the bytes it holds."""

    charset: str
    encoding: str
    raw: bytes
    start: int
    end: int


def unfolded(raw: bytes, hint: str | None = None) -> str:
    """A field's text with its encoded words left as they are; bytes beyond ASCII decoded."""
    return charset.decode(raw, None, hint)


def text(value: str) -> str:
    """Encoded words decoded and white space made single; a line break is a blank."""
    if "=?" not in value:
        return _SPACE.sub(" ", value).strip()
    once = _joined(value)
    # Gateways encode what was encoded already; a text of nothing but words was encoded twice.
    if "=?" in once and _TWICE.match(once):
        once = _joined(once)
    return _SPACE.sub(" ", once).strip()


def encoded_at(value: str, at: int) -> Word | None:
    """The encoded word that starts at `at`, if one does."""
    start = _START.match(value, at)
    return _word(value, start) if start else None


def _joined(value: str) -> str:
    out: list[str] = []
    run: list[Word] = []
    at = 0
    while start := _START.search(value, at):
        word = _word(value, start)
        if word is None:
            break
        between = value[at : word.start]
        if run and between.strip():
            out.append(_decoded(run))
            run = []
        # White space between two encoded words belongs to neither (RFC 2047 6.2).
        if not run:
            out.append(between)
        run.append(word)
        at = word.end
    out.append(_decoded(run))
    return "".join([*out, value[at:]])


def _decoded(run: list[Word]) -> str:
    """Adjacent words; a character split between two of the same charset is put together."""
    out: list[str] = []
    raw = b""
    for index, word in enumerate(run):
        raw += word.raw
        following = run[index + 1] if index + 1 < len(run) else None
        if following is None or following.charset.lower() != word.charset.lower():
            out.append(charset.decode(raw, word.charset))
            raw = b""
    return "".join(out)


def _word(value: str, start: re.Match[str]) -> Word | None:
    end = value.find("?=", start.end(), start.end() + _LONGEST)
    if end < 0:
        return _cut_off(value, start)
    payload = value[start.end() : end]
    if _START.search(payload):
        # This word was never closed; the one inside is whole.
        inner = _START.search(value, start.end())
        end = inner.start() if inner else end
        payload, after = value[start.end() : end], end
    else:
        after = end + 2
    return _made(start, payload.strip(), after)


def _cut_off(value: str, start: re.Match[str]) -> Word | None:
    """The last word of a field that was cut at a length: what there is of it."""
    payload = value[start.end() : start.end() + _LONGEST]
    if not payload or _SPACE.search(payload.strip()):
        return None
    return _made(start, payload.rstrip("?= "), len(value))


def _made(start: re.Match[str], payload: str, end: int) -> Word:
    raw = payload.encode("utf-8", "replace")
    if start[2] in "bB":
        raw = base64(raw)
    else:
        raw = binascii.a2b_qp(_BLANK_Q.sub("", payload).encode("utf-8", "replace"), header=True)
    return Word(start[1], start[2].lower(), raw, start.start(), end)
