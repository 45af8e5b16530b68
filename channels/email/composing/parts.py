"""How the parts of a mail are written (RFC 2045, 2046, 2183, 2392): in lines of 7 bits."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from channels.email.composing import fields

_LONGEST_LINE = 900
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")
_WHOLE = ("message/", "multipart/")
"""RFC 2046 forbids base64 for these: as files they are just bytes."""
BOUNDARY = "=_"
"""In every boundary; quoted-printable and base64 never hold it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its fields as they are written, and its encoded body."""

    fields: tuple[bytes, ...]
    body: bytes

    def written(self) -> bytes:
        return b"".join((*self.fields, b"\r\n", self.body))


def text_part(subtype: str, words: str, parameters: Mapping[str, str] | None = None) -> Part:
    """Words as `text/plain`, `text/html`, `text/calendar`."""
    lines = words.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    encoding, body = _encoded_text(lines.rstrip(b"\n") + b"\n")
    told = {"charset": "utf-8", **(parameters or {})}
    return Part(
        (
            fields.parameterised("Content-Type", f"text/{subtype}", told),
            f"Content-Transfer-Encoding: {encoding}\r\n".encode(),
        ),
        body,
    )


def file_part(name: str, content_type: str, content: bytes, *, content_id: str = "") -> Part:
    """A file; with a content id one that HTML shows by `cid:`."""
    kind = content_type.lower()
    if not _TYPE.fullmatch(kind) or kind.startswith(_WHOLE):
        kind = "application/octet-stream"
    shown = fields.one_line(name).replace("/", "_").replace("\\", "_") or "file"
    disposition = "inline" if content_id else "attachment"
    written = [
        fields.parameterised("Content-Type", kind, {"name": shown}),
        b"Content-Transfer-Encoding: base64\r\n",
        fields.parameterised("Content-Disposition", disposition, {"filename": shown}),
    ]
    if content_id:
        written.append(fields.ids("Content-ID", [content_id]))
    return Part(tuple(written), _base64(content))


def multipart(subtype: str, parts: Sequence[Part], seed: str) -> Part:
    """The parts as one. `seed`: the same for the same mail, so that it is written alike again."""
    boundary = BOUNDARY + hashlib.sha256(f"{subtype} {seed}".encode()).hexdigest()[:32]
    mark = f"--{boundary}".encode()
    pieces = [mark + b"\r\n" + part.written().removesuffix(b"\r\n") + b"\r\n" for part in parts]
    parameters = {"boundary": boundary}
    if subtype == "related":
        parameters["type"] = "text/html"
    return Part(
        (fields.parameterised("Content-Type", f"multipart/{subtype}", parameters),),
        b"".join(pieces) + mark + b"--\r\n",
    )


def _encoded_text(lines: bytes) -> tuple[str, bytes]:
    plain = lines.isascii() and b"\0" not in lines and BOUNDARY.encode() not in lines
    if plain and max(map(len, lines.split(b"\n"))) <= _LONGEST_LINE:
        return "7bit", lines.replace(b"\n", b"\r\n")
    readable = binascii.b2a_qp(lines, istext=True).replace(b"\n", b"\r\n")
    packed = _base64(lines.replace(b"\n", b"\r\n"))
    if len(readable) <= len(packed):
        return "quoted-printable", readable
    return "base64", packed


def _base64(content: bytes) -> bytes:
    packed = base64.b64encode(content)
    lines = (packed[at : at + 76] for at in range(0, len(packed), 76))
    return b"\r\n".join(lines) + b"\r\n"
