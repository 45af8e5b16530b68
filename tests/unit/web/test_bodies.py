"""Paths, fields and cursors."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid, NotFound
from hub.web import cursors
from hub.web.bodies import path_of

# Fixed: it is part of the names of tests, which every worker has to agree on.
ONE = UUID("01a20000-0000-7000-8000-00000000000a")


def test_ids_and_names_in_a_path():
    assert path_of({"id": str(ONE), "team_id": str(ONE), "external_id": "A-1/2"}) == {
        "id": ONE,
        "team_id": ONE,
        "external_id": "A-1/2",
    }


@pytest.mark.parametrize("text", ["", "1", ONE.hex, f"{{{ONE}}}", f"urn:uuid:{ONE}", f"{ONE}\n"])
def test_other_spellings_of_an_id_are_not_found(text):
    with pytest.raises(NotFound):
        path_of({"id": text})


@pytest.mark.parametrize("text", ["", "a\0", "a\n", "x" * 301])
def test_names_that_can_name_nothing_are_not_found(text):
    with pytest.raises(NotFound):
        path_of({"external_id": text})


def test_cursors_come_back_as_they_were():
    assert cursors.decode(cursors.encode("й", 5, str(ONE)), str, int, UUID) == ("й", 5, ONE)
    assert cursors.decode("", str) is None


@given(st.text(max_size=40))
def test_any_other_cursor_is_refused(text):
    try:
        cursors.decode(text, UUID)
    except Invalid as error:
        assert "cursor" in error.fields  # noqa: PT017 - either outcome is right
