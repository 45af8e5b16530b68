"""Rich text of operators: nothing acts or calls home, and its plain words are what it says."""

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import now
from hub.conversations.draft import Draft, checked
from hub.conversations.outbound.subjects import answering, plain
from hub.conversations.rich_text import as_text, images, safe
from hub.errors import Invalid
from tests.effort import assert_linear

FILE = UUID(int=7)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("<p>Hi <b>you</b></p>", "<p>Hi <b>you</b></p>"),
        ("<p onclick=x style=y class=z>Hi</p>", "<p>Hi</p>"),
        ("a<script>alert(1)</script>b", "ab"),
        ('<a href="javascript:x">y</a>', '<a rel="noopener noreferrer nofollow">y</a>'),
        ('a<img src="https://x.example/p.png">', "a<img>"),
        (f'<img src="cid:{FILE}" alt="map">', f'<img data-cid="{FILE}" alt="map">'),
        ("<p> </p><br>", ""),
        ("<form><input name=x>words</form>", "words"),
    ],
)
def test_what_goes_on(source: str, kept: str) -> None:
    assert safe(source) == kept


@given(st.text(st.sampled_from("<>/=\"' abpimgscrdt:;&#x-!"), max_size=300))
def test_what_was_cleaned_is_clean(source: str) -> None:
    once = safe(source)
    assert safe(once) == once
    assert "<script" not in once
    assert " on" not in once.replace(" on ", "") or "<" in source


def test_pictures_are_named_by_their_files() -> None:
    assert images(safe(f'<p>a<img alt="x>" src="cid:{FILE}">')) == {str(FILE)}
    assert images(safe('<p>&lt;img data-cid="no"&gt; src="cid:x"</p>')) == frozenset()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
        ("<div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"),
        ("<ul><li>a</li><li>b</li></ul><p>c</p>", "- a\n- b\n\nc"),
        ("<ol start=3><li>a</li><li>b<ul><li>c</li></ul></li></ol>", "3. a\n4. b\n  - c"),
        ("<p>a</p><blockquote>b<br>c</blockquote>d", "a\n\n> b\n> c\n\nd"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
        ('See <a href="https://x.example/">here</a>.', "See here (https://x.example/)."),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>a   b\n c</p>", "a b c"),
        ("<b>a</b> <i>b</i>", "a b"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
        ('<p>a</p><hr><p>b</p><img src="cid:x" alt="map">', "a\n\n---\n\nb\n\n[map]"),
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
    ],
)
def test_what_it_says_in_plain_words(source: str, words: str) -> None:
    assert as_text(safe(source)) == words


@pytest.mark.parametrize(
    ("piece", "times"),
    [("<b>", 30_000), ("<p><i>", 10_000), ("<", 99_000), ("&", 99_000), ("<!--", 25_000)],
)
def test_what_would_take_long_is_refused(piece: str, times: int) -> None:
    def read_it(size: int) -> None:
        with suppress(Invalid):
            safe(piece * size)

    assert_linear(read_it, times)
    with pytest.raises(Invalid) as refused:
        safe(piece * times)
    assert "html" in (refused.value.fields or {})


def test_a_draft_of_rich_text_alone_has_its_words() -> None:
    draft = checked(Draft("", html="<p>Hello <b>Ivan</b></p>"), now())
    assert draft.text == "Hello Ivan"
    assert checked(Draft("Hi", html="<p>Hello</p>"), now()).text == "Hi"
    with pytest.raises(Invalid):
        checked(Draft(" ", html="<p> </p>"), now())


def test_copies_are_addresses_each_once() -> None:
    draft = checked(
        Draft("x", cc=("A@X.example", "a@x.example"), bcc=("a@x.example", "b@пример.рф")), now()
    )
    assert (draft.cc, draft.bcc) == (("a@x.example",), ("b@xn--e1afmkfd.xn--p1ai",))
    with pytest.raises(Invalid) as refused:
        checked(Draft("x", cc=("a@x.example", "nobody\r\nBcc: x@y.example")), now())
    assert list(refused.value.fields or {}) == ["cc.1"]


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Parcel", "Re: Parcel"),
        ("Re: Parcel", "Re: Parcel"),
        ("RE: re : Re[4]: Parcel", "Re: Parcel"),
        ("AW: Antw: Bestellung", "Re: Bestellung"),
        ("Отв: Ответ: Заказ", "Re: Заказ"),
        ("ОТГ: Отговор: Поръчка", "Re: Поръчка"),
        ("回复：订单", "Re: 订单"),
        ("Fwd: Re: Parcel", "Re: Fwd: Re: Parcel"),
        ("Reference: 12", "Re: Reference: 12"),
        ("Re: ", ""),
        ("", ""),
        ("a\r\nBcc: x", "Re: a Bcc: x"),
    ],
)
def test_the_subject_of_an_answer(subject: str, answer: str) -> None:
    assert answering(subject) == answer


@given(st.text(max_size=400))
def test_a_subject_does_not_grow(subject: str) -> None:
    once = answering(subject)
    assert answering(once) == once
    assert plain(once) == plain(subject)
    assert len(once) <= 254
