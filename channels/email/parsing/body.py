"""Which parts are the message and which are files that came with it."""

import re
from dataclasses import dataclass, replace

from channels.email.parsing import charset, markup, plain, quote_marks, sanitise, words
from channels.email.parsing.headers import split
from channels.email.parsing.limits import MAX_TEXT
from channels.email.parsing.mail import Attachment
from channels.email.parsing.mime import Part
from channels.email.parsing.transfer import uuencoded

_STUB = re.compile(
    r"(?:this (?:is an? )?(?:e-?mail|message|html).{0,60}html|html.{0,60}(?:e-?mail|viewer|client"
    r"|browser|compatible|enabled)|view (?:it |this )?(?:e-?mail |message )?in (?:your"
    r"|a) browser)",
    re.IGNORECASE,
)
_STUB_LENGTH = 300
_READ = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown"})
_CONTROLS = "".join(map(chr, [*range(1, 9), 11, 12, *range(14, 32), 127]))
_CONTROL = re.compile(f"[{_CONTROLS}]")


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


@dataclass(frozen=True, slots=True)
class _Shown:
    """A block as it is shown: in text, in text with marks of quotes, as a page."""

    text: str
    marked: str
    page: str
    from_html: bool = False
    remote: bool = False


def read(root: Part) -> Body:
    """The message of a mail and everything attached to it."""
    files: list[Attachment] = []
    blocks = _within_limits(_walk(root, files, alone=True))
    shown = [_show(block) for block in blocks]
    any_html = any(block.html is not None for block in blocks)
    pages = [one.page.strip() for one in shown]
    return Body(
        text=_joined([one.text for one in shown]),
        marked=_joined([one.marked for one in shown]) if any_html else None,
        from_html=any(one.from_html for one in shown),
        html="\n".join(filter(None, pages)) if any_html else None,
        remote_images=any(one.remote for one in shown),
        attachments=tuple(files),
    )


def _within_limits(blocks: list[Block]) -> list[Block]:
    """The blocks as far as `MAX_TEXT` characters of text and of HTML reach, all together."""
    kept: list[Block] = []
    left = MAX_TEXT
    for block in blocks:
        size = max(len(block.text or ""), len(block.html or ""))
        if size > left:
            text, page = block.text, block.html
            kept.append(Block(text and text[:left], page and page[:left]))
            break
        kept.append(block)
        left -= size
    return kept


def _show(block: Block) -> _Shown:
    if block.html is None:
        text = block.text or ""
        return _Shown(text, text, sanitise.as_html(text))
    tokens = markup.tokens(block.html)
    page, remote = sanitise.sanitised(tokens)
    # Most pages mark no quote: then the text without marks is the one with them.
    marked = plain.text(tokens, marks=True) if quote_marks.any_in(tokens) else None
    if block.text is None or _may_be_stub(block.text):
        text = plain.text(tokens)
        if block.text is None or _is_stub(block.text, text):
            shown = text if marked is None else marked
            return _Shown(text, shown, page, from_html=True, remote=remote)
    return _Shown(block.text, block.text if marked is None else marked, page, remote=remote)


def _joined(texts: list[str]) -> str:
    return "\n\n".join(text.strip("\r\n") for text in texts if text.strip())[:MAX_TEXT]


def _may_be_stub(text: str) -> bool:
    """Whether the plain form may only say that there is another one."""
    return not text.strip() or (len(text) < _STUB_LENGTH and bool(_STUB.search(text)))


def _is_stub(text: str, from_html: str) -> bool:
    """The same for certain: what is a stub, or may be, is no longer than what it stands for."""
    return not text.strip() or (len(from_html) > len(text) and _may_be_stub(text))


def _walk(part: Part, files: list[Attachment], *, alone: bool = False) -> list[Block]:
    """The blocks in order, files put into `files`; the tree's depth is bounded by its parser.

    `alone`: nothing that could be the message was seen before this part.
    """
    kind = part.content_type
    if part.is_multipart:
        return _inside(part, files, alone=alone)
    if kind.startswith("multipart/") and not part.filename:
        return _unopened(part, files)
    if kind in _READ and not _is_file(part, alone=alone):
        return [_leaf(part, files)]
    files.append(_file(part))
    return []


def _inside(part: Part, files: list[Attachment], *, alone: bool) -> list[Block]:
    blocks: list[Block] = []
    choice = part.content_type == "multipart/alternative"
    for child in part.parts:
        # Every form of an alternative may be the message; beside a message, a name makes a file.
        blocks += _walk(child, files, alone=alone and (choice or not blocks))
    return _one_of(blocks) if choice and blocks else blocks


def _unopened(part: Part, files: list[Attachment]) -> list[Block]:
    """A multipart whose boundary never came: the text that stands there."""
    return [_leaf(replace_type(part, "text/plain"), files)] if part.raw(1) else []


def replace_type(part: Part, content_type: str) -> Part:
    """The same part under another type."""
    return replace(part, content=replace(part.content, value=content_type))


def _is_file(part: Part, *, alone: bool) -> bool:
    if part.disposition.value == "attachment":
        return True
    # `inline` beside a name, or a name behind the message, is a file (RFC 2183 2.1); a lone
    # text is the message, since some clients name that as well.
    return not alone and bool(part.filename or part.content_id)


def _one_of(blocks: list[Block]) -> list[Block]:
    """One block out of all forms of an alternative; what is no text in it is a file already."""
    texts = [block.text for block in blocks if block.text is not None]
    pages = [block.html for block in blocks if block.html is not None]
    # Apple Mail makes one page of several; of plain texts the first that says anything.
    text = next((one for one in texts if one.strip()), texts[0] if texts else None)
    return [Block(text, "".join(pages) if pages else None)]


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
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Looking for each alone takes a tenth of what a pattern of all takes.
    if any(one in text for one in _CONTROLS):
        text = _CONTROL.sub("", text)
    return text[:MAX_TEXT]


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
        return without_folders(part.filename)
    if part.content_type == "message/rfc822":
        head = part.body()[:_HEAD_OF_MAIL]
        inside, _ = split(head, 0, len(head))
        subject = inside.text("subject")
        return f"{subject[:100]}.eml" if subject else "message.eml"
    return _BY_TYPE.get(part.content_type, "")


def without_folders(name: str) -> str:
    """A file's name without the folders it lay in on its sender's machine (RFC 2183 2.3).

    `Invoice 3/2026.pdf` is no path: one begins at a drive, a root, or a folder above.
    """
    if not _PATH.match(name):
        return name
    return re.split(r"[/\\]", name.rstrip("/\\"))[-1] or name


_HEAD_OF_MAIL = 200_000
_PATH = re.compile(r"[A-Za-z]:[/\\]|\\\\|/|\.{1,2}[/\\]|~/")
_BY_TYPE = {
    "text/calendar": "invite.ics",
    "message/delivery-status": "delivery-status.txt",
    "text/rfc822-headers": "headers.txt",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/ms-tnef": "winmail.dat",
}
