"""What is looked for in logs is found there, in the facts of a line and in its error.

What is planted here stands in no database of a test: some of them listen until all tests are over.
"""

import logging

import pytest
import structlog

from hub import logs
from tests.logged import attending, heard, overheard, repeated, told

log = structlog.get_logger(__name__)


@pytest.mark.parametrize(
    "line",
    [
        "mail.refused to=anna@planted.example",
        "text.sent to=+359000000017",
        "token=besedka_Zk3v0lq9yH2m8Xb1c4d5e6f7",
        "bot=123456789:AAHk3v0lq9yH2m8Xb1c4d5e6f7g8h9i0j",
        "GET https://api.telegram.org/bot123456789:AAHk3v0lq9yH2m8Xb1c4d5e6f7g8h9i0j/getMe",
        'text="Где никем не написанный текст"',
    ],
)
def test_what_nobody_may_read_is_found(line: str):
    assert len(told(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "delivery.failed id=0198c1de-0000-7000-8000-000000000000 reason=blocked attempt=3",
        "cluster.started pid=37 user=postgres",
        "2026-05-03T09:00:00+00:00 lease.lost name=relay after=1.5",
    ],
)
def test_ids_and_facts_are_fine(line: str):
    assert told(line) == []


@pytest.mark.parametrize("way", ["fact", "error", "library"])
def test_a_line_is_seen_whoever_writes_it(nothing_told: list[str], way: str):
    fault = ValueError("no such order: Где никем не написанный текст")
    match way:
        case "fact":
            log.warning("mail.refused", to="anna@planted.example")
        case "error":
            log.warning("mail.refused", exc_info=fault)
        case _:
            logging.getLogger("some.library").warning("refused %s", "anna@planted.example")
    assert len(nothing_told) == 1
    nothing_told.clear()


def test_a_line_is_seen_also_after_a_test_that_configured_logging(nothing_told: list[str]):
    began = structlog.get_logger("began meanwhile")
    with attending():
        logs.configure("json")
        began.info("mail.accepted")
    began.info("mail.refused", to="anna@planted.example")
    log.info("mail.refused", to="boris@planted.example")
    logging.getLogger("some.library").warning("refused %s", "vera@planted.example")
    assert len(nothing_told) == 3
    nothing_told.clear()


def test_a_process_is_heard(nothing_told: list[str]):
    said = [
        "Anna <anna@planted.example> may sign in now.",
        "    sign in as  anna@planted.example",
        '{"event":"mail.refused","to":"anna@planted.example"}',
        "2026-05-03T09:00:00Z [info] mail.refused to=boris@planted.example",
        "    sign in as  anna@planted.example",
        "Traceback (most recent call last):",
        '    refuse("boris@planted.example")',
        "ValueError: no such mailbox: vera@planted.example",
    ]
    with overheard() as lines:
        found = heard("\n".join(said))
    assert lines == [one for one in said[2:] if "sign in" not in one]
    assert (len(found), found) == (4, nothing_told)
    nothing_told.clear()


def test_what_stands_in_the_database_is_found(nothing_told: list[str]):
    lines = ["message.taken id=7", "message.refused said=Who has planted this?"]
    assert repeated(lines, ["Who has planted this?", "taken", "Another text"]) == [
        f"'Who has planted this?' in {lines[1]}"
    ]
    nothing_told.clear()
