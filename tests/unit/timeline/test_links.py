"""A file's address opens that file until it expires; its headers let nothing run."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.crypto import Keyring
from hub.ids import new_id
from hub.ports import StoredFile
from hub.timeline.links import LIFETIME, FileLinks, serve_headers

NOW = datetime(2026, 5, 3, 9, 14, tzinfo=UTC)
FILE, OTHER = new_id(), new_id()


def links(now: datetime = NOW, key: str = "one") -> FileLinks:
    return FileLinks(Keyring(key), "https://hub.example", lambda: now)


def parts(url: str) -> tuple[str, str]:
    found = parse_qs(urlsplit(url).query)
    return found["expires"][0], found["signature"][0]


def test_an_address_opens_its_file_until_it_expires() -> None:
    url = links().url(FILE)
    assert url.startswith(f"https://hub.example/api/v1/files/{FILE}?expires=")
    expires, signature = parts(url)
    assert links().verify(FILE, expires, signature)
    assert links(NOW + LIFETIME).verify(FILE, expires, signature)
    assert not links(NOW + LIFETIME + timedelta(hours=1)).verify(FILE, expires, signature)


def test_it_is_the_same_within_an_hour() -> None:
    assert links().url(FILE) == links(NOW + timedelta(minutes=20)).url(FILE)


def test_it_opens_nothing_else() -> None:
    expires, signature = parts(links().url(FILE))
    assert not links().verify(OTHER, expires, signature)
    assert not links().verify(FILE, str(int(expires) + 3600), signature)
    assert not links(key="another").verify(FILE, expires, signature)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_breaks_the_check(expires: str, signature: str) -> None:
    assert not links().verify(FILE, expires, signature)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("image/png", "inline"),
        ("application/pdf", "inline"),
        ("text/plain", "attachment"),
        ("application/octet-stream", "attachment"),
    ],
)
def test_only_safe_types_are_shown_in_place(kind: str, shown: str) -> None:
    headers = serve_headers(StoredFile(FILE, "счёт.pdf", kind, 1))
    assert headers["Content-Disposition"].startswith(f"{shown}; ")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert ("sandbox" in headers["Content-Security-Policy"]) is (kind != "application/pdf")


@given(st.text(max_size=50).filter(lambda name: not any("\ud800" <= c <= "\udfff" for c in name)))
def test_a_name_cannot_leave_its_header(name: str) -> None:
    value = serve_headers(StoredFile(FILE, name, "image/png", 1))["Content-Disposition"]
    assert value.isascii()
    assert value.count('"') == 2
    quoted = value.split("filename*=UTF-8''")[1]
    assert not set(quoted) & set(' ";,\r\n')
