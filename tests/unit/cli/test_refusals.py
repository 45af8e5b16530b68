"""What is refused before any database is opened: wrong usage is 2, wrong input 1, in words."""

import io

import pytest

from tests.unit.cli.test_commands import run


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """Whoever opens a database after all leaves traces here."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "data"))
    yield
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("args", "password", "code"),
    [
        (["bob@example.com", "--role", "owner"], "seven quiet lagoons", 2),
        (["bob@example.com"], "seven quiet lagoons", 2),
        (["--role", "operator"], "seven quiet lagoons", 2),
        (["bob", "--role", "operator"], "seven quiet lagoons", 1),
        (["bob@example.com", "--role", "operator"], "short", 1),
        (["bob@example.com", "--role", "operator"], "", 1),
    ],
)
def test_operators(monkeypatch, capsys, args: list[str], password: str, code: int):
    monkeypatch.setattr("sys.stdin", io.StringIO(password))
    assert run("operator", "add", *args, "--password-stdin") == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["token", "add", "shop"], 2, "--scope"),
        (["token", "add", "shop", "--scope", "everything"], 2, "everything"),
        (["token", "add", " ", "--scope", "admin"], 1, "1 to 200 characters"),
        (["inbox", "add", "telepathy", "--name", "X"], 1, "channel 'telepathy'"),
        (["inbox", "add", "webchat", "--name", "X", "--set", "origins"], 2, "KEY=VALUE"),
        (["inbox", "test", "x"], 1, "'x' is no id"),
        (["explain", "message", "x"], 1, "'x' is no id"),
        (["rules", "apply", "no/such/file"], 1, "no/such/file"),
        (["restore", "no/such/file"], 1, "no/such/file"),
        (["serve", "--role", "king"], 2, "king"),
    ],
)
def test_the_others(capsys, args: list[str], code: int, said: str):
    assert run(*args) == code
    assert said in capsys.readouterr().err


def test_a_wrong_environment(monkeypatch, capsys):
    monkeypatch.setenv("HUB_PORT", "eighty")
    assert run("migrate") == 2
    assert "HUB_PORT" in capsys.readouterr().err
