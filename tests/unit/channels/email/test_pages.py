"""HTML: safe to show, readable as text, its quotes known by the marks of each client."""

import re

import pytest

from channels.email.parsing import markup, plain, sanitise
from tests.harmless import is_harmless
from tests.unit.channels.email.mails import read


def clean(source):
    return sanitise.sanitised(markup.tokens(source))[0]


def as_text(source):
    return plain.text(markup.tokens(source))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<div>One</div><div>Two</div><div><br></div><div>Three</div>", "One\nTwo\n\nThree"),
        ("<ul><li>a<li>b</ul><ol><li>x</li><li>y</li></ol>", "- a\n- b\n\n1. x\n2. y"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ('see <a href="https://x.example/a">here</a>', "see here <https://x.example/a>"),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ("<blockquote type=cite>a<br>b</blockquote>c", "> a\n> b\n\nc"),
        ('a<div style="display:none">hidden</div>b', "ab"),
        ("<style>p{}</style><script>x()</script><title>t</title>a", "a"),
        ("<html><body>a</body></html>after", "aafter"),
        ("a&nbsp;&lt;b&gt;&amp;&#1055;&bogus;", "a <b>&П&bogus;"),
        ("a < b and b > c", "a < b and b > c"),
        ("<p unclosed", ""),
        ("<!-- a --><![if !mso]>b<![endif]>", "b"),
        ("  a \n\n b  ", "a b"),
        ("<o:p>a</o:p><custom>b</custom>", "ab"),
        ('<img alt="logo" src="x">', "logo"),
        ("<script>never closed", ""),
        ("<b>a<p>b</b>c", "a\n\nb\n\nc"),
    ],
)
def test_pages_as_text(source, text):
    assert as_text(source).strip() == text


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" java\nscript:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        "<iframe src=//x></iframe>",
        "<svg onload=alert(1)><script>1</script></svg>",
        '<math><a xlink:href="javascript:x">',
        '<form action="http://x"><input></form>',
        '<meta http-equiv=refresh content="0;url=http://x">',
        '<base href="http://x">',
        '<link rel=stylesheet href="http://x">',
        '<p style="background:url(http://x)">a</p>',
        '<p style="position:fixed;top:0">a</p>',
        '<table background="http://x/y.png"><tr><td>a</td></tr></table>',
        '<img src="http://x/y.png" srcset="http://x/z.png 2x">',
        "<img src='//x/y.png'>",
        '<p title="</p><script>alert(1)</script>">a</p>',
        "<!--><script>alert(1)</script>-->",
        '<img alt="`><script>alert(1)</script>" src=x>',
        '<video src="http://x"></video><audio src="http://x"></audio>',
        '<p style="background-image:\\75rl(http://x)">a</p>',
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        "&lt;img src=x onerror=alert(1)&gt;",
        "<b>&#60;svg onload=alert(1)></b>",
    ],
)
def test_nothing_in_it_acts_or_calls_home(source):
    safe = clean(source).lower()
    tags = "".join(re.findall("<[^>]*>", safe))
    for word in ("<script", "onerror", "onload", "javascript:", "data:text", "<iframe", "<form"):
        assert word not in tags
    for word in (" src=", "srcset", "url(", "position", "background=", "<meta", "<base", "<link"):
        assert word not in tags
    assert is_harmless(clean(source))
    # Told of once more it is remembered, and no less strict.
    assert clean(source * 2).lower().startswith(safe[:20])


@pytest.mark.parametrize(
    "page",
    [
        "<p>a<script>x()</script></p>",
        "<p onclick='x()'>a</p>",
        '<a href="javascript:x()">a</a>',
        "<p>a<!-- b --></p>",
        "<table background='http://x/y.png'></table>",
    ],
)
def test_what_acts_is_seen(page: str):
    assert not is_harmless(page)


def test_tags_of_a_table_are_judged_within_one():
    source = (
        '<table width="9" onclick="x"><caption class="a">n</caption><colgroup span="2"><col'
        ' width="1"></colgroup><thead><tr bgcolor="red" onclick="x"><th colspan="2">a</th></tr>'
        '</thead><tbody><tr><td style="color:red;position:fixed">b</td></tr></tbody></table>'
    )
    assert clean(source) == (
        '<table width="9"><caption class="a">n</caption><colgroup><col width="1"></colgroup>'
        '<thead><tr bgcolor="red"><th colspan="2">a</th></tr></thead><tbody><tr>'
        '<td style="color:red">b</td></tr></tbody></table>'
    )


