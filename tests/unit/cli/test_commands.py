"""The tree of commands: the design's, a channel's own; help at once, errors without a trace."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
import typer
from typing_extensions import override

from hub.cli import root
from hub.errors import NotFound

OURS = "demo serve migrate doctor operator token inbox rules explain backup restore"
NAMES = OURS.split()


def run(*args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        root.command().main(args=list(args), prog_name="hub")
    return int(str(ended.value.code))


@pytest.fixture
def channel_commands(monkeypatch):
    """A channel `post` with a typer app of its own, `hub post ...`."""
    app = typer.Typer()

    @app.callback()
    def post() -> None:
        """The post."""

    @app.command()
    def fail() -> None:
        raise NotFound("There is no such letter.", remedy="Look in the box.")

    @app.command()
    def crash() -> None:
        raise ZeroDivisionError("oh")

    class Point(EntryPoint):
        @override
        def load(self):
            return app

    def points(group: str):
        assert group == "hub.commands"
        return [
            Point("post", "post.commands:app", group),
            Point("serve", "post.commands:app", group),
            EntryPoint("broken", "no_such_module:app", group),
        ]

    monkeypatch.setattr(root, "entry_points", points)


def test_all_commands_are_listed(capsys):
    assert run("--help") == 0
    listed = capsys.readouterr().out
    assert [name for name in NAMES if f"\n  {name} " not in listed] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(name, capsys):
    assert run(name, "--help") == 0
    assert f"Usage: hub {name}" in capsys.readouterr().out


def test_nothing_typed_is_wrong_usage():
    assert run() == 2


def test_a_mistyped_command_is_wrong_usage_with_a_suggestion(capsys):
    assert run("tokn") == 2
    assert "Did you mean 'token'" in capsys.readouterr().err


@pytest.mark.usefixtures("channel_commands")
def test_a_channel_adds_commands_but_takes_none_of_ours(capsys):
    assert run("--help") == 0
    assert "Commands of the post channel." in capsys.readouterr().out
    assert run("serve", "--help") == 0
    assert "READY" in capsys.readouterr().out


@pytest.mark.usefixtures("channel_commands")
def test_an_error_is_a_sentence_and_a_remedy(capsys):
    assert run("post", "fail") == 1
    assert capsys.readouterr().err == "error: There is no such letter.\n  Look in the box.\n"


@pytest.mark.usefixtures("channel_commands")
def test_a_channel_that_cannot_be_loaded_says_so(capsys):
    assert run("broken", "anything") == 1
    said = capsys.readouterr().err
    assert "The commands of 'broken' could not be loaded" in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("channel_commands")
def test_a_bug_shows_its_traceback_only_when_asked_to(capsys):
    assert run("post", "crash") == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        root.command().main(args=["--debug", "post", "crash"], prog_name="hub")


def test_help_imports_nothing_heavy():
    program = (
        "import sys\n"
        "from hub.cli import main\n"
        "sys.argv = ['hub', '--help']\n"
        "try: main()\n"
        "finally: print(sorted({'sqlalchemy', 'aiohttp', 'pydantic', 'rich'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.endswith("[]\n")
