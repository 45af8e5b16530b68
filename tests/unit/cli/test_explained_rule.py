"""What `hub explain rule` says: the verdict, each condition, what happened last."""

from hub.cli import words
from hub.cli.explain import about_rule
from hub.rules import conditions
from hub.rules.fields import Kind

FIELDS = {"order.status": Kind.TEXT, "order.total": Kind.NUMBER}
TREE = {
    "all": [
        {"field": "order.status", "is": "shipped"},
        {"not": {"field": "order.total", "above": 10}},
    ]
}


def test_every_condition_is_told_with_what_it_found():
    node = conditions.read(TREE, FIELDS)
    skip = {"at": "2026-05-04T12:00:00Z", "outcome": "skipped", "reason": "conditions"}
    facts = {
        "rule": {"id": "7", "name": "Orders", "enabled": True},
        "object": {"kind": "order", "id": "9"},
        "would": "skipped",
        "conditions": conditions.explain(node, {"order.status": "packed", "order.total": 5}),
        "last_firing": None,
        "last_skip": skip,
    }
    assert list(about_rule(facts, words.of("en"))) == [
        "The rule Orders. The conditions do not hold.",
        "Asked about: order 9.",
        "  no  all:",
        "    no  order.status is shipped (found: packed)",
        "    yes not:",
        "      no  order.total above 10 (found: 5)",
        "It last did nothing at 2026-05-04T12:00:00Z: skipped, conditions.",
        "7",
    ]


def test_a_customer_without_anything_of_the_kind_is_said_so():
    facts = {
        "rule": {"id": "7", "name": "Orders", "enabled": True},
        "object": None,
        "would": "nothing",
        "conditions": None,
        "last_firing": None,
        "last_skip": None,
    }
    assert list(about_rule(facts, words.of("en"))) == [
        "The rule Orders. The customer has nothing that it is about.",
        "7",
    ]


def test_it_speaks_russian_and_bulgarian():
    facts = {
        "rule": {"id": "7", "name": "Orders", "enabled": True},
        "object": {"kind": "order", "id": "9"},
        "would": "off",
        "conditions": None,
        "last_firing": None,
        "last_skip": None,
    }
    said = {one: list(about_rule(facts, words.of(one)))[1] for one in ("ru", "bg")}
    assert said == {"ru": "Спрошено о: заказ 9.", "bg": "Попитано за: поръчка 9."}
