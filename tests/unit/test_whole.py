"""A test that fails once beside the others is told apart from one that fails."""

from pathlib import Path

import pytest

from tests import whole

FLAKY = """
from pathlib import Path

def test_of_luck():
    known = Path("seen").exists()
    Path("seen").touch()
    assert known
"""


@pytest.mark.parametrize(
    ("source", "code"), [(FLAKY, 0), ("def test_wrong():\n    assert False\n", 1)]
)
def test_what_fails_again_fails_the_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    source: str,
    code: int,
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_one.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    # Plugins that these runs need not: loading them all takes longer than the runs.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin")
    assert whole.main(["test_one.py"]) == code
    said = capfd.readouterr().out
    assert "Once more, alone" in said
    assert ("FLAKY" in said) == (code == 0)
