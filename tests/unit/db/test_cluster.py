"""The decisions about the embedded cluster that need no PostgreSQL."""

from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from hub.db.cluster import ClusterAddress, ClusterFailed, DatabaseUnfit, TenancyAhead
from hub.db.cluster.configuration import ServerPlan, available_memory, configuration
from hub.db.cluster.fitness import DatabaseFacts, judge
from hub.db.cluster.processes import PidFile, parse_pid_file
from hub.db.cluster.server import _STOP_STEPS

GB = 1024**3


def plan(memory: int = 4 * GB, *, durable: bool = True, folder: str = "/srv/d") -> ServerPlan:
    home = Path(folder)
    return ServerPlan(
        home / "run", home / "pg_hba.conf", home / "log", "besedka-1", memory, durable
    )


def settings(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if " = " in line]
    return {name: value for name, _, value in (line.partition(" = ") for line in lines)}


@pytest.mark.parametrize(
    ("memory", "buffers"),
    [
        (128 * 1024**2, "32MB"),
        (1 * GB, "128MB"),
        (4 * GB, "512MB"),
        (8 * GB, "1024MB"),
        (512 * GB, "1024MB"),
    ],
)
def test_an_eighth_of_the_memory_up_to_a_gigabyte(memory, buffers):
    assert settings(configuration(plan(memory)))["shared_buffers"] == f"'{buffers}'"


def test_this_machine_has_memory():
    assert available_memory() > 64 * 1024**2


def test_only_a_throw_away_cluster_risks_its_data():
    assert "fsync" not in settings(configuration(plan()))
    risky = settings(configuration(plan(durable=False)))
    assert risky["fsync"] == "'off'"
    # A killed server must keep what it committed in tests, too: crash tests rely on it.
    assert "synchronous_commit" not in risky


def test_a_quote_in_the_path_stays_inside_its_setting():
    text = settings(configuration(plan(folder="/srv/it's")))
    assert text["hba_file"] == "'/srv/it''s/pg_hba.conf'"


def test_stopping_is_bounded():
    # The last step is killing, which is given as long as the one before.
    patience = [seconds for _, seconds in _STOP_STEPS]
    assert sum(patience) + patience[-1] < 10


def test_the_pid_file_of_a_running_server():
    text = "4711\n/srv/d/data\n1763700000\n5432\n/srv/d/run\n\n  5432001    32768\nready   \n"
    assert parse_pid_file(text) == PidFile(4711, "/srv/d/data", "/srv/d/run", "ready")


@given(st.text())
def test_no_pid_file_is_too_odd_to_read(text):
    found = parse_pid_file(text)
    assert found is None or found.pid >= 0


def test_an_address_in_both_spellings():
    address = ClusterAddress(
        host="/srv/d/run",
        user="besedka",
        password="p@:/ %",
        database="besedka",
        bin_dir=Path("/b"),
    )
    url = make_url(address.url)
    assert (url.username, url.password, url.database) == ("besedka", "p@:/ %", "besedka")
    assert dict(url.query) == {"host": "/srv/d/run", "port": "5432"}
    assert address.dsn["password"] == "p@:/ %"
    assert "p@:/" not in repr(address)


FIT = DatabaseFacts(180006, "UTF8", "ж", (), 0.5)


@pytest.mark.parametrize(
    ("facts", "complaint", "remedy"),
    [
        (DatabaseFacts(170010, "UTF8", "ж", (), 0.5), "PostgreSQL 17", "Upgrade"),
        (DatabaseFacts(180006, "LATIN1", "ж", (), 0.5), "LATIN1", "CREATE DATABASE"),
        (DatabaseFacts(180006, "UTF8", "Ж", (), 0.5), "lower", "CREATE DATABASE"),
        (DatabaseFacts(180006, "UTF8", "ж", ("unaccent",), 0.5), "unaccent", "CREATE EXTENSION"),
        (DatabaseFacts(180006, "UTF8", "ж", (), 0.0), "trigrams", "LC_CTYPE 'C.UTF-8'"),
        (DatabaseFacts(180006, "UTF8", "ж", (), None), "trigrams", "LC_CTYPE 'C.UTF-8'"),
    ],
)
def test_an_unfit_database_is_named_with_its_remedy(facts, complaint, remedy):
    with pytest.raises(DatabaseUnfit, match=complaint) as refused:
        judge(facts)
    assert remedy in refused.value.remedy


def test_a_fit_database_passes():
    judge(FIT)
    judge(DatabaseFacts(190000, "UTF8", "ж", (), 0.01))


def test_a_start_ahead_fails_for_who_wanted_it(tmp_path):
    (tmp_path / "data").write_text("no folder")
    tenancy = TenancyAhead(tmp_path / "data", structlog.get_logger())
    with pytest.raises(ClusterFailed, match="cannot be used"):
        tenancy.enter()
    tenancy.leave()
    tenancy.leave()
