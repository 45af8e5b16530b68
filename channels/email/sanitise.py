"""Which HTML of a mail a browser of ours is given: nothing that acts, calls home or hides."""

import html
import re
from collections.abc import Sequence

import nh3

from channels.email.markup import VOID, End, Start, Text, Token
from channels.email.phrases import names

REMOTE = "data-remote-src"
"""Where the address of an image waits until somebody asks to see it."""
CID = "data-cid"
"""The content id of an image that came with the mail; its `src` is left out."""

_TAGS = set(
    names(
        "a abbr b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div "
        "dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span "
        "strike strong sub sup table tbody td tfoot th thead tr tt u ul var wbr"
    )
)
_ATTRIBUTES = {
    "*": {"align", "bgcolor", "class", "dir", "height", "lang", "style", "valign"} | {"width"},
    "a": {"href", "name"},
    "img": {"alt", "border", "src", REMOTE, CID},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "blockquote": {"type"},
}
# No `position`, no `url()`: a mail covers nothing of ours and fetches nothing.
_STYLES = set(
    names(
        "background-color border border-bottom border-collapse border-color border-left border- "
        "radius border-right border-spacing border-style border-top border-width color direction "
        "display font-family font-size font-style font-weight height letter-spacing line-height "
        "list-style-type margin margin-bottom margin-left margin-right margin-top max-width min- "
        "width padding padding-bottom padding-left padding-right padding-top text-align text- "
        "decoration text-indent text-transform vertical-align white-space width"
    )
)
_MARKUP = re.compile(r"[<>=`]")
_IMAGES = ("data:image/png", "data:image/gif", "data:image/jpeg", "data:image/webp")
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel", "data"},
    filter_style_properties=_STYLES,
    link_rel="noopener noreferrer nofollow",
    attribute_filter=lambda tag, _name, value: (
        None if value.strip().lower().startswith("data:") and tag != "img" else value
    ),
)


def sanitised(tokens: Sequence[Token]) -> tuple[str, bool]:
    """Safe HTML, and whether images in it wait to be fetched from elsewhere."""
    out: list[str] = []
    written: dict[int, str] = {}
    remote = False
    for token in tokens:
        if isinstance(token, Text):
            out.append(_text(token.text))
        elif isinstance(token, End):
            out.append(f"</{token.name}>")
        elif token.name == "img":
            attributes = image(token.attributes)
            remote = remote or REMOTE in attributes
            out.append(_tag(Start("img", attributes)))
        else:
            # The tokens are kept by their list: no other has this one's id meanwhile.
            tag = written.get(id(token))
            if tag is None:
                tag = written[id(token)] = _tag(token)
            out.append(tag)
    return _CLEANER.clean("".join(out)), remote


def image(attributes: dict[str, str]) -> dict[str, str]:
    """An image's attributes with nothing left that a browser fetches by itself."""
    source = "".join(attributes.get("src", "").split())
    rest = {k: v for k, v in attributes.items() if k not in {"src", "srcset", REMOTE, CID}}
    if _MARKUP.search(rest.get("alt", "")):
        del rest["alt"]  # words for who does not see the image; mark-up in it is an attack
    low = source.lower()
    if low.startswith("cid:"):
        return rest | {CID: source[4:]}
    if low.startswith(("http:", "https:")):
        return rest | {REMOTE: source}
    if low.startswith("//"):
        return rest | {REMOTE: f"https:{source}"}
    return rest | {"src": source} if low.startswith(_IMAGES) else rest


def _text(text: str) -> str:
    """Escaped. nh3 takes the square of the references in one run of text: long runs are cut."""
    if not _ESCAPABLE.search(text):
        return text
    escaped = html.escape(text, quote=False)
    if len(escaped) - len(text) < _DENSE:
        return escaped
    pieces = (text[at : at + _RUN] for at in range(0, len(text), _RUN))
    return "<wbr>".join(html.escape(piece, quote=False) for piece in pieces)


_ESCAPABLE = re.compile("[&<>]")
_LONGEST = 8_000
"""Characters of an attribute: addresses with tracking codes reach 2,000."""
_BASE64 = re.compile(r"data:image/[a-z]{3,4};base64,[A-Za-z0-9+/=%]*+\Z")
_DENSE = 10_000
_RUN = 2_000


def _tag(token: Start) -> str:
    if token.name in {"html", "body"}:
        return ""
    attributes = "".join(
        f' {name}="{html.escape(value)}"'
        for name, value in token.attributes.items()
        if name.replace("-", "").isalnum() and (len(value) < _LONGEST or _BASE64.match(value))
    )
    return (
        f"<{token.name}{attributes}>"
        if token.name not in VOID
        else f"<{token.name}{attributes} />"
    )


def as_html(text: str) -> str:
    """Plain text as HTML that keeps its lines."""
    return f"<pre>{_text(text)}</pre>" if text.strip() else ""
