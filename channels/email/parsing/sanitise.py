"""Which HTML of a mail a browser of ours is given: nothing that acts, calls home or hides."""

import html
import re
from collections.abc import Mapping, Sequence

import nh3

from channels.email.parsing.markup import VOID, Start, Token
from channels.email.parsing.phrases import names

REMOTE = "data-remote-src"
"""Where the address of an image waits until somebody asks to see it."""
CID = "data-cid"
"""The content id of an image that came with the mail; its `src` is left out."""

TAGS = set(
    names(
        "a abbr b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div "
        "dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span "
        "strike strong sub sup table tbody td tfoot th thead tr tt u ul var wbr"
    )
)
ATTRIBUTES = {
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
# No `position`, and nothing that takes a `url()`: a mail covers nothing of ours, fetches nothing.
STYLES = set(
    names(
        """
        background-color color direction display height line-height max-width min-width width
        border border-bottom border-collapse border-color border-left border-radius border-right
        border-spacing border-style border-top border-width
        font-family font-size font-style font-weight letter-spacing list-style-type
        margin margin-bottom margin-left margin-right margin-top
        padding padding-bottom padding-left padding-right padding-top
        text-align text-decoration text-indent text-transform vertical-align white-space
        """
    )
)
_MARKUP = re.compile(r"[<>=`]")
SCHEMES = set(names("http https mailto tel data"))
REL = "noopener noreferrer nofollow"
_IMAGES = ("data:image/png", "data:image/gif", "data:image/jpeg", "data:image/webp")
CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    filter_style_properties=STYLES,
    link_rel=REL,
    attribute_filter=lambda tag, _name, value: (
        None if value.strip().lower().startswith("data:") and tag != "img" else value
    ),
)

_BETWEEN = "\x1e"
"""Stands between what nh3 is asked about, and in nothing that it is asked."""
_WAITS = f' {REMOTE}="'
_AROUND = {
    **dict.fromkeys(VOID, ("", "")),
    **{name: ("<table>", f"</{name}></table>") for name in ("caption", "colgroup", "tbody")},
    **{name: ("<table>", f"</{name}></table>") for name in ("tfoot", "thead")},
    "col": ("<table><colgroup>", "</colgroup></table>"),
    "tr": ("<table><tbody>", "</tr></tbody></table>"),
    "td": ("<table><tbody><tr>", "</td></tr></tbody></table>"),
    "th": ("<table><tbody><tr>", "</th></tr></tbody></table>"),
}
"""What has to stand around a tag for a browser to see it, where it is not its own end alone."""


def sanitised(tokens: Sequence[Token]) -> tuple[str, bool]:
    """Safe HTML, and whether images in it wait to be fetched from elsewhere.

    Every tag in it was written by nh3, and what stands between them is escaped. Nothing that may
    stay changes how a browser reads what follows, as a script, a style or SVG would: it finds
    these tags and no others.
    """
    # A tag that is written alike everywhere is one token (`markup.tokens`).
    different = {id(one): one for one in tokens if isinstance(one, Start)}
    judged = _JUDGE.all({place: _written(one) for place, one in different.items()})
    out: list[str] = []
    for token in tokens:
        if isinstance(token, str):
            out.append(_text(token))
        elif isinstance(token, Start):
            out.append(judged[id(token)])
        elif token.name in TAGS:
            out.append(f"</{token.name}>")
    return "".join(out), any(_WAITS in tag for tag in judged.values())


def _written(token: Start) -> str:
    """The tag, as far as it may stay at all: spelled as nh3 reads it, in nothing else."""
    if token.name not in TAGS:
        return ""
    marks = image(token.attributes) if token.name == "img" else token.attributes
    attributes = "".join(
        f' {name}="{html.escape(value)}"'
        for name, value in marks.items()
        if name.replace("-", "").isalnum() and (len(value) < _LONGEST or _BASE64.match(value))
    )
    return f"<{token.name}{attributes}>".replace(_BETWEEN, "")


class _Judge:
    """Asks nh3 for what is left of tags, and remembers what it said: mails repeat themselves."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {"": ""}

    def all(self, tags: Mapping[int, str]) -> dict[int, str]:
        """What is left of each."""
        new = list(dict.fromkeys(tag for tag in tags.values() if tag not in self._known))
        told = dict(zip(new, _asked(new), strict=True)) if new else {}
        judged = {place: told.get(tag, self._known.get(tag, "")) for place, tag in tags.items()}
        self._remember(told)
        return judged

    def _remember(self, told: Mapping[str, str]) -> None:
        for tag, left in told.items():
            if len(self._known) >= _REMEMBERED:
                self._known = {"": ""}
            if len(tag) < _WORTH_IT:
                self._known[tag] = left


_JUDGE = _Judge()
_REMEMBERED = 4_000
_WORTH_IT = 500


def _asked(tags: Sequence[str]) -> list[str]:
    """What nh3 leaves of each, all asked at once, each where a browser lets it stand."""
    names_ = (tag[1:-1].partition(" ")[0] for tag in tags)
    around = [_AROUND.get(name, ("", f"</{name}>")) for name in names_]
    pages = (f"{before}{tag}{after}" for tag, (before, after) in zip(tags, around, strict=True))
    left = CLEANER.clean(_BETWEEN.join(pages)).split(_BETWEEN)
    return [
        page.removeprefix(before).removesuffix(after)
        for page, (before, after) in zip(left, around, strict=True)
    ]


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


_LONGEST = 8_000
"""Characters of an attribute: addresses with tracking codes reach 2,000."""
_BASE64 = re.compile(r"data:image/[a-z]{3,4};base64,[A-Za-z0-9+/=%]*+\Z")


def _text(text: str) -> str:
    return html.escape(text, quote=False).replace("\xa0", "&nbsp;")


def as_html(text: str) -> str:
    """Plain text as HTML that keeps its lines."""
    return f"<pre>{_text(text)}</pre>" if text.strip() else ""
