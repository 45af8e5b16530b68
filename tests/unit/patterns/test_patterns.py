"""No pattern of the hub takes more than a text's length squared, whatever it is given to read."""

import re
from typing import Any

import pytest

from tests.unit.patterns.in_code import Made, Used, all_used, in_source, other_engines
from tests.unit.patterns.pumping import Scale, slow

_CUT = r"b'^--' + re.escape(boundary) + b'(--)?[ \\t]*+\\r?(?:\\n|\\Z"
MADE: dict[str, re.Pattern[Any]] = {
    "channels/email/parsing/bounce_texts.py: any_of(phrases)": re.compile("no such user|full"),
    "channels/email/parsing/markup.py: f'</{name}'": re.compile("</script"),
    "hub/conversations/filled_html.py: f'(?:https://)?{mark}(\\\\d+)y'": re.compile(
        r"(?:https://)?gap0x(\d+)y"
    ),
    f"channels/email/twin/structure.py: {_CUT}": re.compile(rb"^--x(--)?[ \t]*+\r?(?:\n|\Z)"),
}
"""What is put together as the program runs, each with what comes of it at most."""

FOR_SHORT = {"channels/email/twin/imap_folders.py: made"}
"""A client's wildcards, `*a*b*c`, over the names of folders that a test has made in a twin."""

SCALE = Scale()


def test_every_pattern_that_is_made_while_running_is_told_of():
    made = {one.where for one in all_used() if isinstance(one, Made)}
    assert made == {*MADE, *FOR_SHORT}, "MADE: what can come of it?"


def test_no_pattern_is_slow():
    used = [one for one in all_used() if isinstance(one, Used)]
    used += [Used(where, pattern, anchored=False) for where, pattern in MADE.items()]
    assert len(used) > 250
    found = {one.where: text for one in used if (text := slow(one, SCALE)) is not None}
    assert found == {}


def test_models_read_by_an_engine_that_does_not_go_back():
    """Patterns of pydantic's fields run in Rust's `regex`, which is linear, unless it is told
    otherwise."""
    assert other_engines() == []


@pytest.mark.parametrize(
    "known", ["(a+)+$", r"\s*\s*\s*x", r"(\w+\s?)*\s*\w*\d-", "<a[^>]*b[^>]*c[^>]*d>"]
)
def test_a_slow_one_is_seen(known: str):
    assert slow(Used("here", re.compile(known), anchored=False), SCALE)


@pytest.mark.parametrize(
    ("code", "anchored"),
    [
        ('re.compile("(a+)+$")', False),
        ('KNOWN = [re.compile("(a+)+$", re.ASCII)]', False),
        ('PLANTED_ONE = re.compile("(a+)+$")\nPLANTED_ONE.match("")', False),
        ('re.sub("(a+)+$", "", "")', False),
        ('def one():\n    return re.fullmatch("(a+)+$", "")', True),
        ('re.compile("(a+)+$").match("")', True),
        ('from re import search as looked_for\nlooked_for(f"({A})+$", "")', False),
    ],
)
def test_one_is_found_wherever_it_stands(code: str, anchored: bool):
    (found,) = in_source(f"import re\n{code}", "here", lambda: {"re": re, "A": "a+"})
    assert isinstance(found, Used)
    assert (found.pattern.pattern, found.anchored) == ("(a+)+$", anchored)
    assert slow(found, SCALE)
