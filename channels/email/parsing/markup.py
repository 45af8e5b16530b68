"""HTML in proper nesting: what a parser makes of it is then small, flat and no surprise.

Parsers of HTML take time and memory in the square of the nesting (40,000 open `div` are 8 s in
nh3). Here tags are read once, from left to right, and written so that every element is closed
where it stands and none is deeper than `MAX_TAG_DEPTH`. Nothing is judged: that is nh3's part
(`channels.email.parsing.sanitise`).
"""

import html
import re
from dataclasses import dataclass, field
from functools import lru_cache

from channels.email.parsing.limits import MAX_TAG_DEPTH, MAX_TEXT
from channels.email.parsing.phrases import names

# The tokens of the HTML standard (13.2.5). Every piece is possessive, so that each character is
# looked at once; a quote or comment that is never closed reaches to the end, as in browsers.
_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)(?:--!?>|\Z)"
    r"|<[!?](?P<bogus>[^>]*+)(?:>|\Z)"
    r"|<(?P<close>/?)(?P<name>[A-Za-z][^\s/>]*+)(?P<attributes>(?:[\s/]++|[^\s/>][^\s/>=]*+"
    r"(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+)*+)(?:>|\Z)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)(?:\"|\Z)|'([^']*+)(?:'|\Z)"
    r"|([^\s>\"'][^\s>]*+))?+)?+"
)
_MAX_ATTRIBUTES = 50
_MAX_TAGS = 50_000
VOID = names("area base br col embed hr img input link meta param source track wbr")
BLOCKS = names(
    "address article aside blockquote center dd details dir div dl dt fieldset figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section summary table tbody "
    "td tfoot th thead tr ul"
)
_INLINE = names(
    "a abbr acronym b bdi bdo big br caption cite code col colgroup del dfn em font i img ins "
    "kbd mark q ruby rp rt s samp small span strike strong sub sup time tt u var wbr body "
    "html"
)
_NEVER_READ = names(
    "head script style title textarea xmp iframe noembed noframes plaintext template select "
    "svg math object applet"
)
_RAW = names("script style title textarea xmp iframe noembed noframes")
# What the standard closes by itself when the next one opens.
_SIBLINGS = {"p": {"p"}, "li": {"li"}, "tr": {"tr", "td", "th"}, "option": {"option"}}
_SIBLINGS |= {"td": {"td", "th"}, "th": {"td", "th"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}}
_ROWS = names("table tbody tfoot thead tr")
_WALLS = names("table td th caption")
_PASSING = BLOCKS | _WALLS
_NESTED = (BLOCKS | _INLINE) - VOID - _NEVER_READ


@dataclass(frozen=True, slots=True)
class Start:
    name: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    name: str


Token = str | Start | End
"""A string: characters, references resolved."""
_SHORT = 200
"""Characters of a tag within which it is recognised when it comes again."""


def tokens(source: str) -> list[Token]:
    """The content of an HTML page, properly nested; scripts, styles and the head left out."""
    source = source[:MAX_TEXT]
    writer = _Nesting()
    # Mail programs write the same tag with the same style on every line.
    known: dict[str, Token] = {}
    at = 0
    for _ in range(_MAX_TAGS):
        opening = source.find("<", at)
        if opening < 0:
            writer.text(html.unescape(source[at:]))
            break
        if opening > at:
            writer.text(html.unescape(source[at:opening]))
        at = source.find(">", opening, opening + _SHORT) + 1
        token = known.get(source[opening:at])
        if token is None:
            token, at = _token(source, opening)
            known[source[opening:at]] = token
        if isinstance(token, str):
            writer.text(token)
        elif isinstance(token, End):
            writer.end(token.name)
        else:
            writer.start(token)
            if token.name in _RAW:
                at = _past_raw(source, token.name, at)
    writer.close_all()
    return writer.out


def _token(source: str, at: int) -> tuple[Token, int]:
    """What the `<` at `at` begins, and where that ends; nothing of a comment."""
    found = _TOKEN.match(source, at)
    if found is None:
        return "<", at + 1
    if not found["name"]:
        return "", found.end()
    name = found["name"].lower()
    tag = End(name) if found["close"] else Start(name, _attributes(found["attributes"]))
    return tag, found.end()


def _past_raw(source: str, name: str, at: int) -> int:
    """Behind the text of a script and its like, where `<` means nothing."""
    close = re.compile(f"</{name}", re.IGNORECASE).search(source, at)
    return close.start() if close else len(source)


def _attributes(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(source):
        value = next((group for group in match.groups()[1:] if group is not None), "")
        found.setdefault(match[1].lower(), html.unescape(value))
        if len(found) >= _MAX_ATTRIBUTES:
            break
    return found


@lru_cache(maxsize=200)
def _end(name: str) -> End:
    return End(name)


class _Nesting:
    """Writes tokens so that they nest; knows what is open."""

    def __init__(self) -> None:
        self.out: list[Token] = []
        self._open: list[str] = []
        self._skipping = ""

    def text(self, text: str) -> None:
        if text and not self._skipping:
            self.out.append(text)

    def close_all(self) -> None:
        self._close_to(0)

    def start(self, token: Start) -> None:
        name = token.name
        if self._skipping and not (self._skipping == "head" and name in {"body", "div", "table"}):
            return
        self._skipping = ""
        if name in _NESTED:
            self._open_one(token)
        elif name in _NEVER_READ:
            self._skipping = name
        elif name in VOID:
            self.out.append(token)

    def _open_one(self, token: Start) -> None:
        name = token.name
        if self._open and self._open[-1] in _SIBLINGS.get(name, ()):
            self._close_to(len(self._open) - 1)
        if len(self._open) < MAX_TAG_DEPTH:
            self._open.append(name)
            self.out.append(token)
        elif name in BLOCKS:
            self.out.append(Start("br"))

    def end(self, name: str) -> None:
        if self._skipping:
            if name == self._skipping:
                self._skipping = ""
            return
        if self._open and self._open[-1] == name:
            self._close_to(len(self._open) - 1)
            return
        for level in range(len(self._open) - 1, -1, -1):
            if self._open[level] == name:
                self._close_to(level)
                return
            if self._open[level] in _WALLS and name not in _PASSING:
                return
            if self._open[level] in {"td", "th"} and name not in _ROWS:
                return

    def _close_to(self, level: int) -> None:
        for name in reversed(self._open[level:]):
            self.out.append(_end(name))
        del self._open[level:]
