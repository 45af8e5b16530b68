"""What an administrator sets for one bot."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, SecretStr

OFFICIAL = "https://api.telegram.org"


def _token(secret: SecretStr) -> SecretStr:
    number, _, rest = secret.get_secret_value().strip().partition(":")
    plain = rest.replace("_", "").replace("-", "")
    if not (number.isascii() and number.isdecimal() and plain.isascii() and plain.isalnum()):
        raise ValueError("a bot's token looks like 123456789:AAE…: copy it whole from @BotFather")
    return SecretStr(f"{number}:{rest}")


def _secret(secret: SecretStr) -> SecretStr:
    # https://core.telegram.org/bots/api#setwebhook: 1-256 characters A-Z, a-z, 0-9, _ and -.
    text = secret.get_secret_value()
    plain = text.replace("_", "").replace("-", "")
    if text and not (len(text) <= 256 and plain.isascii() and (plain.isalnum() or not plain)):
        raise ValueError("at most 256 characters A-Z, a-z, 0-9, _ and -")
    return secret


class TelegramSettings(BaseModel):
    """One bot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: Annotated[
        SecretStr,
        AfterValidator(_token),
        Field(title="Token", description="From @BotFather: /newbot, or /token for an old bot."),
    ]
    api_base: Annotated[
        HttpUrl,
        Field(
            title="Bot API server",
            description="Another one than Telegram's own only if you run one.",
        ),
    ] = HttpUrl(OFFICIAL)
    mode: Annotated[
        Literal["polling", "webhook"],
        Field(
            title="How messages come",
            description="polling works everywhere; webhook needs this hub to be reachable.",
        ),
    ] = "polling"
    webhook_secret: Annotated[
        SecretStr,
        AfterValidator(_secret),
        Field(
            title="Webhook secret",
            description="Telegram proves itself with it; empty = the hub makes one of its own.",
        ),
    ] = SecretStr("")
    poll_timeout: Annotated[
        int,
        Field(ge=0, le=50, title="Poll timeout", description="Seconds a poll waits for news."),
    ] = 25
    album_wait: Annotated[
        float,
        Field(
            ge=0,
            le=10,
            title="Album wait",
            description="Seconds a poll waits for the rest of an album; later ones still join.",
        ),
    ] = 1.0

    @property
    def base(self) -> str:
        """The server's address without a trailing slash."""
        return str(self.api_base).rstrip("/")

    @property
    def bot_id(self) -> str:
        """The number of the bot's account: what stands before the colon of its token."""
        return self.token.get_secret_value().partition(":")[0]
