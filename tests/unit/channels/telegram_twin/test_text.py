"""The twin reads formatting as the real server does, and complains at the same bytes."""

import pytest

from channels.telegram.twin.refusals import Refused
from channels.telegram.twin.text import formatted, plain
from channels.telegram.twin.text.units import piece

BOLD = [("bold", "hi")]


def found(text: str, mode: str = "", listed: object = None) -> list[tuple[str, str]]:
    """Each entity as its type and the words it covers."""
    said = formatted(text, mode, listed)
    return [
        (str(one["type"]), piece(said.text, int(str(one["offset"])), int(str(one["length"]))))
        for one in said.entities
    ]


HTML = [
    ("<b>hi</b>", BOLD),
    ("<STRONG>hi</strong>", BOLD),
    ("😀 <i>😀a</i>", [("italic", "😀a")]),
    (
        "<u>a</u><s>b</s><del>c</del>",
        [("underline", "a"), ("strikethrough", "b"), ("strikethrough", "c")],
    ),
    (
        '<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler>',
        [("spoiler", "a"), ("spoiler", "b")],
    ),
    ("<b>a<i>b</i></b>", [("bold", "ab"), ("italic", "b")]),
    ("<a href='https://a.example/?x=1&amp;y'>a</a>", [("text_link", "a")]),
    ("<a>a.example</a>", [("text_link", "a.example")]),
    ("<a href='nowhere'>a</a>", []),
    ("<a href='tg://user?id=7'>a</a>", [("text_mention", "a")]),
    ("<code>a&lt;b</code>", [("code", "a<b")]),
    ('<pre><code class="language-python">a</code></pre>', [("pre", "a")]),
    ("<pre>a</pre>", [("pre", "a")]),
    ("<blockquote>a</blockquote>", [("blockquote", "a")]),
    ("<blockquote expandable>a</blockquote>", [("expandable_blockquote", "a")]),
    ('<tg-emoji emoji-id="53">👍</tg-emoji>', [("custom_emoji", "👍")]),
    ('<tg-time unix="1800000000">then</tg-time>', [("date_time", "then")]),
    ("<b></b>x", []),
    ("<b>  hi  </b>", [("bold", "hi")]),
    ("a&#128512;&#x1F600;&nosuch;<b>hi</b>", BOLD),
    ("<b>hi</>", BOLD),
]


@pytest.mark.parametrize(("text", "entities"), HTML)
def test_html(text: str, entities: list[tuple[str, str]]):
    assert found(text, "HTML") == entities


MARKDOWN = [
    ("*hi*", BOLD),
    ("*a _b_*", [("bold", "a b"), ("italic", "b")]),
    ("__a__ ~b~ ||c||", [("underline", "a"), ("strikethrough", "b"), ("spoiler", "c")]),
    ("[a](https://a.example/\\))", [("text_link", "a")]),
    ("[a\\.example]", [("text_link", "a.example")]),
    ("`a\\`b` ", [("code", "a`b")]),
    ("```py\na```", [("pre", "a")]),
    ("```\na```", [("pre", "a")]),
    (">a\n>b\nc", [("blockquote", "a\nb")]),
    ("**>a\n>b||", [("expandable_blockquote", "a\nb")]),
    ("![👍](tg://emoji?id=53)", [("custom_emoji", "👍")]),
    ("![then](tg://time?unix=18)", [("date_time", "then")]),
    ("\\*a\\* \\😀", []),
]


@pytest.mark.parametrize(("text", "entities"), MARKDOWN)
def test_markdown(text: str, entities: list[tuple[str, str]]):
    assert found(text, "MarkdownV2") == entities


