"""`hub email parse`: a line of JSON for every file, whatever is in it."""

import json
import os

import pytest
from typer.testing import CliRunner

from channels.email.commands import app
from tests.unit.channels.email.mails import raw

KEYS = {"message_id", "in_reply_to", "references", "from", "to", "cc", "subject", "date", "text"}
KEYS |= {"reply_text", "html", "attachments", "auto_submitted", "bounce"}


def lines(*files, given=None, options=()):
    result = CliRunner().invoke(app, ["parse", *options, *map(str, files)], input=given)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_object_a_file_in_order(tmp_path):
    first, second = tmp_path / "1.eml", tmp_path / "2.eml"
    first.write_bytes(raw("one", "Subject: First", "Cc: C <c@d.example>"))
    second.write_bytes(b"\xff\x00 nothing that is a mail")
    mails = lines(first, tmp_path / "absent.eml", second)
    assert [KEYS - set(mail) for mail in mails] == [set(), set(), set()]
    assert mails[0]["from"] == {"name": "Anna", "address": "anna@home.example"}
    assert mails[0]["cc"] == [{"name": "C", "address": "c@d.example"}]
    assert (mails[0]["subject"], mails[0]["text"]) == ("First", "one")
    assert "No such file" in mails[1]["error"]
    assert "error" not in mails[2]


def test_standard_input():
    assert lines("-", given=raw("hello"))[0]["text"] == "hello"


def test_json_may_be_asked_for_as_of_every_command():
    given = raw("hello")
    assert lines("-", given=given, options=["--json"]) == lines("-", given=given)


@pytest.mark.parametrize("text", ["\ud800", "\x00", "\u2028"])
def test_odd_characters_make_no_odd_json(tmp_path, text):
    file = tmp_path / "1.eml"
    file.write_bytes(b"Subject: x\n\n" + text.encode("utf-8", "surrogatepass"))
    assert len(lines(file)) == 1


def test_what_is_no_file_has_its_line_too(tmp_path):
    odd = tmp_path / os.fsdecode(b"\xff.eml")
    (tmp_path / "empty.eml").touch()
    found = lines(tmp_path, odd, tmp_path / "empty.eml", "/dev/null")
    assert ["error" in one for one in found] == [True, True, False, False]
    assert "directory" in found[0]["error"]
