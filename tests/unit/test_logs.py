"""What others say in their errors goes into the log without what gives itself away."""

import json
from typing import Literal

import pytest
import structlog
from pydantic import BaseModel, ValidationError

from hub import logs
from tests.logged import attending, told


def begin(log_format: Literal["json", "console"]) -> structlog.typing.FilteringBoundLogger:
    """A logger that begins now: one that has begun keeps whatever listened to the test before."""
    logs.configure(log_format)
    began: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)
    return began


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <anna@planted.example>: unknown", "550 5.1.1 <[address]>: unknown"),
        ("https://user:hunter2@shop.example/x", "https://[left out]@shop.example/x"),
        ("https://api.telegram.org/bot123456:AAHk3v0lq9yH2m8Xb1c4d5e6f7g8h9i0j/getMe", "getMe"),
        ("no such token besedka_Zk3v0lq9yH2m8Xb1c4d5e6f7", "no such token [token]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln is over", "[token] is over"),
        ("+359000000017 is busy", "[number] is busy"),
        (
            "duplicate key\nDETAIL:  Failing row: (7, Where is\n\nmy order?).\n[SQL: INSERT",
            "duplicate key\n\n[SQL: INSERT",
        ),
        ("null\nDETAIL:  Key (a)=(Anna)\n\nThe above exception was", "null\n\n\nThe above"),
        ("port 8080 at 2026-05-03T09:00:00+00:00 id 0198c1de-0000-7000-8000-000000000000",) * 2,
    ],
)
def test_what_gives_itself_away_is_left_out(said: str, kept: str) -> None:
    left = logs.without_secrets(said)
    assert kept in left
    assert told(left) == []
    assert "Anna" not in left
    assert "order?" not in left


def test_what_a_model_was_given_is_left_out() -> None:
    class Order(BaseModel):
        number: int

    with pytest.raises(ValidationError) as caught:
        Order.model_validate({"number": "Where is, my order?"})
    assert "my order" in str(caught.value)
    left = logs.without_secrets(str(caught.value))
    assert "my order" not in left
    assert "input_type=str" in left


def test_a_log_is_written_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    with attending():
        log = begin("json")
        fault = ValueError("no such mailbox: anna@planted.example")
        log.error("mail.refused", exc_info=fault, reason="of +359000000017", count=3)
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert "no such mailbox: [address]" in line["exception"]
    assert (line["event"], line["reason"], line["count"]) == ("mail.refused", "of [number]", 3)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_nobody_writes_a_line_of_ours(
    capsys: pytest.CaptureFixture[str], log_format: Literal["json", "console"]
) -> None:
    with attending():
        log = begin(log_format)
        log.warning(
            "inbox.down", detail="No\r\n2026-05-03T09:00:00Z [info] all.well\x1b[2J\u2028!"
        )
        log.error("inbox.down", exc_info=ValueError("No\x1b[2J\x9b!"))
    said = capsys.readouterr().err
    assert said.splitlines()[0].count("inbox.down") == 1
    assert "all.well" in said.splitlines()[0]
    assert not set(said) & {"\x1b", "\x9b", "\r", "\u2028"}
