"""What an authorization server's answers mean, and which settings renew a token."""

import pytest
from pydantic import ValidationError

from channels.email.credentials import answered
from channels.email.settings import EmailSettings
from hub.ports import ChannelError, InboxMisconfigured, TransientError


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b'{"error":"invalid_grant"}', InboxMisconfigured),
        (401, b'{"error":"invalid_client"}', InboxMisconfigured),
        (404, b"<html>", InboxMisconfigured),
        (302, b"", TransientError),
        (400, b'["error"]', InboxMisconfigured),
        (429, b'{"error":"slow_down"}', TransientError),
        (408, b"", TransientError),
        (500, b"", TransientError),
        (200, b"not json", TransientError),
        (200, b"[]", TransientError),
    ],
)
def test_what_is_no_token(status: int, body: bytes, error: type[ChannelError]) -> None:
    with pytest.raises(error):
        answered(status, body)


def _settings(**more: object) -> EmailSettings:
    facts = {"address": "a@shop.example", "auth": "xoauth2", "oauth_refresh_token": "r"}
    return EmailSettings.model_validate({**facts, **more})


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("imap.gmail.com", "https://oauth2.googleapis.com/token"),
        ("outlook.office365.com", "https://login.microsoftonline.com/common/oauth2/v2.0/token"),
    ],
)
def test_known_providers_need_no_address_of_tokens(host: str, url: str) -> None:
    assert _settings(imap_host=host).oauth_token_at == url
    assert not _settings(imap_host=host, auth="password").renews


def test_elsewhere_the_address_has_to_be_named_and_safe() -> None:
    with pytest.raises(ValidationError, match="oauth_token_url"):
        _settings(imap_host="imap.notgmail.com")
    for url in ("http://id.example/token", "ftp://id.example/", "https:///token", "token"):
        with pytest.raises(ValidationError, match="https"):
            _settings(imap_host="imap.shop.example", oauth_token_url=url)
