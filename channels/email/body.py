"""Which parts are the message and which are files that came with it."""

import re
from dataclasses import dataclass, replace

from channels.email import charset, markup, plain, sanitise, words
from channels.email.headers import split
from channels.email.limits import MAX_TEXT
from channels.email.mail import Attachment
from channels.email.mime import Part
from channels.email.transfer import uuencoded

_STUB = re.compile(
    r"(?:this (?:is an? )?(?:e-?mail|message|html).{0,60}html|html.{0,60}(?:e-?mail|viewer|client"
    r"|browser|compatible|enabled)|view (?:it |this )?(?:e-?mail |message )?in (?:your"
    r"|a) browser)",
    re.IGNORECASE,
)
_STUB_LENGTH = 300
_READ = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown"})
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the message in one or both of its forms."""

    text: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """`text`, and for the reply also `marked`: the HTML's text with marks where quotes begin."""

    text: str
    marked: str | None
    from_html: bool
    html: str | None
    remote_images: bool
    attachments: tuple[Attachment, ...]


def read(root: Part) -> Body:
    """The message of a mail and everything attached to it."""
    files: list[Attachment] = []
    blocks = _walk(root, files)
    texts, marked, pages, remote = [], [], [], False
    from_html = False
    for block in blocks:
        tokens = markup.tokens(block.html) if block.html is not None else None
        as_text = plain.text(tokens) if tokens is not None else ""
        own = block.text
        if tokens is not None and (own is None or _is_stub(own, as_text)):
            own, from_html = as_text, True
        texts.append(own or "")
        marked.append(plain.text(tokens, marks=True) if tokens is not None else own or "")
        if tokens is not None:
            page, waits = sanitise.sanitised(tokens)
            remote = remote or waits
            pages.append(page)
        else:
            pages.append(sanitise.as_html(own or ""))
    any_html = any(block.html is not None for block in blocks)
    return Body(
        text=_joined(texts),
        marked=_joined(marked) if any_html else None,
        from_html=from_html,
        html="\n".join(page for page in (one.strip() for one in pages) if page)
        if any_html
        else None,
        remote_images=remote,
        attachments=tuple(files),
    )


def _joined(texts: list[str]) -> str:
    return "\n\n".join(text.strip("\r\n") for text in texts if text.strip())[:MAX_TEXT]


def _is_stub(text: str, from_html: str) -> bool:
    """Whether the plain form only says that there is another one."""
    if not text.strip():
        return True
    short = len(text) < _STUB_LENGTH and len(from_html) > len(text)
    return short and bool(_STUB.search(text))


def _walk(root: Part, files: list[Attachment]) -> list[Block]:
    """The blocks in order, files put into `files`; the tree's depth is bounded by its parser."""
    kind = root.content_type
    if root.is_multipart:
        if kind == "multipart/alternative":
            return _alternative(root, files)
        if kind == "multipart/related":
            return _related(root, files)
        return [block for part in root.parts for block in _walk(part, files)]
    if kind.startswith("multipart/") and not root.filename:
        return _unopened(root, files)
    if kind in _READ and not _is_file(root):
        return [_leaf(root, files)]
    files.append(_file(root))
    return []


def _unopened(part: Part, files: list[Attachment]) -> list[Block]:
    """A multipart whose boundary never came: the text that stands there."""
    return [_leaf(replace_type(part, "text/plain"), files)] if part.raw(1) else []


def replace_type(part: Part, content_type: str) -> Part:
    """The same part under another type."""
    return replace(part, content=replace(part.content, value=content_type))


def _is_file(part: Part) -> bool:
    if part.disposition.value == "attachment":
        return True
    # Named text without a disposition: clients give names to bodies too, but only `inline`
    # or `attachment` beside the name says that it was a file (RFC 2183 2.1).
    return bool(part.filename) and bool(part.disposition.value or part.content_id)


