"""The documented rules of reminders can be stored as they are, and name templates that ship."""

from pathlib import Path

from hub.ids import new_id
from hub.reminders.planning import relative
from hub.rules.active import Active
from hub.rules.spec import compile_spec
from hub.rules.yaml_text import read
from hub.templates.shipped import shipped

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "rules" / "appointments.yaml"


def test_the_documented_rules_are_bound_to_appointments_and_send_what_ships() -> None:
    specs = read(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    for spec in specs:
        bound = relative(Active(new_id(), 1, spec.name, compile_spec(spec)))
        assert bound is not None
        assert (bound.direction, bound.field) == ("before", "starts_at")
    named = set(shipped()) & set(EXAMPLE.read_text(encoding="utf-8").replace(",", " ").split())
    assert named == {
        "appointment-reminder-day",
        "appointment-reminder-hours",
        "appointment-soon",
    }
