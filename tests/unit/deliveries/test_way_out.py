"""What is no service carries the address where it is stopped; an answer does not."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub.customers.consents import Purpose
from hub.deliveries.dispatch import Head, to_message

POINT = UUID(int=7)


def stop(point: UUID, purpose: Purpose) -> str:
    return f"https://hub.example/stop/{point.int}/{purpose}"


@pytest.mark.parametrize(
    ("content", "url"),
    [
        ({"purpose": "reminder"}, "https://hub.example/stop/7/reminder"),
        ({"purpose": "marketing"}, "https://hub.example/stop/7/marketing"),
        ({"purpose": "service"}, ""),
        ({}, ""),
        ({"purpose": "survey", "unsubscribe_url": "https://own.example"}, "https://own.example"),
    ],
)
def test_where_it_is_stopped(content: dict[str, str], url: str):
    nobody = UUID(int=1)
    deadline = datetime(2026, 5, 4, tzinfo=UTC)
    head = Head(
        nobody, POINT, nobody, nobody, None, "email", "a@b.example", "", content, "queued", "", 0,
        deadline,
    )  # fmt: skip
    assert to_message(head, 1, stop).unsubscribe_url == url