def test_more_tags_than_are_remembered():
    source = "".join(f'<p class="n{number}" onclick="x">{number}</p>' for number in range(9_000))
    assert clean(source) == source.replace(' onclick="x"', "")


def test_what_is_harmless_stays():
    source = '<p style="color:red">a <b>b</b> <a href="https://x.example">c</a></p><hr>'
    safe = clean(source)
    assert 'style="color:red"' in safe
    assert 'href="https://x.example"' in safe
    assert 'rel="noopener noreferrer nofollow"' in safe
    assert "<hr>" in safe


@pytest.mark.parametrize(
    "style",
    [
        "text-decoration:underline",
        "border-radius:4px",
        "min-width:10px",
        "color:red;text-decoration:line-through;border-radius:50%",
    ],
)
def test_the_look_of_words_and_boxes_stays(style: str):
    assert clean(f'<span style="{style}">a</span>') == f'<span style="{style}">a</span>'


def test_pieces_of_names_are_no_properties():
    torn = "border-:1px;radius:1px;min-:1px;text-:none;decoration:underline"
    assert clean(f'<p style="{torn}">a</p>') == '<p style="">a</p>'


def test_small_pictures_inside_the_page_stay():
    assert 'src="data:image/png;base64,iVBO"' in clean('<img src="data:image/png;base64,iVBO">')


QUOTES = {
    "Gmail": '<div dir="ltr">On Friday.</div><br><div class="gmail_quote"><div dir="ltr"'
    ' class="gmail_attr">On Mon, Jan 15, 2024 at 10:32 AM Shop &lt;<a href="mailto:h@s.example">'
    'h@s.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px'
    ' 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">old</blockquote></div>',
    "Outlook on the web": '<div>On Friday.</div><div id="appendonsend"></div><hr style="display:'
    'inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Shop<br><b>Sent:</b>'
    " Monday<br><b>To:</b> Anna<br><b>Subject:</b> Order</div><div>old</div>",
    "Outlook for Windows": '<div class="WordSection1"><p class="MsoNormal">On Friday.<o:p></o:p>'
    '</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">'
    '<p class="MsoNormal"><b>From:</b> Shop<br><b>Sent:</b> Monday</p></div></div>'
    '<p class="MsoNormal">old</p></div>',
    "Outlook 2007, bg": '<p class="MsoNormal">On Friday.</p><div style="border:none;border-top:'
    'solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>От:</b> Магазин</p></div><p>old</p>',
    "Apple Mail": '<div>On Friday.</div><div><br><blockquote type="cite"><div>On 15 Jan 2024, at'
    " 10:32, Shop &lt;h@s.example&gt; wrote:</div><br><div>old</div></blockquote></div>",
    "Thunderbird": '<p>On Friday.</p><div class="moz-cite-prefix">On 1/15/24 10:32, Shop wrote:'
    '<br></div><blockquote type="cite" cite="mid:x@y">old</blockquote>',
    "Yandex": "<div>On Friday.</div><div> </div><div>15.01.2024, 10:32, &quot;Магазин&quot;"
    " &lt;h@s.example&gt;:</div><blockquote><div>old</div></blockquote>",
    "Mail.ru": '<div>On Friday.<br><blockquote style="border-left:1px solid #0857A6;margin:10px;'
    'padding:0 0 0 10px;">Понедельник, 15 января 2024, 10:32 +03:00 от Магазин'
    " &lt;h@s.example&gt;:<br><div>old</div></blockquote></div>",
    "Yahoo": '<div>On Friday.</div><div id="ydp1yahoo_quoted_1" class="ydp1yahoo_quoted'
    ' yahoo_quoted"><div>On Monday, January 15, 2024, Shop &lt;h@s.example&gt; wrote:</div>'
    "<div>old</div></div>",
    "Proton": '<div>On Friday.</div><div class="protonmail_quote">On Monday, January 15th, 2024 at'
    ' 10:32 AM, Shop &lt;h@s.example&gt; wrote:<br><blockquote class="protonmail_quote"'
    ' type="cite">old</blockquote></div>',
    "Zimbra": '<div>On Friday.</div><hr id="zwchr" data-marker="__DIVIDER__"><div><b>From: </b>'
    "Shop</div><div>old</div>",
    "Outlook for iOS": '<div>On Friday.</div><div id="mail-editor-reference-message-container">'
    '<hr><div id="divRplyFwdMsg"><b>Von:</b> Shop</div><div>old</div></div>',
}


