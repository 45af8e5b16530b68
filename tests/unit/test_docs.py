"""What the docs promise exists, and what exists is in the docs."""

from pathlib import Path

from hub.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_every_setting_is_documented() -> None:
    text = (DOCS / "operating.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`HUB_{name.upper()}`" not in text]
    assert missing == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    rows = [
        line
        for line in (DOCS / "operating.md").read_text("utf-8").splitlines()
        if line.startswith("| `HUB_")
    ]
    documented = {row.split("`")[1].removeprefix("HUB_").lower() for row in rows}
    assert documented == set(Settings.model_fields)
