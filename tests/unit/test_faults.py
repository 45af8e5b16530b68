"""What does not fit is told by the names of its fields, in words a person can act on."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from hub.faults import faults_of


class Status(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


def _short(text: str) -> str:
    if len(text) > 3:
        raise ValueError("it is too long.")
    return text


class Point(BaseModel):
    x: int


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal[""] | Status = ""
    who: UUID | Literal["me"] | None = None
    points: list[Point] | Point | None = None
    name: Annotated[str, AfterValidator(_short)] | bool = ""
    counts: dict[str, int] | None = None
    date: int = 0


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (
            {"status": "odd"},
            {"status": "Write ''. Or: Write 'open' or 'closed'."},
        ),
        ({"points": [{"x": 1}, {"x": "y"}]}, {"points.1.x", "points"}),
        ({"name": "much too long"}, {"name"}),
        ({"counts": {"a": "b"}}, {"counts.a"}),
        ({"date": "x", "who": "you"}, {"date", "who"}),
        ({"other": 1}, {"other": "This is not known here."}),
        ([], {"body": "Write an object: names and their values."}),
        (
            {"points": "x", "date": 1.5},
            {
                "points": "Write a list. Or: Write an object: names and their values.",
                "date": "Write a whole number.",
            },
        ),
    ],
)
def test_each_field_at_fault_is_named_once(given: object, found: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Asked.model_validate(given)
    told = faults_of(refused.value)
    assert (told if isinstance(found, dict) else set(told)) == found
    assert not any("Value error" in one or ".." in one for one in told.values())
