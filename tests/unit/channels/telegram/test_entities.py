"""Formatting: what is received as HTML that is safe to show, what is written as entities."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from channels.telegram.entities import safe_url, to_html
from channels.telegram.markup import formatted, units

WORDS = st.text(alphabet="аб \U0001f642<&\"'>\n\ud800", max_size=40)
KINDS = [
    "bold", "italic", "underline", "strikethrough", "code", "pre", "blockquote", "spoiler",
    "text_link", "expandable_blockquote", "mention", "url", "custom_emoji", "nonsense",
]  # fmt: skip
ENTITIES = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(KINDS) | st.integers(),
            "offset": st.integers(-5, 60) | st.text(max_size=3),
            "length": st.integers(-5, 60) | st.none(),
            "url": st.sampled_from(
                ["https://x.org/?a=1&b=2", "javascript:alert(1)", "", 'https://x.org/"><b>']
            ),
        }
    ),
    max_size=8,
)


class Reader(HTMLParser):
    """What a browser makes of it: the words, and whether every tag was closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words = ""
        self.links: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.words += "\n"
            return
        assert tag in {"b", "i", "u", "s", "code", "pre", "blockquote", "span", "a"}
        assert {name for name, _ in attrs} <= {"href", "rel", "class"}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.words += data


@given(WORDS, ENTITIES)
def test_html_says_the_same_and_is_whole(text: str, entities: list[dict[str, Any]]):
    html = to_html(text, entities)
    if html:
        reader = Reader()
        reader.feed(html)
        reader.close()
        assert not reader.open
        assert reader.words == text
        assert all(link.startswith("https://x.org/") for link in reader.links)


def bold(offset: int, length: int, kind: str = "bold", **more: object) -> dict[str, object]:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("text", "entities", "html"),
    [
        ("plain", [], ""),
        ("see x.org", [bold(4, 5, "url")], ""),
        ("a b c", [bold(2, 1)], "a <b>b</b> c"),
        # Two code units before it.
        ("🙂 b", [bold(3, 1)], "🙂 <b>b</b>"),
        ("🙂b", [bold(1, 1)], "<b>🙂</b>b"),
        ("ab", [bold(0, 2), bold(1, 1, "italic")], "<b>a<i>b</i></b>"),
        # Overlapping: closed and opened again.
        ("abc", [bold(0, 2), bold(1, 2, "italic")], "<b>a<i>b</i></b><i>c</i>"),
        ("ab", [bold(0, 99)], "<b>ab</b>"),
        ("<b>", [bold(0, 3, "code")], "<code>&lt;b&gt;</code>"),
        ("a\nb", [bold(0, 1)], "<b>a</b><br>b"),
        (
            "x",
            [bold(0, 1, "text_link", url="https://x.org/?a&b")],
            '<a href="https://x.org/?a&amp;b" rel="noopener noreferrer nofollow">x</a>',
        ),
        ("x", [bold(0, 1, "text_link", url="javascript:alert(1)")], ""),
        ("x", [bold(0, 1, "text_link", url=" JavaScript:alert(1)")], ""),
        ("x", [bold(0, 1, "text_link", url="data:text/html,x")], ""),
        # A link in a link.
        (
            "ab",
            [
                bold(0, 2, "text_link", url="https://x.org"),
                bold(1, 1, "text_link", url="https://y.org"),
            ],
            '<a href="https://x.org" rel="noopener noreferrer nofollow">ab</a>',
        ),
    ],
)
def test_html(text: str, entities: list[dict[str, object]], html: str):
    assert to_html(text, entities) == html


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://x.org", "https://x.org"),
        ("mailto:a@x.org", "mailto:a@x.org"),
        ("tel:+79120000000", "tel:+79120000000"),
        ("tg://user?id=1", ""),
        ("vbscript:x", ""),
        ("//x.org", ""),
        ("https://x .org", ""),
        ("https://[::1", ""),
        ("https://", ""),
        ("https://x.org/" + "a" * 3000, ""),
    ],
)
def test_addresses(url: str, safe: str):
    assert safe_url(url) == safe


def shown(html: str) -> tuple[str, list[tuple[object, ...]]]:
    text, entities = formatted(html)
    return text, [(one.type, one.offset, one.length, one.url) for one in entities]


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("<b>В пути</b> & рядом", "В пути & рядом", [("bold", 0, 6, None)]),
        ("🙂 <i>b</i>", "🙂 b", [("italic", 3, 1, None)]),
        ("<p>One</p><p>Two</p>", "One\nTwo", []),
        ("a<br>b", "a\nb", []),
        ("<ul><li>one</li><li><b>two</b></li></ul>", "• one\n• two", [("bold", 8, 3, None)]),
        (
            '<a href="https://x.org/?a=1&amp;b=2">x</a>',
            "x",
            [("text_link", 0, 1, "https://x.org/?a=1&b=2")],
        ),
        ('<a href="javascript:x()">x</a>', "x", []),
        ("<pre>a\n  b</pre>", "a\n  b", [("pre", 0, 5, None)]),
        ("a\n   b", "a b", []),
        ("<b><i>ab</i>c</b>", "abc", [("bold", 0, 3, None), ("italic", 0, 2, None)]),
        ("<b></b>x", "x", []),
        ("<blockquote>q</blockquote>a", "q\na", [("blockquote", 0, 1, None)]),
        ("&lt;b&gt;", "<b>", []),
    ],
)
def test_entities(html: str, text: str, entities: list[tuple[object, ...]]):
    assert shown(html) == (text, entities)


@given(WORDS, ENTITIES)
def test_entities_lie_within_their_text(text: str, entities: list[dict[str, Any]]):
    words, found = formatted(to_html(text, entities))
    for one in found:
        assert one.offset >= 0
        assert one.length > 0
        assert one.offset + one.length <= units(words)