def _alternative(part: Part, files: list[Attachment]) -> list[Block]:
    """One block out of all forms; what is no text in it (a calendar, a picture) is a file."""
    blocks = [block for child in part.parts for block in _walk(child, files)]
    texts = [block.text for block in blocks if block.text is not None]
    pages = [block.html for block in blocks if block.html is not None]
    if not texts and not pages:
        return []
    # The last form is the richest (RFC 2046 5.1.4); Apple Mail puts several pages into one.
    text = next((one for one in texts if one.strip()), texts[0] if texts else None)
    return [Block(text, "".join(pages) if pages else None)]


def _related(part: Part, files: list[Attachment]) -> list[Block]:
    """The page, and the pictures in it (RFC 2387)."""
    return [block for child in part.parts for block in _walk(child, files)]


def _leaf(part: Part, files: list[Attachment]) -> Block:
    raw = part.body()
    if part.content_type == "text/plain" and b"\nbegin" in b"\n" + raw[: MAX_TEXT * 4]:
        raw = _without_uuencoded(raw, files)
    text = decode(part, raw)
    if part.content_type == "text/html":
        return Block(html=text)
    if part.content_type in {"text/enriched", "text/richtext"}:
        return Block(text=_ENRICHED.sub("", text.replace("<<", "<")))
    if part.content.get("format").lower() == "flowed":
        text = unflowed(text, delsp=part.content.get("delsp").lower() == "yes")
    return Block(text=text)


_ENRICHED = re.compile(r"<param>[^<]{0,500}</param>|</?[A-Za-z][\w-]{0,60}>", re.IGNORECASE)


def decode(part: Part, raw: bytes) -> str:
    """Text of a part; a page without a label may carry one inside."""
    label = part.content.get("charset")
    if part.content_type == "text/html" and not charset.codec(label):
        meta = _META.search(raw[:2048])
        label = meta[1].decode("ascii", "replace") if meta else label
    text = charset.decode(raw[: MAX_TEXT * 4], label, part.headers.hint)
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:MAX_TEXT]


_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)


def unflowed(text: str, *, delsp: bool = False) -> str:
    """Lines of `format=flowed` put together again (RFC 3676 4.2)."""
    out: list[str] = []
    pending = ""
    depth = 0
    for line in text.split("\n"):
        body = line.lstrip(">")
        level = len(line) - len(body)
        body = body.removeprefix(" ")
        if pending and (level != depth or body == "-- "):
            out.append(_flowed_line(pending, depth))
            pending = ""
        if body.endswith(" ") and body != "-- ":
            pending += body[:-1] if delsp else body
            depth = level
            continue
        out.append(_flowed_line(pending + body, level))
        pending = ""
    if pending:
        out.append(_flowed_line(pending, depth))
    return "\n".join(out)


def _flowed_line(text: str, depth: int) -> str:
    return f"{'>' * depth} {text}".rstrip(" ") if depth else text


def _without_uuencoded(raw: bytes, files: list[Attachment]) -> bytes:
    pieces = []
    at = 0
    for name, content, start, end in uuencoded(raw):
        pieces.append(raw[at:start])
        filename = words.text(words.unfolded(name))
        files.append(Attachment(filename, "application/octet-stream", content))
        at = end
    return b"".join([*pieces, raw[at:]])


def _file(part: Part) -> Attachment:
    content = part.body()
    return Attachment(
        filename=_filename(part),
        content_type=part.content_type,
        content=content,
        content_id=part.content_id or None,
        inline=part.disposition.value == "inline"
        or (part.disposition.value != "attachment" and bool(part.content_id)),
    )


def _filename(part: Part) -> str:
    """The name given; for a mail inside the mail its subject; else what its type suggests."""
    if part.filename:
        return part.filename
    if part.content_type == "message/rfc822":
        inside, _ = split(part.data, part.start, part.end)
        subject = inside.text("subject")
        return f"{subject[:100]}.eml" if subject else "message.eml"
    return _BY_TYPE.get(part.content_type, "")


_BY_TYPE = {
    "text/calendar": "invite.ics",
    "message/delivery-status": "delivery-status.txt",
    "text/rfc822-headers": "headers.txt",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/ms-tnef": "winmail.dat",
}
