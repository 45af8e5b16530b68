"""The hub's HTML made fit for mail programs: inlined styles, pictures by `cid:`, a button."""

import html
import re
from collections.abc import Collection

_STYLES = {
    "a": "color:#1a56c4",
    "blockquote": "margin:0 0 14px;padding:0 0 0 12px;border-left:2px solid #c4c4c4",
    "code": "font-family:ui-monospace,Consolas,monospace",
    "h1": "margin:0 0 12px;font-size:22px;line-height:1.3",
    "h2": "margin:0 0 12px;font-size:18px;line-height:1.3",
    "h3": "margin:0 0 12px;font-size:16px;line-height:1.3",
    "img": "max-width:100%;height:auto;border:0",
    "ol": "margin:0 0 14px;padding-left:24px",
    "p": "margin:0 0 14px",
    "pre": "margin:0 0 14px;white-space:pre-wrap;font-family:ui-monospace,Consolas,monospace",
    "td": "padding:4px 8px;border:1px solid #c4c4c4;vertical-align:top",
    "th": "padding:4px 8px;border:1px solid #c4c4c4;vertical-align:top",
    "table": "margin:0 0 14px;border-collapse:collapse",
    "ul": "margin:0 0 14px;padding-left:24px",
}
_CLASSES = {"a": "link", "blockquote": "quote"}
_BUTTON = (
    "display:inline-block;padding:10px 20px;border-radius:6px;background:#1a56c4;color:#ffffff;"
    "font-weight:600;text-decoration:none"
)
# Whole tags: an attribute that looks like a tag is read with the tag it stands in.
_TAG = re.compile(r'<([a-z][a-z0-9]*+)((?:[^">]|"[^"]*")*+)>')
_CID = re.compile(r'\sdata-cid="([^"]*)"')
_ALONE = re.compile(r'<p>\s*<a (href="[^"]*")(?:[^">]|"[^"]*")*+>([^<]*)</a>\s*</p>')
_URL = re.compile(r"https?://[^\s<>\"]{1,2000}[^\s<>\".,:;!?)\]}'»”]")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


def from_html(source: str, shown: Collection[str], *, button: bool = False) -> str:
    """HTML that the hub has cleaned, with its styles beside each element.

    shown: the content ids of the pictures that go along; others are left out. button: a link
    alone in its paragraph is drawn as the mail's one button.
    """
    alone = _ALONE.search(source) if button else None
    if alone is None:
        return _TAG.sub(lambda tag: _styled(tag[1], tag[2], shown), source)
    before, after = source[: alone.start()], source[alone.end() :]
    drawn = f'<p style="{_STYLES["p"]}"><a {alone[1]} style="{_BUTTON}">{alone[2]}</a></p>'
    return from_html(before, shown) + drawn + from_html(after, shown)


def from_text(words: str) -> str:
    """Plain words as paragraphs, their addresses as links."""
    paragraphs = _PARAGRAPHS.split(words.replace("\r\n", "\n").strip("\n"))
    return "\n".join(f'<p style="{_STYLES["p"]}">{lines(one)}</p>' for one in paragraphs)


def lines(words: str) -> str:
    """Plain words with their line breaks, escaped, their addresses as links."""
    out: list[str] = []
    at = 0
    for url in _URL.finditer(words):
        link = html.escape(url[0])
        out += (_escaped(words[at : url.start()]), f'<a class="link" href="{link}">{link}</a>')
        at = url.end()
    return "".join([*out, _escaped(words[at:])])


def _escaped(words: str) -> str:
    return html.escape(words, quote=False).replace("  ", " &nbsp;").replace("\n", "<br>\n")


def _styled(name: str, attributes: str, shown: Collection[str]) -> str:
    if found := _CID.search(attributes):
        if html.unescape(found[1]) not in shown:
            return ""
        attributes = _CID.sub(lambda one: f' src="cid:{one[1]}"', attributes)
    kept = attributes.rstrip().rstrip("/")
    extra = f' class="{_CLASSES[name]}"' if name in _CLASSES else ""
    if name in _STYLES and "style=" not in kept:
        extra += f' style="{_STYLES[name]}"'
    return f"<{name}{kept}{extra}>"
