"""What a customer's words about a purpose mean for a message."""

from uuid import UUID

import pytest

from hub.customers.consents import Purpose, refusal, shown

HERE, THERE = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("purpose", "said", "expected"),
    [
        ("service", {}, ""),
        ("reminder", {}, ""),
        ("marketing", {}, "not-given"),
        ("marketing", {HERE: {"marketing": True}}, ""),
        ("marketing", {THERE: {"marketing": True}}, "not-given"),
        ("marketing", {HERE: {"marketing": True}, THERE: {"marketing": False}}, "withdrawn"),
        ("survey", {THERE: {"survey": False}}, "withdrawn"),
        ("reminder", {HERE: {"reminder": False}}, "withdrawn"),
        ("reminder", {THERE: {"reminder": False}}, ""),
        ("service", {HERE: {"all": False}}, ""),
        ("notice", {HERE: {"service": False}}, "withdrawn"),
        ("all", {}, ""),
    ],
)
def test_whether_a_message_may_go(
    purpose: str, said: dict[UUID, dict[str, bool]], expected: str
) -> None:
    assert refusal(purpose, HERE, said) == expected


def test_all_is_not_shown_among_the_purposes() -> None:
    lines = {str(Purpose.ALL): False, str(Purpose.MARKETING): True}
    assert shown(lines) == {"marketing": True}
