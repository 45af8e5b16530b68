"""What an administrator sets for one mailbox: who it is, how it is reached, whom it believes."""

import re
import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
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

from channels.email.domains import ascii_domain

MAX_FOLDERS = 8
"""Each is watched over a connection of its own, and Gmail allows fifteen."""
_ADDRESS = re.compile(r"[^@\s<>,;\x00-\x1f]{1,64}@[^@\s<>,;\x00-\x1f]{1,253}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?")
_START = re.compile(r"P([1-9]\d{0,3})D")
_BREAKS = re.compile(r"[\x00-\x1f\x7f]")

Tls = Literal["implicit", "starttls", "none"]


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("an address looks like help@example.com, without a name before it")
    try:
        ascii_domain(value.rpartition("@")[2])
    except ValueError as error:
        raise ValueError("the part after the @ is not a domain name") from error
    return value


def _host(value: str) -> str:
    if value and not _HOST.fullmatch(value):
        raise ValueError("a server is named like imap.example.com, without a port or a slash")
    return value.lower()


def _listed(value: object) -> object:
    """A list, also as it is typed into one line: names between commas, blanks inside them kept."""
    return [one for one in value.split(",") if one.strip()] if isinstance(value, str) else value


def _folders(values: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(one.strip() for one in values))
    if not names or not all(names):
        raise ValueError("name at least one folder, such as INBOX")
    if len(names) > MAX_FOLDERS:
        raise ValueError(f"at most {MAX_FOLDERS} folders are watched")
    if any(len(one) > 255 or _BREAKS.search(one) for one in names):
        raise ValueError("this is no name of a folder")
    return names


def _servers(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip().lower() for one in values if one.strip()))


def _start(value: str) -> str:
    text = value.strip()
    if text.lower() == "now":
        return "now"
    if not _START.fullmatch(text.upper()):
        raise ValueError("say now, or how many days to import: P30D")
    return text.upper()


def _ca_file(value: str) -> str:
    if not value:
        return value
    if not Path(value).is_absolute():
        raise ValueError("name the file by its whole path, from / on")
    try:
        ssl.create_default_context(cafile=value)
    except FileNotFoundError as error:
        raise ValueError("there is no such file on the hub's machine") from error
    except (OSError, ssl.SSLError) as error:
        raise ValueError("the file holds no certificates in PEM form") from error
    return value


def _token_url(value: str) -> str:
    parts = urlsplit(value)
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if value and (not parts.hostname or not (parts.scheme == "https" or local)):
        raise ValueError("a whole address with https:// in front")
    return value


def _one_line(value: SecretStr) -> SecretStr:
    if _BREAKS.search(value.get_secret_value()):
        raise ValueError("a password has no line breaks or control characters")
    return value


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, by its name alone: nothing is looked up."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)]
Host = Annotated[Line, AfterValidator(_host)]
Port = Annotated[int, Field(ge=0, le=65535, description="0 = the usual one for this security.")]
Password = Annotated[SecretStr, AfterValidator(_one_line)]
_TOKENS_AT = {
    ("gmail.com", "googlemail.com"): "https://oauth2.googleapis.com/token",
    ("office365.com", "outlook.com"): (
        "https://login.microsoftonline.com/common/oauth2/v2.0/token"
    ),
}


