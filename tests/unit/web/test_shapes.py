"""Times as callers write them: RFC 3339, in a body as behind the `?`."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from hub.web.bodies import Input, Query
from hub.web.shapes import Moment


class Body(Input):
    at: Moment | None = None


class Asked(Query):
    at: Moment | None = None


def test_a_time_is_read_and_moved_to_utc():
    nine = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
    for written in ["2026-05-03T09:00:00Z", "2026-05-03T12:00:00+03:00"]:
        assert Body.model_validate_json(f'{{"at": "{written}"}}').at == nine
        assert Asked.model_validate({"at": written}).at == nine
    assert Body.model_validate_json('{"at": null}').at is None


@pytest.mark.parametrize(
    "written",
    ["0.5", "1494012444", "-1", "", "2026-05-03", "2026-05-03T09:00:00", "2300-01-01T00:00:00Z"],
)
def test_what_is_no_time_is_refused(written: str):
    with pytest.raises(ValidationError):
        Body.model_validate_json(f'{{"at": "{written}"}}')
    with pytest.raises(ValidationError):
        Asked.model_validate({"at": written})


@pytest.mark.parametrize("written", ["1494012444", "0.5", "true", "[]"])
def test_a_number_is_no_time(written: str):
    with pytest.raises(ValidationError):
        Body.model_validate_json(f'{{"at": {written}}}')
