"""How the fields of a mail are written (RFC 5322, 2047, 2231), whatever people put into them.

The standard library is not asked: `email.policy.SMTP` writes a Message-ID or reference longer
than a line as encoded words, which no program threads by, and loses the quotes of a long name.
"""

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from channels.email.domains import ascii_address

_LINE = 76
"""Characters of a line with an encoded word (RFC 2047 2); shorter than RFC 5322 asks for."""
_LONGEST_WORD = 75
_MAX_LINE = 998
"""RFC 5322 2.1.1, without the CRLF."""
_MAX_TEXT = 2_000
_MAX_NAME = 150
_NAME_ROOM = 66
"""Most names fit into one encoded word beside `Reply-To:`, and so are never joined wrongly."""
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_DOT_ATOM = re.compile(
    r"[^\x00-\x20\x7f()<>\[\]:;@\\,\".]+(?:\.[^\x00-\x20\x7f()<>\[\]:;@\\,\".]+)*"
)
_ID = re.compile(r"[^\s<>\x00-\x20\x7f-\U0010ffff]{1,900}")
_SAFE_NAME = re.compile(r"[A-Za-z0-9 !#$&+,./()=@^_{}~'-]{1,50}")
_CHARSET = "utf-8''"


def one_line(value: str) -> str:
    """The value without line breaks and control characters, so that it cannot end its field."""
    shown = (" " if _breaks(char) else char for char in value[: _MAX_TEXT * 2])
    joined = " ".join("".join(shown).split())[:_MAX_TEXT]
    return joined.encode("utf-8", "replace").decode("utf-8")


def _breaks(char: str) -> bool:
    # Cc: CR, LF, NUL and the like; Zl, Zp: what some programs take for a line break.
    return unicodedata.category(char) in {"Cc", "Zl", "Zp"}


def text(name: str, value: str) -> bytes:
    """A field of plain words, such as a subject."""
    words = one_line(value)
    if _is_plain(words):
        return _folded(name, words.split(" "))
    return _folded(name, list(_encoded(words, _LINE - len(name) - 2)))


def mailboxes(name: str, listed: Iterable[tuple[str, str]]) -> bytes:
    """A field of mailboxes: (name of the person or nothing, address)."""
    pieces: list[str] = []
    for shown, address in listed:
        if pieces:
            pieces[-1] += ","
        pieces += _mailbox(one_line(shown)[:_MAX_NAME].strip(), address)
    return _folded(name, pieces)


def ids(name: str, listed: Iterable[str]) -> bytes:
    """A field of message ids, each given with or without its angle brackets."""
    return _folded(name, [f"<{one}>" for one in listed])


def read_ids(values: Iterable[object]) -> list[str]:
    """Ids fit to be written again, in order, each once; what is no id is left out."""
    found: dict[str, None] = {}
    for value in values:
        for word in value.split() if isinstance(value, str) else ():
            bare = word.strip("<>,")
            if "@" in bare and _ID.fullmatch(bare):
                found[bare] = None
    return list(found)


def parameterised(name: str, value: str, parameters: Mapping[str, str]) -> bytes:
    """A field such as Content-Type; `value` and the parameters' names are ours."""
    pieces = [value]
    for key, one in parameters.items():
        for piece in _parameter(key, one_line(one)):
            pieces[-1] += ";"
            pieces.append(piece)
    return _folded(name, pieces)


def addr_spec(address: str) -> str:
    """The address as RFC 5321 and 5322 spell it: domain in ASCII, odd local parts quoted."""
    local, at, domain = ascii_address(one_line(address)).rpartition("@")
    if local[:1] == local[-1:] == '"' and len(local) > 1:
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return f"{local if _DOT_ATOM.fullmatch(local) else _quoted(local)}{at}{domain}"


def _mailbox(shown: str, address: str) -> list[str]:
    spelled = addr_spec(address)
    if not shown:
        return [spelled]
    if not _is_plain(shown):
        return [*_encoded(shown, _NAME_ROOM), f"<{spelled}>"]
    words = shown.split(" ")
    if all(_ATEXT.fullmatch(word) for word in words):
        return [*words, f"<{spelled}>"]
    # Broken between words the quoted string would keep the blanks of the fold.
    return [_quoted(shown), f"<{spelled}>"]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_plain(words: str) -> bool:
    """Whether the words may stand as they are, and fit into lines."""
    return words.isascii() and "=?" not in words and all(len(w) < 900 for w in words.split(" "))


def _encoded(words: str, first: int) -> Iterator[str]:
    """Encoded words, cut between characters; `first`: characters left on the first line."""
    room = min(first, _LONGEST_WORD)
    chunk = b""
    for char in words:
        raw = char.encode()
        if chunk and _word_length(len(chunk) + len(raw)) > room:
            yield _word(chunk)
            chunk, room = b"", _LONGEST_WORD
        chunk += raw
    if chunk:
        yield _word(chunk)


def _word_length(size: int) -> int:
    return len("=?utf-8?b??=") + (size + 2) // 3 * 4


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode()}?="


def _parameter(key: str, value: str) -> Iterator[str]:
    if _SAFE_NAME.fullmatch(value):
        yield f'{key}="{value}"'
        return
    pieces = list(_cut(quote(value, safe=""), 50))
    if len(pieces) == 1:
        yield f"{key}*={_CHARSET}{pieces[0]}"
        return
    for number, piece in enumerate(pieces):
        yield f"{key}*{number}*={'' if number else _CHARSET}{piece}"


def _cut(escaped: str, size: int) -> Iterator[str]:
    """Pieces of percent-encoded text, no escape cut in two."""
    at = 0
    while at < len(escaped):
        end = min(at + size, len(escaped))
        while end < len(escaped) and "%" in escaped[end - 2 : end]:
            end -= 1
        yield escaped[at:end]
        at = end


def _folded(name: str, pieces: list[str]) -> bytes:
    """The field in lines; a fold stands only where a blank would."""
    lines: list[str] = []
    line = f"{name}:"
    for piece in pieces:
        if len(line) + 1 + len(piece) > _LINE and line.strip() and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {piece}"
    lines.append(line)
    return "\r\n".join(one[:_MAX_LINE] for one in lines).encode() + b"\r\n"