class EmailSettings(BaseModel):
    """One mailbox. Where a user name or the password of sending is empty, receiving's counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[
        Line,
        AfterValidator(_address),
        Field(title="Address", description="Customers write to it, and answers come from it."),
    ]
    imap_host: Annotated[
        Host,
        Field(
            title="Incoming server (IMAP)",
            description="Like imap.gmail.com. Empty = this inbox only sends.",
        ),
    ] = ""
    imap_port: Annotated[Port, Field(title="IMAP port")] = 0
    imap_tls: Annotated[
        Tls,
        Field(
            title="IMAP security",
            description="implicit: port 993. starttls: port 143. none: on this machine only.",
        ),
    ] = "implicit"
    imap_user: Annotated[
        Line, Field(title="IMAP user name", description="Empty = the address.")
    ] = ""
    imap_password: Annotated[
        Password,
        Field(
            title="Password",
            description="Gmail, Yandex, Mail.ru: an app password. With xoauth2: an access token.",
        ),
    ] = SecretStr("")
    folders: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        AfterValidator(_folders),
        Field(title="Folders", description="Watched for new mail; separated by commas."),
    ] = ("INBOX",)
    smtp_host: Annotated[
        Host,
        Field(
            title="Outgoing server (SMTP)",
            description="Like smtp.gmail.com. Empty = this inbox only receives.",
        ),
    ] = ""
    smtp_port: Annotated[Port, Field(title="SMTP port")] = 0
    smtp_tls: Annotated[
        Tls,
        Field(
            title="SMTP security",
            description="implicit: port 465. starttls: port 587. none: on this machine only.",
        ),
    ] = "starttls"
    smtp_user: Annotated[
        Line, Field(title="SMTP user name", description="Empty = the same as for IMAP.")
    ] = ""
    smtp_password: Annotated[
        Password, Field(title="SMTP password", description="Empty = the same as for IMAP.")
    ] = SecretStr("")
    auth: Annotated[
        Literal["password", "xoauth2"],
        Field(title="Sign-in", description="xoauth2: Outlook and Google accounts with OAuth."),
    ] = "password"
    oauth_refresh_token: Annotated[
        Password,
        Field(
            title="OAuth: refresh token",
            description="With xoauth2: the hub renews the access token by itself. No password.",
        ),
    ] = SecretStr("")
    oauth_client_id: Annotated[
        Line, Field(title="OAuth: client", description="Of the app registered at the provider.")
    ] = ""
    oauth_client_secret: Annotated[
        Password, Field(title="OAuth: client secret", description="Empty for a public client.")
    ] = SecretStr("")
    oauth_token_url: Annotated[
        Line,
        AfterValidator(_token_url),
        Field(
            title="OAuth: address of tokens",
            description="Empty = Google's or Microsoft's, as the servers are.",
        ),
    ] = ""
    oauth_scope: Annotated[
        str,
        Field(title="OAuth: scope", description="Empty = as first granted.", max_length=2_000),
    ] = ""
    ca_file: Annotated[
        Line,
        AfterValidator(_ca_file),
        Field(
            title="Certificate authority",
            description="PEM file on the hub's machine; only for a server with its own authority.",
        ),
    ] = ""
    sender_name: Annotated[
        Line,
        Field(
            title="Sender's name",
            description="Shown beside the address: the company's. Empty = the inbox's name.",
        ),
    ] = ""
    signature: Annotated[
        str,
        Field(title="Signature", description="Plain text below every mail.", max_length=2_000),
    ] = ""
    reply_tokens: Annotated[
        bool,
        Field(
            title="Signed reply addresses",
            description=(
                "Answers come to name+token@…, so none lands in the wrong conversation. Switch it "
                "off where the provider knows no plus addresses."
            ),
        ),
    ] = True
    max_message_mb: Annotated[
        int,
        Field(
            title="Largest mail, in MB",
            description="With its files, as it travels: they grow by a third.",
            ge=1,
            le=150,
        ),
    ] = 25
    sends_per_minute: Annotated[
        int,
        Field(
            title="Mails a minute",
            description="What the provider allows; 0 = no limit.",
            ge=0,
            le=6_000,
        ),
    ] = 60
    start: Annotated[
        str,
        AfterValidator(_start),
        Field(
            title="Begin with",
            description="now, or P30D: also import the mail of the last 30 days, silently.",
            max_length=10,
        ),
    ] = "now"
    authserv_ids: Annotated[
        tuple[str, ...],
        BeforeValidator(_listed),
        AfterValidator(_servers),
        Field(
            title="Servers believed about senders",
            description=(
                "Names at the start of Authentication-Results that your provider writes, like "
                "mx.google.com. Empty = every sender is shown as unproven."
            ),
            max_length=20,
        ),
    ] = ()

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not self.imap_host and not self.smtp_host:
            raise ValueError("name an incoming server, an outgoing server, or both")
        for host, tls in ((self.imap_host, self.imap_tls), (self.smtp_host, self.smtp_tls)):
            if host and tls == "none" and not is_loopback(host):
                raise ValueError(
                    f"without encryption only a server on this machine is talked to, not {host}"
                )
        if self.renews and not self.oauth_token_at:
            raise ValueError("name oauth_token_url, where this provider gives out access tokens")
        return self

    @property
    def renews(self) -> bool:
        """Whether access tokens are asked for, rather than one entered as the password."""
        return self.auth == "xoauth2" and bool(self.oauth_refresh_token.get_secret_value())

    @property
    def oauth_token_at(self) -> str:
        """Where a refresh token buys an access token; empty when nobody has said."""
        named = (url for hosts, url in _TOKENS_AT.items() for host in hosts if self._is_at(host))
        return self.oauth_token_url or next(named, "")

    def _is_at(self, provider: str) -> bool:
        host = self.imap_host or self.smtp_host
        return host == provider or host.endswith(f".{provider}")

    @property
    def imap_at(self) -> tuple[str, int]:
        usual = 993 if self.imap_tls == "implicit" else 143
        return self.imap_host, self.imap_port or usual

    @property
    def smtp_at(self) -> tuple[str, int]:
        usual = {"implicit": 465, "starttls": 587, "none": 25}[self.smtp_tls]
        return self.smtp_host, self.smtp_port or usual

    @property
    def imap_login(self) -> tuple[str, str]:
        """User name and password (or what stands for it with xoauth2)."""
        return self.imap_user or self.address, self.imap_password.get_secret_value()

    @property
    def smtp_login(self) -> tuple[str, str]:
        """Likewise for sending; the password is empty where the server wants none."""
        user, password = self.imap_login
        return self.smtp_user or user, self.smtp_password.get_secret_value() or password

    @property
    def import_days(self) -> timedelta | None:
        """How much history is imported; None for none."""
        return None if self.start == "now" else timedelta(days=int(self.start[1:-1]))
