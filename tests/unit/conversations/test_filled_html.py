"""HTML of templates: cleaned once for all that look alike, no differently from each by itself."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from hub.conversations import filled_html, rich_text
from hub.conversations.cleaning import clean
from hub.rendering.held import holding

LINK = '<a href="{}" rel="noopener noreferrer nofollow">{}</a>'
FIELD = None
"""Stands in a page for a field."""

HOSTILE = (
    "javascript:alert(1)", '"><img src=x onerror=alert(1)>', "<script>x</script>", "' onclick='x",
    "https://x.example/?a=1&b='2'", "https://x.example/a\" onclick=\"x", "HTTPS://X.example",
    "http://", "https://x.example/<b>", "&lt;b&gt;", "&amp;", "\x00", "\ud83d", "a\r\nb\rc",
    "\xa0", "gap0x0y", "https://gap0x1y", "", " ", "\n", "--><b>", "]]>", "Анна", "١", "🙂",
    "data:,x",
)  # fmt: skip
FRAGMENTS = (
    "<p>", "</p>", "<b>", "</b>", '<a href="', '">', "</a>", "<a href='", "'>", "<img alt=\"",
    '" src="cid:', "<br>", "<ul><li>", "</li></ul>", "<table><tr><td>", "</td></tr></table>",
    "<table>", "Hello ", " ", "\n", "&amp;", "&lt;", "<", ">", '"', "<!--", "-->", "<script>",
    "</script>", "<style>", "<pre>", "<td colspan=", "<div lang=", "https://x.example/", "?q=",
    "javascript:", "gap0x", "<span>", "</span>", "<form>", "<title>",
)  # fmt: skip


held = holding(str)
marked_up = holding(lambda one: one)
VALUES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8))


def filled(page: Sequence[str | None], values: Sequence[str]) -> list[str]:
    given_ = iter(values)
    return [held(next(given_)) if one is FIELD else one for one in page]


def by_itself(pieces: Sequence[str]) -> str:
    return rich_text.safe(clean("".join(pieces)))


@pytest.mark.parametrize(
    ("page", "values", "html"),
    [
        (["<p>Hello ", FIELD, "</p>"], ["<b>Anna</b>"], "<p>Hello &lt;b&gt;Anna&lt;/b&gt;</p>"),
        (
            ['<a href="', FIELD, '">', FIELD, "</a>"],
            ["https://x.example/?a=1&b=2", "it's"],
            LINK.format("https://x.example/?a=1&amp;b=2", "it's"),
        ),
        (
            ['<a href="', FIELD, '">open</a>'],
            ["javascript:alert(1)"],
            '<a rel="noopener noreferrer nofollow">open</a>',
        ),
        (
            ['<a href="https://x.example/', FIELD, '">open</a>'],
            ["42"],
            LINK.format("https://x.example/42", "open"),
        ),
        (['<p onclick="', FIELD, '">Hi</p>'], ["x"], "<p>Hi</p>"),
        (["<p>", FIELD, "</p>"], [" "], ""),
        (["<script>", FIELD, "</script>Hi"], ["x"], "Hi"),
    ],
)
def test_what_comes_of_a_page(page: list[str | None], values: list[str], html: str) -> None:
    pieces = filled(page, values)
    assert filled_html.safe(pieces) == html == by_itself(pieces)


@given(VALUES)
def test_a_field_is_escaped_as_by_everybody(value: str) -> None:
    escaped = str(escape(value))
    assert "".join([held(value)]) == "".join([marked_up(escape(value))]) == escaped
    assert type(held(value)) is not str


def test_markup_that_was_not_escaped_is_cleaned() -> None:
    assert (
        filled_html.safe(["<p>", marked_up(Markup("<script>x</script>a")), "</p>"]) == "<p>a</p>"
    )
    assert filled_html.safe(["<p>", Markup("<script>x</script>a"), "</p>"]) == "<p>a</p>"


PAGES = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.just(FIELD)), max_size=12)


@given(
    PAGES, st.lists(VALUES, min_size=12, max_size=12), st.lists(VALUES, min_size=12, max_size=12)
)
def test_each_comes_out_as_it_would_by_itself(
    page: list[str | None], first: list[str], second: list[str]
) -> None:
    for values in (first, second):
        pieces = filled(page, values)
        assert filled_html.safe(pieces) == by_itself(pieces)
