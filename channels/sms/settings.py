"""What an administrator sets for one number, or name, that sends and receives text messages."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

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

from channels.sms import gateways, mapping, numbers

Network = IPv4Network | IPv6Network
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Lines = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)]


def _gateway(name: str) -> str:
    if name not in gateways.NAMES:
        raise ValueError(f"choose one of: {', '.join(gateways.NAMES)}")
    return name


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("this is an address like https://api.twilio.com, without a password")
    if parts.query or parts.fragment:
        raise ValueError("leave out everything from the ? on")
    return url.rstrip("/")


def _id(text: str) -> str:
    if any(one.isspace() or one in ":/" for one in text):
        raise ValueError("write it without spaces, `:` and `/`")
    return text


def _region(code: str) -> str:
    code = code.upper()
    if code and not numbers.is_region(code):
        raise ValueError("a country's two letters: RU, BG, GB")
    return code


def _networks(value: object) -> object:
    if isinstance(value, list | tuple):
        value = " ".join(str(one) for one in value)
    return " ".join(value.replace(",", " ").split()) if isinstance(value, str) else value


def _are_networks(text: str) -> str:
    for one in text.split():
        try:
            ip_network(one)
        except ValueError as error:
            raise ValueError(f"{one} is no address or network like 203.0.113.0/24") from error
    return text


def _template(text: str) -> str:
    mapping.check(text)
    return text


def _map(text: str) -> str:
    mapping.lines(text)
    return text


Id = Annotated[Line, AfterValidator(_id)]


class SmsSettings(BaseModel):
    """One inbox. What begins at `request_path` describes a generic gateway, in its own words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gateway: Annotated[
        str,
        AfterValidator(_gateway),
        Field(
            title="Gateway",
            description="Whom the number is rented from.",
            json_schema_extra={"enum": list(gateways.NAMES)},
        ),
    ] = "twilio"
    number: Annotated[
        Line,
        Field(
            title="Number or sender's name",
            description="The company's number (+7 912 345-67-89), short number or name.",
        ),
    ] = ""
    api_base: Annotated[
        Line,
        AfterValidator(_base),
        Field(title="Address of the API", description="Without the path of a version."),
    ] = "https://api.twilio.com"
    account_sid: Annotated[
        Id, Field(title="Account", description="Twilio: AC…; elsewhere the login.")
    ] = ""
    auth_token: Annotated[
        SecretStr, Field(title="Token", description="Twilio's auth token; elsewhere the password.")
    ] = SecretStr("")
    mms: Annotated[
        bool,
        Field(
            title="Send pictures (MMS)",
            description="Twilio carries them from and to numbers of the USA and Canada.",
        ),
    ] = False
    messaging_service_sid: Annotated[
        Id,
        Field(
            title="Messaging service",
            description="MG…: Twilio chooses the sender among its numbers.",
        ),
    ] = ""
    region: Annotated[
        Line,
        AfterValidator(_region),
        Field(
            title="Country",
            description="Reads numbers in their national spelling: RU, BG. Empty = the number's.",
        ),
    ] = ""
    sends_per_second: Annotated[
        float,
        Field(
            ge=0, le=1000, title="Messages a second", description="0 = what the gateway allows."
        ),
    ] = 0
    request_path: Annotated[
        Line, Field(title="Path of the request", description="Follows the address of the API.")
    ] = ""
    request_method: Literal["POST", "GET"] = "POST"
    request_format: Literal["form", "json", "query"] = "form"
    request_auth: Annotated[
        Literal["none", "basic", "bearer"],
        Field(description="With account and token, or the token alone."),
    ] = "none"
    request: Annotated[
        Lines,
        AfterValidator(_map),
        AfterValidator(_template),
        Field(
            title="Request",
            description="A field a line: name = value. Values may hold {to} {to_digits} {text} "
            "{sender} {login} {password} {reference} {minutes} {status_url}.",
        ),
    ] = ""
    answer_id: Annotated[Line, Field(description="Where the answer names the message: id")] = ""
    answer_error: Annotated[
        Line, Field(description="Where the answer holds an error's code: error_code")
    ] = ""
    answer_words: Annotated[Line, Field(description="Where it says what is wrong: error")] = ""
    errors: Annotated[
        Lines,
        AfterValidator(_map),
        Field(description="What its codes mean, one a line: 7 = invalid_address"),
    ] = ""
    inbound_id: Annotated[Line, Field(description="Where an inbound message has its id.")] = ""
    inbound_from: Annotated[Line, Field(description="… who sent it.")] = ""
    inbound_text: Annotated[Line, Field(description="… its text.")] = ""
    inbound_to: Annotated[Line, Field(description="… the number it was sent to.")] = ""
    inbound_time: Annotated[
        Line, Field(description="… when: seconds since 1970, or ISO 8601.")
    ] = ""
    status_id: Annotated[Line, Field(description="Where a receipt names the message.")] = ""
    status_reference: Annotated[
        Line, Field(description="… or our {reference}, where the gateway gives it back.")
    ] = ""
    status_word: Annotated[Line, Field(description="… how far the message came.")] = ""
    status_error: Annotated[Line, Field(description="… an error's code.")] = ""
    statuses: Annotated[
        Lines,
        AfterValidator(_map),
        Field(
            description="What its words mean, one a line: 1 = delivered. sent, delivered, read, "
            "failed, ignore, or a reason of a failure: 22 = invalid_address"
        ),
    ] = ""
    webhook_secret: Annotated[
        SecretStr, Field(title="Secret", description="What the gateway signs its requests with.")
    ] = SecretStr("")
    signature_field: Annotated[
        Line, Field(description="The header or field that holds the signature or the secret.")
    ] = ""
    signature_method: Annotated[
        Literal["plain", "md5", "sha1", "sha256", "hmac-sha1", "hmac-sha256"],
        Field(description="plain: the field is the secret itself."),
    ] = "plain"
    inbound_signed: Annotated[
        Line, Field(description="What is signed: {body}, or fields: {phone}:{mes}:{to}:{secret}")
    ] = ""
    status_signed: Annotated[Line, Field(description="The same for receipts.")] = ""
    allowed_addresses: Annotated[
        Line,
        BeforeValidator(_networks),
        AfterValidator(_are_networks),
        Field(description="Addresses or networks its requests come from; instead of a secret."),
    ] = ""
    acknowledgement: Annotated[
        Line, Field(description="What the gateway wants to hear once a message is stored.")
    ] = "OK"
    answers_stop: Annotated[
        bool, Field(description="The gateway itself confirms STOP, START and HELP.")
    ] = False

    @model_validator(mode="before")
    @classmethod
    def _number_and_region(cls, given: Any) -> Any:  # noqa: ANN401 - whatever was sent
        """The number in E.164 and, where no country is named, the number's own."""
        if not isinstance(given, dict) or not isinstance(given.get("number", ""), str):
            return given
        number, region = given.get("number", ""), given.get("region") or ""
        if not number.strip() or not isinstance(region, str):
            return given
        try:
            found = numbers.party(number, region)
        except numbers.NotANumber as error:
            raise ValueError(f"number: {error}") from error
        own = numbers.region_of(found.value) if found.answerable else ""
        return {**given, "number": found.value, "region": region or own}

    @model_validator(mode="after")
    def _suffices(self) -> Self:
        if self.gateway in gateways.NAMES:
            gateways.open_gateway(self)
        return self

    def networks(self) -> tuple[Network, ...]:
        return tuple(ip_network(one) for one in self.allowed_addresses.split())
