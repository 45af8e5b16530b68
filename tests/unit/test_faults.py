"""What does not fit is told by the names of its fields, in words a person can act on."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from hub.faults import Spelled, faults_of


class Status(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


def _short(text: str) -> str:
    if len(text) > 3:
        raise ValueError("it is too long.")
    return text


class Point(BaseModel):
    x: int


Code = Annotated[str, Spelled(r"^[a-z]{2}$", "two small letters, such as en")]


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal[""] | Status = ""
    who: UUID | Literal["me"] | None = None
    points: list[Point] | Point | None = None
    name: Annotated[str, AfterValidator(_short)] | bool = ""
    counts: dict[str, int] | None = None
    date: int = 0
    code: Code | None = None
    codes: dict[Code, int] | None = None
    odd: Annotated[str, Field(pattern="^[a-z]$")] = ""


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
        ({"code": "EN"}, {"code": "Write two small letters, such as en."}),
        ({"code": "en\n"}, {"code": "Write two small letters, such as en."}),
        ({"code": 1}, {"code": "Write a text."}),
        ({"codes": {"e": 1}}, {"codes.e": "Write two small letters, such as en."}),
        ({"codes": {"EN": 1}}, {"codes.EN": "Write two small letters, such as en."}),
        ({"counts": {"List": "b", "date": 1}}, {"counts.List": "Write a whole number."}),
        ({"odd": "A"}, {"odd": "Write it as the description of the API says."}),
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
    told = faults_of(refused.value, given)
    assert (told if isinstance(found, dict) else set(told)) == found
    assert not any("Value error" in one or ".." in one for one in told.values())


def test_how_a_text_is_spelled_is_described() -> None:
    [code, _] = Asked.model_json_schema()["properties"]["code"]["anyOf"]
    said = "Two small letters, such as en."
    assert code == {"type": "string", "pattern": "^[a-z]{2}$", "description": said}
