"""A field with parameters (RFC 2045 5.1, RFC 2231): value and parameters, however quoted."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from channels.email.parsing import charset, words

_NAME = re.compile(r"[;\s]*+(?:([^=;\s\"]{1,100}+)\s*+|[=\"]|\Z)")
_NEXT = re.compile(r";\s*[A-Za-z][\w-]*(?:\*\d{0,4}\*?)?\s*=")
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,4}))?(\*)?\Z", re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")
_MAX = 200
_SHORT = 200


@dataclass(frozen=True, slots=True)
class Parametered:
    """`value` in lower case, `parameters` by lower-case name, decoded."""

    value: str
    parameters: dict[str, str]

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    encoded: bool
    order: int


def parse(field: str, hint: str | None = None) -> Parametered:
    """`text/plain; charset="utf-8"` in its parts."""
    # Most parts say one of a few things; nobody changes what comes back.
    return _known(field, hint) if len(field) < _SHORT else _parsed(field, hint)


@lru_cache(maxsize=128)
def _known(field: str, hint: str | None) -> Parametered:
    return _parsed(field, hint)


def _parsed(field: str, hint: str | None) -> Parametered:
    head, _, rest = field.partition(";")
    pieces: dict[str, list[_Piece]] = {}
    for name, value in _pairs(rest):
        section = _SECTION.match(name)
        if section:
            piece = _Piece(value, bool(section[3]), int(section[2] or 0))
            # `filename` and `filename*` side by side: the extended one is meant (RFC 6266 4.3).
            key = f"{section[1].lower()}{'*' if section[2] or section[3] else ''}"
            pieces.setdefault(key, []).append(piece)
    plain = {k: _plain(v[0].text) for k, v in pieces.items() if not k.endswith("*")}
    extended = {k[:-1]: _extended(v, hint) for k, v in pieces.items() if k.endswith("*")}
    value = _CONTROL.sub("", head).strip().strip("\"'").lower()
    return Parametered(value, plain | {k: v for k, v in extended.items() if v})


def _pairs(rest: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(rest) and len(found) < _MAX:
        name = _NAME.match(rest, at)
        at = name.end() if name else len(rest)
        if name is None or name[1] is None or rest[at : at + 1] != "=":
            continue
        value, at = _value(rest, at + 1)
        found.append((name[1], value))
    return found


def _value(rest: str, at: int) -> tuple[str, int]:
    while at < len(rest) and rest[at].isspace():
        at += 1
    if rest[at : at + 1] == '"':
        return _quoted(rest, at + 1)
    # Blanks in an unquoted value are wrong and common: a name ends at the next parameter.
    following = _NEXT.search(rest, at)
    end = following.start() if following else len(rest)
    return rest[at:end].strip().rstrip(";").strip(), end


def _quoted(rest: str, at: int) -> tuple[str, int]:
    end = at
    while end < len(rest) and rest[end] != '"':
        # A backslash before anything else is a path of Windows.
        end += 2 if rest[end] == "\\" and rest[end + 1 : end + 2] in {'"', "\\"} else 1
    if end >= len(rest):
        following = _NEXT.search(rest, at)
        end = following.start() if following else len(rest)
    return _ESCAPE.sub(r"\1", rest[at:end]), end + 1


def _plain(value: str) -> str:
    # RFC 2047 5 forbids encoded words here; nearly every client writes and reads them.
    decoded = words.text(value) if "=?" in value else value
    if "%" in decoded and decoded.lower().startswith("utf-8''"):
        return _extended([_Piece(decoded, encoded=True, order=0)], None)
    return _CONTROL.sub("", decoded).strip()


def _extended(pieces: list[_Piece], hint: str | None) -> str:
    ordered = sorted(pieces, key=lambda piece: piece.order)
    label, raw = "", b""
    for index, piece in enumerate(ordered):
        text = piece.text
        if index == 0 and piece.encoded and text.count("'") >= 2:
            label, _, text = text.split("'", 2)
        raw += unquote_to_bytes(text) if piece.encoded else text.encode("utf-8", "replace")
    return _plain_words(charset.decode(raw, label, hint))


def _plain_words(value: str) -> str:
    return _CONTROL.sub("", words.text(value) if "=?" in value else value).strip()
