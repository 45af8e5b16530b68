"""A mail's page fetches what came along, and what is elsewhere only when it is asked for."""

import pytest

from hub.web.resources.mail_page import mail_page, policy

FILES = {"logo@shop": "file-1"}
LINK = "/files/{}?signature=a&b".format


def text(source: str, *, images: bool = False) -> str:
    return mail_page(source, FILES, images=images, link=LINK).text


@pytest.mark.parametrize("name", ["logo@shop", "&lt;logo@shop&gt;"])
def test_images_that_came_along_are_shown(name: str):
    assert 'src="/files/file-1?signature=a&amp;b"' in text(f'<img data-cid="{name}">')


def test_an_image_nobody_sent_along_stays_away():
    assert " src=" not in text('<img data-cid="other">')


def test_remote_images_wait_until_they_are_asked_for():
    source = '<img data-remote-src="https://shop.example/a.png?x&amp;y">'
    assert " src=" not in text(source)
    assert 'src="https://shop.example/a.png?x&amp;y"' in text(source, images=True)
    assert "https:" not in policy(images=False)
    assert "img-src 'self' data: https: http:" in policy(images=True)


@pytest.mark.parametrize("images", [True, False])
def test_nothing_runs_and_nothing_is_sent(images: bool):
    said = policy(images=images)
    assert "default-src 'none'" in said
    assert "form-action 'none'" in said
    assert "script" not in said


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("<p>Hello</p>", True),
        ('<p style="border-color:red">Hello</p>', True),
        ('<td bgcolor="#eee">', False),
        ('<p style="color: #333">', False),
        ('<font color="red">', False),
        ('<p style="background-color:#fff">', False),
    ],
)
def test_only_mail_without_colours_of_its_own_follows_the_theme(source: str, plain: bool):
    assert ('class="plain"' in text(source)) is plain
