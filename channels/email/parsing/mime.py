"""The tree of a mail's parts (RFC 2046 5.1), found in one pass over its lines."""

import re
from dataclasses import dataclass, field

from channels.email.parsing import headers, parameters
from channels.email.parsing.headers import Headers
from channels.email.parsing.limits import MAX_DEPTH, MAX_PARTS
from channels.email.parsing.parameters import Parametered
from channels.email.parsing.transfer import decoded

_DELIMITER = re.compile(rb"--([^\r\n]{1,600})")
_DASHES = re.compile(rb"^--([^\r\n]{1,300})", re.MULTILINE)
_TYPE = re.compile(r"[a-z0-9][\w.+-]*/[a-z0-9*][\w.+-]*\Z")


@dataclass(slots=True)
class Part:
    """One part: its fields, the span of its body in `data`, the parts inside it."""

    data: bytes = field(repr=False)
    headers: Headers
    start: int
    end: int
    content: Parametered
    disposition: Parametered
    parts: list["Part"] = field(default_factory=list)

    @property
    def content_type(self) -> str:
        return self.content.value

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/") and bool(self.parts)

    @property
    def filename(self) -> str:
        return self.disposition.get("filename") or self.content.get("name")

    @property
    def content_id(self) -> str:
        return self.headers.text("content-id").strip("<> ")

    def raw(self, limit: int | None = None) -> bytes:
        """The body as it came, at most `limit` bytes of it."""
        end = self.end if limit is None else min(self.end, self.start + limit)
        return self.data[self.start : end]

    def body(self) -> bytes:
        """The body, decoded."""
        return decoded(self.raw(), self.headers.unfolded("content-transfer-encoding"))


@dataclass(slots=True)
class _Open:
    """A multipart whose end has not been seen; `current` is its part being read."""

    part: Part
    boundary: bytes
    current: Part | None = None


def parse(data: bytes, start: int = 0, end: int | None = None) -> Part:
    """The part that `data[start:end]` is. Never fails; too deep or too many stay unopened."""
    stop = len(data) if end is None else end
    root = _part(data, start, stop, None)
    stack = _opened(root)
    total = 1
    at = root.start
    finder = _Finder(data, stop)
    while stack and total < MAX_PARTS and (line := finder.line(stack, at)):
        at = line.end()
        level = _level(stack, line[1])
        if level < 0:
            continue
        _finish(stack, level, _before_break(data, line.start()))
        if line[1].rstrip() == stack[level].boundary:  # else the closing one
            part = _next(data, line.end(), stop, stack[level])
            total += 1
            at = max(at, min(part.start, stop) - 1)
            if len(stack) < MAX_DEPTH:
                stack += _opened(part)
    return root


class _Finder:
    """Finds the lines that begin as an open boundary does; each stretch is searched once for each.

    No pattern: every mail has boundaries of its own, and making one takes longer than searching.
    """

    def __init__(self, data: bytes, stop: int) -> None:
        self._data = data
        self._stop = stop
        self._found: dict[bytes, int] = {}

    def line(self, stack: list[_Open], at: int) -> re.Match[bytes] | None:
        """The first such line that begins at `at` or behind; its group is what follows `--`."""
        first = min(self._next(open_.boundary, at) for open_ in stack)
        return _DELIMITER.match(self._data, first, self._stop)

    def _next(self, boundary: bytes, at: int) -> int:
        found = self._found.get(boundary, -1)
        if found < at:
            found = self._found[boundary] = self._search(b"--" + boundary, at)
        return found

    def _search(self, mark: bytes, at: int) -> int:
        if at == 0 and self._data.startswith(mark):
            return 0
        before = self._data.find(b"\n" + mark, max(at - 1, 0), self._stop)
        return self._stop if before < 0 else before + 1


def _next(data: bytes, behind: int, stop: int, open_: _Open) -> Part:
    """The part that begins below the boundary's line, now the one being read."""
    body = data.find(b"\n", behind, stop)
    part = _part(data, stop if body < 0 else body + 1, stop, open_.part)
    open_.current = part
    open_.part.parts.append(part)
    return part


def _part(data: bytes, start: int, end: int, parent: Part | None) -> Part:
    hint = None if parent is None else parent.headers.hint
    found, body = headers.split(data, start, end, hint)
    content = parameters.parse(found.unfolded("content-type"), hint)
    disposition = parameters.parse(found.unfolded("content-disposition"), hint)
    if not _TYPE.match(content.value):
        # RFC 2045 5.2: no type, or one that is none, is plain text; in a digest a message.
        digest = parent is not None and parent.content_type == "multipart/digest"
        named = disposition.get("filename") or content.get("name")
        kind = "message/rfc822" if digest else _of_no_type(content.value, named)
        content = Parametered(kind, content.parameters)
    return Part(data, found, body, end, content, disposition)


def _of_no_type(value: str, filename: str) -> str:
    if value in {"html", "text/"}:
        return "text/html" if value == "html" else "text/plain"
    return "application/octet-stream" if filename else "text/plain"


def _opened(part: Part) -> list[_Open]:
    if not part.content_type.startswith("multipart/"):
        return []
    boundary = part.content.get("boundary").encode("utf-8", "replace").rstrip()
    if not boundary:
        boundary = _guessed(part)
    return [_Open(part, boundary[:300])] if boundary else []


def _guessed(part: Part) -> bytes:
    """A boundary that was lost: the first line of dashes that a part's field follows."""
    for line in _DASHES.finditer(part.data, part.start, min(part.end, part.start + 20_000)):
        if re.match(rb"[ \t]*\r?\ncontent-", part.data[line.end() : line.end() + 20].lower()):
            return line[1].rstrip()
    return b""


def _level(stack: list[_Open], line: bytes) -> int:
    """The innermost open multipart whose boundary the line is, or -1."""
    text = line.rstrip()
    if not text.startswith(tuple(open_.boundary for open_ in stack)):
        return -1
    for level in range(len(stack) - 1, -1, -1):
        boundary = stack[level].boundary
        if text.startswith(boundary) and (
            text == boundary or text[len(boundary) :] == b"--" or _glued(text, boundary)
        ):
            return level
    return -1


def _glued(text: bytes, boundary: bytes) -> bool:
    """`--boundary--` with something written right behind it."""
    return len(boundary) > 20 and text[len(boundary) :].startswith(b"--")


def _finish(stack: list[_Open], level: int, end: int) -> None:
    """Close the part being read at `level`, and everything open inside it, at `end`."""
    for open_ in stack[level:]:
        if open_.current is not None:
            open_.current.end = max(open_.current.start, end)
        if open_ is not stack[level]:
            open_.part.end = max(open_.part.start, end)
    stack[level].current = None
    del stack[level + 1 :]


def _before_break(data: bytes, at: int) -> int:
    """The line break before a boundary belongs to it (RFC 2046 5.1.1)."""
    if data[at - 1 : at] == b"\n":
        at -= 1
    if data[at - 1 : at] == b"\r":
        at -= 1
    return at
