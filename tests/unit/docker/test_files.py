"""What an administrator copies from docker/ names only what exists and gives what it needs."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.demo.twins import PLACES
from hub.settings import Settings

ROOT = Path(__file__).parents[3]
DOCKER = ROOT / "docker"
KNOWN = {f"HUB_{name.upper()}" for name in Settings.model_fields}
FILES = sorted(path for path in DOCKER.rglob("*") if path.is_file())

SERVICE_KEYS = {
    "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init",
    "ports", "profiles", "read_only", "restart", "security_opt", "shm_size", "stop_grace_period",
    "tmpfs", "volumes",
}  # fmt: skip
"""Of the Compose specification, as far as we use it."""


def text_of(name: str) -> str:
    return (DOCKER / name).read_text("utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_exists(path: Path):
    named = set(re.findall(r"\bHUB_[A-Z_]+\b", path.read_text("utf-8")))
    assert named <= KNOWN


@pytest.fixture
def services() -> dict[str, dict[str, Any]]:
    document = yaml.safe_load(text_of("compose.yaml"))
    assert set(document) == {"name", "services", "volumes"}
    found: dict[str, dict[str, Any]] = document["services"]
    return found


def test_compose_says_only_what_compose_reads(services: dict[str, dict[str, Any]]):
    volumes = yaml.safe_load(text_of("compose.yaml"))["volumes"]
    for service in services.values():
        assert set(service) <= SERVICE_KEYS
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in volumes
        for other in service.get("depends_on", {}):
            assert other in services
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


def test_compose_waits_for_a_database_that_says_it_is_well(services: dict[str, dict[str, Any]]):
    assert services["hub"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["postgres"]["healthcheck"]["test"][1] == "pg_isready"
    assert (
        "--builtin-locale=C.UTF-8" in services["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    )


def test_the_demo_opens_the_doors_of_every_twin(services: dict[str, dict[str, Any]]):
    demo = services["demo"]
    assert demo["profiles"] == ["demo"]
    assert demo["command"] == ["demo"]
    first, last = re.findall(r"^127.0.0.1:(\d+)-(\d+):\1-\2$", demo["ports"][0])[0]
    assert int(last) - int(first) >= max(PLACES.values())


def test_the_image_copies_what_exists_and_runs_as_nobody_special():
    dockerfile = text_of("Dockerfile")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    for sources in copied:
        for source in sources.split():
            assert (ROOT / source).exists(), source
    last = dockerfile.rpartition("\nFROM ")[2]
    assert "\nUSER besedka\n" in last
    assert "HEALTHCHECK" in last
    assert "/healthz" in last


def test_the_unit_gives_the_hub_the_time_it_needs():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text_of("systemd/besedka.service"))
    service = unit["Service"]
    assert service["ExecStart"].endswith("/bin/hub serve")
    assert int(service["TimeoutStopSec"]) > 10
    assert (service["User"], service["StateDirectory"]) == ("besedka", "besedka")
    assert service["Restart"] == "always"


def test_nginx_passes_on_who_calls_and_lets_sockets_live():
    said = text_of("proxy/nginx.conf")
    for needed in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto", "Upgrade $http_upgrade"):
        assert needed in said
    seconds = int(re.findall(r"proxy_read_timeout (\d+)s", said)[0])
    assert seconds > 60
