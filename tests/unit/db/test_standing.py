"""Which schemas a release works on: its own, and a newer one as long as that bears it."""

import pytest

from hub.db.standing import USABLE, Schema, Standing


@pytest.mark.parametrize(
    ("stands", "floor", "needed", "standing"),
    [
        (None, "", "0002", Standing.EMPTY),
        ("0001", "", "0002", Standing.BEHIND),
        ("0002", "0002", "0002", Standing.SAME),
        # The release before, on what the next one has added.
        ("0003", "0002", "0002", Standing.AHEAD),
        ("0009", "0002", "0002", Standing.AHEAD),
        ("0010", "0009", "0009", Standing.AHEAD),
        # What it needs has been taken away.
        ("0004", "0003", "0002", Standing.BEYOND),
        ("0010", "0010", "0009", Standing.BEYOND),
        # A floor above the schema is for newer releases to bother with.
        ("0002", "0002", "0003", Standing.BEHIND),
    ],
)
def test_where_a_schema_stands(
    stands: str | None, floor: str, needed: str, standing: Standing
) -> None:
    found = Schema(stands, floor, needed)
    assert found.standing is standing
    assert (standing in USABLE) is (standing in {Standing.SAME, Standing.AHEAD})


def test_a_refusal_names_both_and_what_to_do() -> None:
    refused = Schema("0004", "0003", "0002").refuse()
    assert "0004" in str(refused)
    assert "0002" in str(refused)
    assert "Install the newer release" in refused.remedy