FAULTS = [
    ("HTML", "<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
    ("HTML", "ж<br/>", 'Unsupported start tag "br/" at byte offset 2'),
    ("HTML", "<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
    ("HTML", "</b>", "Unexpected end tag at byte offset 0"),
    ("HTML", "<b", "Unclosed start tag at byte offset 0"),
    ("HTML", "<a href", 'Unclosed start tag "a" at byte offset 0'),
    ("HTML", '<a href="x', "Unclosed start tag at byte offset 0"),
    ("HTML", "<a href=x/>a</a>", "Unexpected end of name token at byte offset 8"),
    ("HTML", '<a ="x">', 'Empty attribute name in the tag "a" at byte offset 0'),
    ("HTML", "<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ("HTML", "<b>x</b", "Unclosed end tag at byte offset 4"),
    ("HTML", "<tg-emoji>x</tg-emoji>", "Invalid custom emoji identifier specified"),
    ("MarkdownV2", "a.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
    ("MarkdownV2", "a>", "Character '>' is reserved and must be escaped with the preceding '\\'"),
    ("MarkdownV2", "ж *a", "Can't find end of Bold entity at byte offset 3"),
    ("MarkdownV2", "*_a*_", "Can't find end of Italic entity at byte offset 4"),
    ("MarkdownV2", "```a", "Can't find end of Pre entity at byte offset 0"),
    ("MarkdownV2", ">*a", "Can't find end of Bold entity at byte offset 1"),
    ("MarkdownV2", "[a](b", "Can't find end of a URL at byte offset 4"),
    ("MarkdownV2", "![a]", "The entity must contain a tg://emoji or tg://time URL"),
    ("MarkdownV2", "![a](b)", "Invalid tg://emoji or tg://time URL specified"),
]


@pytest.mark.parametrize(("mode", "text", "complaint"), FAULTS)
def test_faults(mode: str, text: str, complaint: str):
    with pytest.raises(Refused) as refused:
        formatted(text, mode)
    assert refused.value.description == f"Bad Request: can't parse entities: {complaint}"


def test_unknown_mode():
    with pytest.raises(Refused, match="unsupported parse_mode"):
        formatted("a", "bbcode")


def entity(kind: str, offset: object = 0, length: object = 1, **more: object) -> dict[str, object]:
    return {"type": kind, "offset": offset, "length": length, **more}


EXPLICIT = [
    (entity("bold", 3, 2), [("bold", "😀")]),
    (entity("text_link", url="a.example"), [("text_link", "a")]),
    (entity("url"), []),
    (entity("bold", 0, 0), []),
]


@pytest.mark.parametrize(("one", "entities"), EXPLICIT)
def test_explicit(one: object, entities: list[tuple[str, str]]):
    assert found("ab 😀", listed=[one]) == entities


REFUSED = [
    (1, "can't parse MessageEntity: expected an Object"),
    ({"type": "bold", "length": 1}, "can't parse MessageEntity: Can't find field \"offset\""),
    (entity("bold", "x"), 'can\'t parse MessageEntity: Field "offset" must be a Number'),
    (entity("blink"), "can't parse MessageEntity: Unsupported type specified"),
    (entity("bold", -1), "receive an entity with incorrect offset -1"),
    (entity("bold", 5), "entity begins after the end of the text at UTF-16 offset 5"),
]


@pytest.mark.parametrize(("one", "complaint"), REFUSED)
def test_explicit_refused(one: object, complaint: str):
    with pytest.raises(Refused) as refused:
        formatted("ab", listed=[one])
    assert refused.value.description == f"Bad Request: {complaint}"


def test_finds_what_people_type():
    text = "/start@x_bot https://a.example/b?c, mail@b.example @ivanov #тег $EUR +7 912 345-67-89"
    kinds = [str(one["type"]) for one in plain(text).entities]
    assert kinds == [
        "bot_command",
        "url",
        "email",
        "mention",
        "hashtag",
        "cashtag",
        "phone_number",
    ]


def test_trims_and_keeps_entities_in_place():
    said = formatted("  \n a <b>b</b> \x01 ", "HTML")
    assert said.text == "a b"
    assert said.entities == ({"type": "bold", "offset": 2, "length": 1},)
