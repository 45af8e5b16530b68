"""Rules are read as the design spells them: one or many documents, `on` a word."""

import pytest

from hub.errors import Invalid
from hub.rules.yaml_text import read

NOTICES = """
name: Order notices
trigger: {on: order.status_changed}
actions: [{send: {template: order-status}}]
"""


def test_on_is_a_word_and_not_a_truth_value():
    (spec,) = read(NOTICES, "rules.yaml")
    assert spec.trigger.on == "order.status_changed"


def test_only_true_and_false_are_truth_values():
    disabled, enabled = read(
        NOTICES + "enabled: false\n---\n" + NOTICES.replace("Order", "Yes") + "enabled: true", "x"
    )
    assert not disabled.enabled
    assert enabled.enabled
    assert enabled.name == "Yes notices"


def test_many_documents_and_empty_ones_between():
    assert len(read(f"---\n{NOTICES}\n---\n---\n{NOTICES.replace('Order', 'Other')}", "x")) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x holds no rule"),
        ("a: [1", "x is not YAML"),
        (f"{NOTICES}\n---\nname: Half", "x, document 2"),
        ("just words", "x, document 1"),
        (f"{NOTICES}\n---\n{NOTICES}", "two rules of the name `Order notices`"),
        ("a: &a [x]\nb: *a", "aliases"),
        (f"{NOTICES}late: 1h\nlate: 2h", "`late` stands twice, in line 6"),
        ("a: {b: 1, b: 2}", "`b` stands twice, in line 1"),
        ("!!python/object/apply:os.system [true]", "tags"),
        ("a: !!float ''", "tags"),
        ("a: " + "[" * 9000, "within each other"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str):
    with pytest.raises(Invalid, match=said):
        read(text, "x")
