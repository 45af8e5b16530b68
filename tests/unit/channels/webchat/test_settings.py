"""What an administrator may set."""

import pytest
from pydantic import SecretStr, ValidationError

from channels.webchat.settings import WebChatSettings


@pytest.mark.parametrize(
    ("origins", "meant"),
    [
        ("*", ("*",)),
        (
            "https://a.example, http://localhost:3000",
            ("https://a.example", "http://localhost:3000"),
        ),
        (["https://A.Example/"], ("https://a.example",)),
        (["http://[::1]:8080"], ("http://[::1]:8080",)),
        ([], ()),
    ],
)
def test_origins_are_lists_or_words(origins: object, meant: tuple[str, ...]):
    assert WebChatSettings.model_validate({"origins": origins}).origins == meant


@pytest.mark.parametrize(
    "origin", ["a.example", "ftp://a.example", "https://a.example/shop", "null", ""]
)
def test_what_is_no_origin_is_refused(origin: str):
    with pytest.raises(ValidationError):
        WebChatSettings.model_validate({"origins": [origin]})


def test_a_secret_that_can_be_guessed_is_refused():
    with pytest.raises(ValidationError, match="16 characters"):
        WebChatSettings(jwt_secret=SecretStr("too short"))
    for secret in (SecretStr("x" * 16), SecretStr("")):
        assert WebChatSettings(jwt_secret=secret).jwt_secret == secret


def test_a_chat_that_still_names_hours_of_its_own_works_on() -> None:
    kept = {"greeting": "Hi", "hours": [{"days": [0]}], "time_zone": "Europe/Sofia"}
    assert WebChatSettings.model_validate(kept).greeting == "Hi"
    with pytest.raises(ValidationError, match="hour"):
        WebChatSettings.model_validate({"hour": []})
