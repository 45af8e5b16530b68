"""docs/rules.md and the ready rules say what is true: each example is read, each word is there."""

import re
from pathlib import Path

import pytest

from hub.rules import catalogue, fields, steps, triggers
from hub.rules.spec import compile_spec
from hub.rules.yaml_text import read, write

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
READY = sorted((ROOT / "docs" / "examples" / "rules").glob("*.yaml"))
TEMPLATES = [one.stem for one in (ROOT / "templates" / "messages").glob("*.yaml")]


@pytest.mark.parametrize("text", BLOCKS, ids=[one.split("\n")[0] for one in BLOCKS])
def test_every_example_on_the_page_is_a_rule(text: str) -> None:
    for spec in read(text, "rules.md"):
        compile_spec(spec, TEMPLATES)


# Other systems were told to write rules like this one: it is taken to the letter.
PROMISED = """
name: Appointment reminder, a day before
trigger: {before: appointment.starts_at, by: 24h}   # or {on: order.status_changed}
conditions: {all: [{field: appointment.status, is: booked}, {any: [{field: customer.locale, is: ru}, {field: customer.labels, has: vip}]}]}
actions:
  - send: {template: appointment-reminder, purpose: reminder, fallback: [{channel: sms, after: 10m}]}
key: [appointment.id, appointment.starts_at]         # firing key
late: 30m                                            # not sent later than this after its time
"""  # noqa: E501


def test_the_rule_that_was_promised_is_one() -> None:
    (spec,) = read(PROMISED, "promised")
    compile_spec(spec, TEMPLATES)


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_the_ready_rules_work_and_are_off(path: Path) -> None:
    for spec in read(path.read_text(encoding="utf-8"), path.name):
        compile_spec(spec, TEMPLATES)
        assert not spec.enabled


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_what_is_written_again_is_the_same(path: Path) -> None:
    specs = read(path.read_text(encoding="utf-8"), path.name)
    documents = [
        one.model_dump(mode="json", by_alias=True, exclude_defaults=True) for one in specs
    ]
    assert read(write(documents), "again") == specs


def test_everything_a_rule_is_made_of_is_on_the_page() -> None:
    words = [*triggers.names(), *catalogue.shown()["comparisons"], *steps.KINDS]
    named = [name for kind in fields.OBJECTS for name in fields.of_object(kind)]
    assert [one for one in [*words, *named] if f"`{one}`" not in PAGE] == []
