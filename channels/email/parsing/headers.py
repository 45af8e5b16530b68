"""Where the fields of a part end, and what they say (RFC 5322 2.2), however broken."""

import re

from channels.email.parsing import words
from channels.email.parsing.limits import MAX_FIELD, MAX_FIELDS

_FIELD = re.compile(rb"(?!--)([!-9;-~]{1,200})[ \t]*:")
_KNOWN = re.compile(
    rb"(?:received|from|to|cc|bcc|subject|date|message-id|in-reply-to|references|reply-to|sender"
    rb"|return-path|mime-version|content-[a-z-]+|x-[a-z0-9-]+|delivered-to|dkim-signature"
    rb"|auto-submitted|precedence|list-[a-z-]+|thread-[a-z]+|importance|user-agent)[ \t]*:",
    re.IGNORECASE,
)


class Headers:
    """Fields in order: lower-case names, values as they came, unfolded.

    Many rules ask for the same few fields, and for many that are not there.
    """

    def __init__(
        self, fields: tuple[tuple[str, bytes], ...] = (), hint: str | None = None
    ) -> None:
        self.fields = fields
        self.hint = hint
        # The first of a name is what mail clients show.
        self._first = dict(reversed(fields))
        self._unfolded: dict[str, str] = {}
        self._texts: dict[str, str] = {}

    def raw(self, name: str) -> bytes:
        """The first field of that name, or nothing."""
        return self._first.get(name, b"")

    def unfolded(self, name: str) -> str:
        """The field with encoded words still in it."""
        if name not in self._first:
            return ""
        found = self._unfolded.get(name)
        if found is None:
            found = self._unfolded[name] = words.unfolded(self._first[name], self.hint).strip()
        return found

    def text(self, name: str) -> str:
        """The field in plain characters, on one line."""
        if name not in self._first:
            return ""
        found = self._texts.get(name)
        if found is None:
            found = self._texts[name] = words.text(self.unfolded(name))
        return found

    def all(self, name: str) -> list[str]:
        """Every field of that name, encoded words still in them."""
        if name not in self._first:
            return []
        return [words.unfolded(v, self.hint).strip() for k, v in self.fields if k == name]

    def has(self, name: str) -> bool:
        return name in self._first


def split(data: bytes, start: int, end: int, hint: str | None = None) -> tuple[Headers, int]:
    """The fields that begin at `start`, and where the body after them begins."""
    fields: list[tuple[str, bytes]] = []
    pieces: list[bytes] = []
    at = start
    while at < end and len(fields) < MAX_FIELDS:
        stop = data.find(b"\n", at, end)
        after = end if stop < 0 else stop + 1
        line = data[at : min(after, at + MAX_FIELD)].rstrip(b"\r\n")
        if not line:
            at = after
            break
        if line[:1] in b" \t" and pieces:
            _continue(pieces, line)
        elif name := _FIELD.match(line):
            _close(fields, pieces)
            pieces = [name[1].lower(), line[name.end() :]]
        elif not _is_junk(data, at, after, end, first=not pieces):
            break
        at = after
    _close(fields, pieces)
    return Headers(tuple(fields), hint), at


def _continue(pieces: list[bytes], line: bytes) -> None:
    if len(pieces) < MAX_FIELDS:
        pieces.append(line)


def _close(fields: list[tuple[str, bytes]], pieces: list[bytes]) -> None:
    if pieces:
        value = b"".join(pieces[1:])[:MAX_FIELD]
        fields.append((pieces[0].decode("ascii", "replace"), value.strip()))


def _is_junk(data: bytes, at: int, after: int, end: int, *, first: bool) -> bool:
    """Whether a line that is no field stands among fields, rather than opening the body.

    The envelope line of an mbox, a wrapped line that lost its indent, a gateway's remark:
    fields that mail really carries go on behind it.
    """
    if first and data[at : at + 6].lstrip(b">").startswith(b"From "):
        return True
    if data.startswith(b"--", at):
        return False  # a boundary: the blank line before it is missing
    following = data[after : min(end, after + 200)]
    return bool(_KNOWN.match(following)) and (first or not _KNOWN.match(data, at))
