"""Where rich text is cut: no tag is lost, none is left open, and every part fits."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from hub.conversations import rich_text
from hub.deliveries.split import units
from hub.deliveries.split_html import split_html
from tests.effort import assert_linear

WORDS = st.text(alphabet="аб \U0001f642<&.\n", max_size=60)
TAGS = ["b", "i", "u", "s", "code", "pre", "p", "blockquote", "ul", "li", "a"]


def tagged(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def wrap(parts: list[tuple[str, str]]) -> str:
        opening = {"a": '<a href="https://x.org/?a=1&amp;b=2">'}
        return "".join(f"{opening.get(tag, f'<{tag}>')}{body}</{tag}>" for tag, body in parts)

    return st.lists(st.tuples(st.sampled_from(TAGS), inner), max_size=4).map(wrap)


HTML = st.recursive(
    WORDS.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")), tagged
)


class Balance(HTMLParser):
    """Whether every tag is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words = ""

    @override
    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.words += data


def read(html: str) -> str:
    balance = Balance()
    balance.feed(html)
    balance.close()
    assert not balance.open
    return "".join(balance.words.split())


@given(HTML, st.integers(5, 40), st.booleans())
def test_the_parts_fit_and_say_the_same(html: str, limit: int, utf16: bool):
    safe = rich_text.safe(html)
    parts = split_html(safe, limit, utf16=utf16)
    assert "".join(read(markup) for _, markup in parts) == read(safe)
    for text, markup in parts:
        assert "".join(text.split()) == read(markup)
        assert (units(text) if utf16 else len(text)) <= limit


@pytest.mark.parametrize(
    ("html", "limit", "parts"),
    [
        ("<b>One two</b>", 20, ["<b>One two</b>"]),
        ("<b>One two three</b>", 8, ["<b>One two </b>", "<b>three</b>"]),
        # A link stays whole while it fits.
        (
            'See <a href="https://x.org">our page</a> now',
            11,
            ["See", '<a href="https://x.org">our page</a>', "now"],
        ),
        ("<p>One two.</p><p>Three.</p>", 16, ["<p>One two.</p>", "<p>Three.</p>"]),
        ("a<br>b", 3, ["a<br>b"]),
    ],
)
def test_cuts(html: str, limit: int, parts: list[str]):
    assert [markup for _, markup in split_html(html, limit)] == parts


def test_long_rich_text_is_cut_in_linear_time():
    def cut(size: int) -> list[tuple[str, str]]:
        return split_html("<p><b>word</b> and <i>words</i></p>" * size, 4096, utf16=True)

    assert_linear(cut, 2_000)
    parts = cut(2_000)
    assert all(units(text) <= 4096 for text, _ in parts)
