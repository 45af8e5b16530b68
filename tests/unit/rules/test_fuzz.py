"""Whatever is sent as a rule: refused with a reason, or a rule that says the same when written."""

import random
import time
from pathlib import Path

import pytest

from hub.errors import HubError
from hub.rules.spec import compile_spec
from hub.rules.yaml_text import read, write

ROOT = Path(__file__).parents[3]
SHIPPED = [
    text
    for text in (ROOT / "docs" / "rules.md").read_text("utf-8").split("```")
    if text.startswith("yaml\n")
]
PIECES = [
    *("trigger:", "conditions:", "actions:", "- send:", "- wait: 1h", "key: [", "]", "{", "}"),
    *("all:", "any:", "not:", "field: customer.labels", "has:", "is:", "in: [1, x]", "by: -1h"),
    *("before: appointment.starts_at", "after:", "on: order.status_changed", "cron: '* * * * *'"),
    *("{{", "}}", "{% for x in y %}", "1e999", "0x_", ".nan", "!!python/object:os", "&a", "*a"),
    *("<<: *a", "2026-13-45", "'", '"', "\n", "  ", "\t", "---\n", "? ", "null", "\ud7ff", "\0"),
]
KEPT = [
    "a: &a [*a]",
    "&a [&b [*a, *b]]",
    "[" * 5000,
    "{a: " * 2000,
    "? " * 3000,
    "- " * 3000,
    "!!binary =",
    "!!timestamp 9999-99-99",
    "2026-02-30 25:61:61",
    "!!int 0b",
    "name: 1_0:_",
    ": : :",
    "%YAML 9.9\n---\n",
    "\ufeffname: x",
    "name: x\nname: y",
    "? {a: b}\n: c",
    "? [a]\n: c",
    "trigger: {after: order.delivered_at, by: 99999999999d}",
]
"""What once did harm somewhere, to parsers of YAML or to ours."""


def fed(text: str) -> None:
    try:
        specs = read(text, "The text")
        for one in specs:
            compile_spec(one)
    except HubError:
        return
    shown = [one.model_dump(mode="json", by_alias=True, exclude_defaults=True) for one in specs]
    assert read(write(shown), "What was written") == specs


@pytest.mark.parametrize("text", KEPT, ids=lambda text: repr(text[:20]))
def test_what_did_harm_before_does_none(text: str) -> None:
    fed(text)


@pytest.mark.fuzz
def test_no_rule_crashes_the_reader(fuzz_seconds: float) -> None:
    assert len(SHIPPED) > 5
    dice = random.Random(20_261)
    ends = time.monotonic() + min(fuzz_seconds, 3 if fuzz_seconds <= 10 else fuzz_seconds)
    while time.monotonic() < ends:
        fed(_spoilt(dice.choice(SHIPPED).removeprefix("yaml\n"), dice))


def _spoilt(text: str, dice: random.Random) -> str:
    for _ in range(dice.randint(1, 6)):
        at, length = dice.randrange(len(text) + 1), dice.randrange(30)
        match dice.randrange(4):
            case 0:
                text = text[:at] + text[at + length :]
            case 1:
                text = text[:at] + dice.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + text[at : at + length] * dice.randint(2, 5) + text[at:]
            case _:
                text = text[:at] + chr(dice.randrange(0xD800)) + text[at + 1 :]
    return text
