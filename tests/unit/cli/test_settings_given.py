"""`--set K=V`: words as they are, lists with commas or as JSON, objects as JSON."""

import pytest
import typer

from hub.cli.inboxes import _read, _set

SCHEMA = {
    "origins": {"type": "array"},
    "limits": {"type": "object"},
    "port": {"type": "integer"},
}


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        (
            "origins=https://a.example, https://b.example",
            ["https://a.example", "https://b.example"],
        ),
        ('origins=["https://a.example"]', ["https://a.example"]),
        ("origins=", []),
        ('limits={"a": 1}', {"a": 1}),
        ("port=993", "993"),
        ("password=a=b,c", "a=b,c"),
        ("password=", ""),
    ],
)
def test_how_a_setting_is_read(pair: str, value: object):
    assert list(_set([pair], SCHEMA)) == [(pair.partition("=")[0], value)]


@pytest.mark.parametrize("pair", ["origins", "=x", "limits={", "origins=[1,"])
def test_what_is_no_setting_is_wrong_usage(pair: str):
    with pytest.raises(typer.BadParameter):
        list(_set([pair], SCHEMA))


def test_a_secret_from_a_file_loses_its_last_line_end_and_nothing_else(tmp_path):
    file = tmp_path / "secret"
    file.write_text(" se cret \r\n")
    assert list(_read([f"token={file}"])) == [("token", " se cret ")]