@pytest.mark.parametrize("page", QUOTES.values(), ids=QUOTES.keys())
def test_a_quote_in_a_page_goes(page):
    mail = read(f"<html><body>{page}</body></html>", "Content-Type: text/html; charset=utf-8")
    assert mail.reply_text == "On Friday."
    assert "old" in mail.text


SIGNED = {
    "Outlook on the web": '<div id="Signature"><p>Anna</p><p>Home Ltd</p></div>',
    "Outlook for iOS": '<div id="ms-outlook-mobile-signature">Get Outlook, now</div>',
    "Gmail, without its dashes": '<div class="gmail_signature" dir="ltr">Anna<br>Home</div>',
    "Thunderbird": '<pre class="moz-signature" cols="72">-- \nAnna\nHome Ltd</pre>',
    "Mail.ru": '<div data-signature-widget="container"><div>--<br>Анна</div></div>',
    "Samsung": '<div id="composer_signature"><div>Отправлено, где был</div></div>',
    "Zoho": '<div id="Zm-_Id_-Sgn" data-sigid="1"><div>Anna</div></div>',
}


@pytest.mark.parametrize("signature", SIGNED.values(), ids=SIGNED.keys())
def test_a_signature_in_a_page_goes_and_what_stands_below_stays(signature: str):
    page = f"<div>On Friday.</div><br>{signature}<div>And call me.</div>"
    mail = read(f"<html><body>{page}</body></html>", "Content-Type: text/html; charset=utf-8")
    assert "".join(mail.reply_text.split()) == "OnFriday.Andcallme."
    alone = read(f"<html><body>{signature}</body></html>", "Content-Type: text/html")
    assert alone.reply_text


def test_answers_between_quotes_in_a_page_stay():
    page = (
        '<div class="gmail_quote"><div>On Mon, Jan 15, 2024 at 10:32 AM Shop &lt;h@s.example&gt;'
        ' wrote:</div><blockquote class="gmail_quote">Red?</blockquote><div>Yes.</div>'
        '<blockquote class="gmail_quote">When?</blockquote><div>On Friday.</div></div>'
    )
    mail = read(page, "Content-Type: text/html")
    assert mail.reply_text == "Yes.\n\nOn Friday."


def test_indented_text_is_no_quote():
    page = 'Like this:<blockquote style="margin:0 0 0 40px;border:none;padding:0px">a</blockquote>'
    assert read(page, "Content-Type: text/html").reply_text == "Like this:\n\na"


def test_outlooks_plain_form_is_outvoted_by_its_page():
    plain_form = "On Friday.\n\nShop\nMonday 10:32\nold text that is not marked in any way here"
    body = (
        f"--b\nContent-Type: text/plain\n\n{plain_form}\n--b\nContent-Type: text/html\n\n"
        '<div>On Friday.</div><div id="divRplyFwdMsg">Shop</div><div>Monday 10:32</div>'
        "<div>old text that is not marked in any way here</div>\n--b--\n"
    )
    mail = read(body, "Content-Type: multipart/alternative; boundary=b")
    assert mail.reply_text == "On Friday."


def test_a_forwarded_page_is_kept():
    page = (
        '<div dir="ltr">See below.<br><br><div class="gmail_quote"><div class="gmail_attr">'
        "---------- Forwarded message ---------<br>From: Shop &lt;h@s.example&gt;<br>Date: Mon,"
        " Jan 15, 2024<br>Subject: Order<br>To: Anna</div>the forwarded text</div></div>"
    )
    mail = read(page, "Content-Type: text/html", "Subject: Fwd: Order")
    assert "the forwarded text" in mail.reply_text
