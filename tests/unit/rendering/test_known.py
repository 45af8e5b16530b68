"""Fields: known when saved, and never written where they may be empty."""

import pytest

from hub.errors import Invalid
from hub.rendering import check
from hub.rendering.known import check_fields
from hub.templates.fields import CATALOGUE

ORDER = CATALOGUE["order"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ order.external_id }}",
        "{{ order.number | default(order.external_id) }}",
        "{{ order.number | default('—') | upper }}",
        "{% if order.number %}{{ order.number }}{% endif %}",
        "{% if order.number and order.total %}{{ order.total | number }}{% endif %}",
        "{% if not order.number %}-{% else %}{{ order.number }}{% endif %}",
        "{% if not order.number or not order.total %}-{% else %}{{ order.total }}{% endif %}",
        "{% if order.total %}{% elif order.number %}{{ order.number }}{% endif %}",
        "{% if not order.total %}{% elif 1 %}{{ order.total }}{% endif %}",
        "{% if order.status == 'shipped' %}{{ order.status }}{% endif %}",
        "{{ order.number if order.number else '' }}",
        "{{ '' if not order.number else order.number }}",
        "{% for x in order.items %}{{ loop.index }}{{ x.name | default('') }}{% endfor %}",
        "{{ order.items | length }} {{ customer.labels | join }}",
        "{% for label in customer.labels %}{{ label }}{% endfor %}",
        "{% if order.data.gift.text %}{{ order.data.gift.text }}{% endif %}",
        "{% for one in data.list %}{{ one.x | default('') }}{% endfor %}",
        "{{ order.occurred_at | day }}",
        "{% if order.total and order.total | int > 5 %}!{% endif %}",
        "{{ order['external_id'] }}",
        "{% if order.items[0].name %}{{ order.items[0].name }}{% endif %}",
        "{% if customer.name is defined %}x{% endif %}",
        "plain words",
    ],
)
def test_what_is_sure_to_read_well(source: str) -> None:
    check_fields(check(source), ORDER)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ order.nubmer }}", "Did you mean `order.number`"),
        ("{{ appointment.starts_at | day }}", "no field `appointment.starts_at`"),
        ("{{ order.number }}", "may be empty"),
        ("{% if order.total %}{{ order.number }}{% endif %}", "may be empty"),
        ("{% if order.number %}{% else %}{{ order.number }}{% endif %}", "may be empty"),
        ("{% if order.number or order.total %}{{ order.number }}{% endif %}", "may be empty"),
        ("{% if not order.number %}{{ order.number }}{% endif %}", "may be empty"),
        ("{% if order.status != 'x' %}{{ order.status }}{% endif %}", "may be empty"),
        ("{{ order.number | upper }}", "may be empty"),
        ("{{ order.total | money(order.currency) }}", "may be empty"),
        ("{{ order.total if order.number else '' }}", "may be empty"),
        ("{{ order.number if order.number }}", "say what stands there otherwise"),
        ("{% if order.total > 5 %}!{% endif %}", "may be empty"),
        ("{{ order.occurred_at }}", "is a time"),
        ("{{ order.occurred_at | upper }}", "is a time"),
        ("{{ order.items }}", "may be empty"),
        ("{% if order.items %}{{ order.items }}{% endif %}", "is a list"),
        ("{% for item in order.items %}{{ item.name }}{% endfor %}", "may be empty"),
        ("{% for item in order.items %}{{ item.title }}{% endfor %}", "Did you mean"),
        ("{% for one in order.number %}{% endfor %}", "is not a list"),
        ("{{ order.data.gift }}", "may be empty"),
        ("{{ item.name }}", "no field `item.name`"),
        ("{{ order }}", "no field `order`"),
        ("{{ order.number | default(order.total) }}", "may be empty"),
        ("{% if orders.number %}{% endif %}", "no field"),
    ],
)
def test_what_would_go_wrong_one_day_is_refused_when_saved(source: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        check_fields(check(source), ORDER)
    assert str(refused.value).startswith("Line 1:")


def test_the_line_is_told() -> None:
    with pytest.raises(Invalid, match="Line 3:"):
        check_fields(check("a\nb\n{{ order.number }}"), ORDER)
