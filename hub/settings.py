"""What an installation can be told from outside: the HUB_* environment, read once."""

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr, TypeAdapter
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = IPv4Network | IPv6Network


def _networks(value: object) -> object:
    if isinstance(value, str):
        return [
            ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip()
        ]
    return value


Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]
_http_url: TypeAdapter[AnyHttpUrl] = TypeAdapter(AnyHttpUrl)


def _clean_url(value: object) -> object:
    return str(_http_url.validate_python(value)).rstrip("/") if value else ""


class Settings(BaseSettings):
    """Environment `HUB_<NAME>`; every name is documented in docs/operating.md."""

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: Annotated[str, BeforeValidator(_clean_url)] = ""
    data_dir: Path = Path("data")
    database_url: str = ""
    secret_key: SecretStr = SecretStr("")
    old_secret_keys: SecretStr = SecretStr("")
    trusted_proxies: Networks = ()
    allow_hosts: Networks = ()
    log_format: Literal["console", "json"] = "console"

    @cached_property
    def data_path(self) -> Path:
        """The data directory, absolute."""
        return self.data_dir.expanduser().absolute()
