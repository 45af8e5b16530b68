"""Where in a mail its parts lie, to the byte, as IMAP numbers them: bounded, whatever the mail."""

import re
from dataclasses import dataclass
from email.utils import getaddresses

from channels.email.twin.imap_syntax import nstring

MAX_DEPTH = 20
_MAX_PARTS = 1_000
_MAX_VALUE = 20_000
"""Bytes of a header's value that are looked at."""
_FIELD = re.compile(
    rb"^([!-9;-~]{1,200})[ \t]*+:((?:[^\r\n]++|\r?\n[ \t]|\r(?!\n))*+)", re.MULTILINE
)
_PARAMETER = re.compile(rb';\s*([^\s=;"]{1,100})\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*)')
_TYPE = re.compile(rb"\s*([^\s/;]{1,100})/([^\s;]{1,100})")
_BLANK = re.compile(rb"^\r?\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """`head` and `body` are slices of the mail; `head` ends with its blank line."""

    raw: bytes
    head: tuple[int, int]
    body: tuple[int, int]
    kind: tuple[bytes, bytes]
    parameters: tuple[tuple[bytes, bytes], ...]
    parts: tuple["Part", ...] = ()
    """Of a multipart; of a message/rfc822 the one mail in it."""

    def header(self, name: bytes) -> bytes | None:
        """The first value, unfolded; `name` in lower case."""
        for one in _FIELD.finditer(self.raw, *self.head):
            if one[1].lower() == name:
                return re.sub(rb"\r?\n[ \t]", b" ", one[2][:_MAX_VALUE]).strip()
        return None

    def chosen(self, names: list[bytes], *, but: bool = False) -> bytes:
        """The header lines of those names, or all others, with the blank line."""
        wanted = {name.lower() for name in names}
        lines = [
            one[0].rstrip(b"\r\n") + b"\r\n"
            for one in _FIELD.finditer(self.raw, *self.head)
            if (one[1].lower() in wanted) is not but
        ]
        return b"".join(lines) + b"\r\n"

    def at(self, path: list[int]) -> "Part | None":
        """The part that a section's numbers name."""
        part = self
        for number in path:
            inner = part.parts
            if part.kind == (b"message", b"rfc822") and inner:
                part = inner[0]
                inner = part.parts if part.kind[0] == b"multipart" else ()
            if inner:
                if not 0 < number <= len(inner):
                    return None
                part = inner[number - 1]
            elif number != 1:
                return None
        return part

    def bytes_of(self, where: tuple[int, int]) -> bytes:
        return self.raw[where[0] : where[1]]


def read(raw: bytes) -> Part:
    """Never raises."""
    return _Reading(raw).part(0, len(raw), depth=0)


class _Reading:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._left = _MAX_PARTS

    def part(
        self,
        start: int,
        end: int,
        *,
        depth: int,
        default: tuple[bytes, bytes] = (b"text", b"plain"),
    ) -> Part:
        self._left -= 1
        blank = _BLANK.search(self._raw, start, end)
        middle = blank.end() if blank else end
        bare = Part(self._raw, (start, middle), (middle, end), default, ())
        value = bare.header(b"content-type")
        kind, parameters = _content_type(value, default)
        parts: tuple[Part, ...] = ()
        if depth < MAX_DEPTH:
            parts = self._inner(kind, dict(parameters), (middle, end), depth)
        return Part(self._raw, (start, middle), (middle, end), kind, parameters, parts)

    def _inner(
        self,
        kind: tuple[bytes, bytes],
        parameters: dict[bytes, bytes],
        body: tuple[int, int],
        depth: int,
    ) -> tuple[Part, ...]:
        if kind == (b"message", b"rfc822"):
            return (self.part(*body, depth=depth + 1),)
        boundary = parameters.get(b"boundary", b"")
        if kind[0] != b"multipart" or not 0 < len(boundary) <= 200:
            return ()
        default = (b"message", b"rfc822") if kind[1] == b"digest" else (b"text", b"plain")
        parts = []
        for start, end in self._between(boundary, *body):
            if self._left <= 0:
                break
            parts.append(self.part(start, end, depth=depth + 1, default=default))
        return tuple(parts)

    def _between(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        mark = re.compile(
            rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*+\r?(?:\n|\Z)", re.MULTILINE
        )
        found: list[tuple[int, int]] = []
        begins: int | None = None
        for one in mark.finditer(self._raw, start, end):
            if begins is not None:
                found.append((begins, max(begins, self._before(one.start()))))
            begins = None if one[1] else one.end()
            if one[1] or len(found) >= _MAX_PARTS:
                break
        if begins is not None and len(found) < _MAX_PARTS:
            found.append((begins, end))
        return found

    def _before(self, mark: int) -> int:
        """Where the text before a mark ends: the line end between them belongs to the mark."""
        end = mark - (self._raw[mark - 1 : mark] == b"\n")
        return end - (self._raw[end - 1 : end] == b"\r")


def _content_type(
    value: bytes | None, default: tuple[bytes, bytes]
) -> tuple[tuple[bytes, bytes], tuple[tuple[bytes, bytes], ...]]:
    found = _TYPE.match(value or b"")
    if found is None:
        return default, ()
    rest = (value or b"")[found.end() :]
    return (found[1].lower(), found[2].lower()), parameters_of(rest)


def parameters_of(text: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """`; name=value` pairs, names in lower case, quotes taken off."""
    return tuple(
        (name.lower(), re.sub(rb"\\(.)", rb"\1", value[1:-1]) if value[:1] == b'"' else value)
        for name, value in _PARAMETER.findall(text)[:50]
    )


def envelope(part: Part) -> bytes:
    """RFC 3501 7.4.2."""
    sender = _addresses(part.header(b"from"))
    fields = [
        nstring(part.header(b"date")),
        nstring(part.header(b"subject")),
        sender,
        _addresses(part.header(b"sender")) if part.header(b"sender") else sender,
        _addresses(part.header(b"reply-to")) if part.header(b"reply-to") else sender,
        _addresses(part.header(b"to")),
        _addresses(part.header(b"cc")),
        _addresses(part.header(b"bcc")),
        nstring(part.header(b"in-reply-to")),
        nstring(part.header(b"message-id")),
    ]
    return b"(" + b" ".join(fields) + b")"


def bodystructure(part: Part, *, extended: bool = True) -> bytes:
    """RFC 3501 7.4.2: BODYSTRUCTURE, or BODY when not `extended`."""
    if part.kind[0] == b"multipart":
        inner = b"".join(bodystructure(one, extended=extended) for one in part.parts)
        inner = inner or b'("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)'
        tail = b" " + _pairs(part.parameters) + b" " + _disposition(part) + b" NIL NIL"
        return b"(" + inner + b" " + nstring(part.kind[1]) + (tail if extended else b"") + b")"
    body = part.bytes_of(part.body)
    fields = [
        nstring(part.kind[0]),
        nstring(part.kind[1]),
        _pairs(part.parameters),
        nstring(part.header(b"content-id")),
        nstring(part.header(b"content-description")),
        nstring(part.header(b"content-transfer-encoding") or b"7BIT"),
        b"%d" % len(body),
    ]
    if part.parts:
        fields += [envelope(part.parts[0]), bodystructure(part.parts[0], extended=extended)]
    if part.parts or part.kind[0] == b"text":
        fields.append(b"%d" % body.count(b"\n"))
    if extended:
        fields += [b"NIL", _disposition(part), b"NIL", b"NIL"]
    return b"(" + b" ".join(fields) + b")"


def _pairs(parameters: tuple[tuple[bytes, bytes], ...]) -> bytes:
    flat = [nstring(one) for pair in parameters for one in pair]
    return b"(" + b" ".join(flat) + b")" if flat else b"NIL"


def _disposition(part: Part) -> bytes:
    value = part.header(b"content-disposition")
    if not value:
        return b"NIL"
    kind, _, rest = value.partition(b";")
    return b"(" + nstring(kind.strip()) + b" " + _pairs(parameters_of(b";" + rest)) + b")"


def _addresses(value: bytes | None) -> bytes:
    if not value:
        return b"NIL"
    found = getaddresses([value[:_MAX_VALUE].decode("utf-8", "replace")])[:200]
    listed = [_address(name, address) for name, address in found if address]
    return b"(" + b"".join(listed) + b")" if listed else b"NIL"


def _address(name: str, address: str) -> bytes:
    local, _, domain = address.rpartition("@")
    fields = [
        nstring(name.encode() or None),
        b"NIL",
        nstring((local or domain).encode()),
        nstring(domain.encode()),
    ]
    return b"(" + b" ".join(fields) + b")"
