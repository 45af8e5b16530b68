"""Where to go on in a folder: the first time, again, and after it was numbered anew."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from channels.email.folder_names import encoded
from channels.email.imap import Selected
from channels.email.positions import Position, begin, from_json

NOW = datetime(2026, 5, 3, 9, tzinfo=UTC)
FOLDER = Selected(validity=7, next_uid=101, count=100)
KEPT = Position(7, 90, NOW - timedelta(days=9))


def test_a_new_folder_begins_behind_what_is_in_it() -> None:
    first = begin(None, FOLDER, 100, None, NOW)
    assert (first.uid, first.begun, first.has_history) == (100, NOW, False)


def test_history_reaches_as_far_back_as_was_asked() -> None:
    first = begin(None, FOLDER, 100, timedelta(days=30), NOW)
    assert (first.uid, first.past, first.until) == (100, 1, 100)
    assert first.since == NOW - timedelta(days=30)
    assert not first.imported(100).has_history


def test_a_known_folder_goes_on() -> None:
    assert begin(KEPT, FOLDER, 100, timedelta(days=30), NOW) == KEPT


def test_new_numbers_start_over_and_leave_out_what_was_there_before_us() -> None:
    anew = begin(KEPT, replace(FOLDER, validity=8), 100, None, NOW)
    assert (anew.uid, anew.renamed) == (0, 100)
    assert anew.is_older(5, KEPT.begun - timedelta(hours=1))
    assert not anew.is_older(5, KEPT.begun + timedelta(hours=1))
    late_in_a_second = replace(anew, begun=KEPT.begun.replace(microsecond=900_000))
    assert not late_in_a_second.is_older(5, KEPT.begun.replace(microsecond=0))
    assert not anew.is_older(101, KEPT.begun - timedelta(hours=1))


def test_history_that_was_not_through_goes_on_under_new_numbers() -> None:
    unfinished = replace(KEPT, past=40, until=80, since=NOW - timedelta(days=30))
    anew = begin(unfinished, replace(FOLDER, validity=8), 100, None, NOW)
    assert (anew.past, anew.until, anew.since) == (1, 100, unfinished.since)


def test_a_position_survives_being_written_down() -> None:
    full = replace(KEPT, past=1, until=5, since=NOW, renamed=3, marked=88)
    assert from_json(full.to_json()) == full


def test_folder_names_in_modified_utf7() -> None:
    assert encoded("INBOX") == "INBOX"
    assert encoded("A & B") == "A &- B"
    assert encoded("Поддержка") == "&BB8EPgQ0BDQENQRABDYEOgQw-"
