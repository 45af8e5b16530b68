"""What an administrator sets for one web chat."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:.]+\](:\d{1,5})?")

_GONE = frozenset({"hours", "time_zone"})


def _listed(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    cleaned = tuple(value.strip().rstrip("/").lower() for value in values)
    for value in cleaned:
        if value != "*" and not _ORIGIN.fullmatch(value):
            raise ValueError(
                "each origin is * or looks like https://www.example.com, without a path"
            )
    return cleaned


def _long_enough(secret: SecretStr) -> SecretStr:
    if 0 < len(secret.get_secret_value().encode()) < 16:
        raise ValueError(
            "a secret this short can be guessed: use at least 16 characters, better 32"
        )
    return secret


Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class WebChatSettings(BaseModel):
    """One web chat. A limit of 0 lifts it, and with it those that are derived from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_gone(cls, given: object) -> object:
        """Inboxes made when each chat had hours of its own still name them."""
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if name not in _GONE}

    origins: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        AfterValidator(_origins),
        Field(
            title="Allowed sites",
            description="Sites whose pages may show this chat; * allows every site.",
        ),
    ] = ("*",)
    jwt_secret: Annotated[
        SecretStr,
        AfterValidator(_long_enough),
        Field(
            title="Signing secret",
            description="Your site signs a JWT (HS256) with it to vouch for who is signed in.",
        ),
    ] = SecretStr("")
    greeting: Annotated[
        Words,
        Field(
            title="Greeting",
            description="The first words a visitor reads; empty = ours, in his language.",
        ),
    ] = ""
    away_text: Annotated[
        Words,
        Field(
            title="Words when closed",
            description="Shown outside business hours; empty = ours, in his language.",
        ),
    ] = ""
    form: Annotated[
        Literal["none", "optional", "required"],
        Field(
            title="Ask for name and email",
            description="Before the first message: not at all, as a favour, or as a must.",
        ),
    ] = "none"
    offline_after: Annotated[
        int,
        Field(ge=0, le=3600, description="Seconds without a connection until shown as away."),
    ] = 30
    max_file_mb: Annotated[
        int, Field(ge=0, le=100, description="Largest file a visitor may send.")
    ] = 10
    messages_per_minute: Annotated[
        int, Field(ge=0, le=1_000_000, description="Of one visitor.")
    ] = 60
    address_messages_per_minute: Annotated[
        int, Field(ge=0, le=1_000_000, description="Of all visitors from one network address.")
    ] = 600
    visits_per_minute: Annotated[
        int, Field(ge=0, le=1_000_000, description="New visitors from one network address.")
    ] = 30
