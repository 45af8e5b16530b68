"""The twins' loader: found by name, seen once, and a broken one costs nothing but itself."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hub.inboxes import twins


@pytest.fixture
def twin_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a module with a twin, names it by an entry point, and forgets it afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    written: list[str] = []

    def write(name: str, source: str) -> EntryPoint:
        (tmp_path / f"twin_of_{name}.py").write_text(source)
        written.append(f"twin_of_{name}")
        return EntryPoint(name, f"twin_of_{name}:twin", twins.GROUP)

    yield write
    for name in written:
        sys.modules.pop(name, None)


GOOD = "class Twin:\n    name = 'NAME'\ntwin = Twin()\n"


def test_twins_come_by_the_names_of_their_channels(twin_of):
    points = [twin_of("sms", GOOD.replace("NAME", "sms")), twin_of("email", "twin = 1")]
    points.append(twin_of("mail", GOOD.replace("NAME", "mail")))
    found = twins.of([*points, *points])
    assert list(found) == ["mail", "sms"]
    assert found["sms"].name == "sms"


@pytest.mark.parametrize(
    "source", ["import a_library_that_is_not_there", GOOD.replace("NAME", "another")]
)
def test_a_twin_that_cannot_be_used_is_left_out(twin_of, source):
    good = twin_of("good", GOOD.replace("NAME", "good"))
    assert list(twins.of([twin_of("broken", source), good])) == ["good"]
