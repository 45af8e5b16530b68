"""Templates: shipped notices in every language, and what a template may not do."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import rendering
from hub.errors import Invalid
from hub.rendering import MAX_OUTPUT, Notices, check, render

STATUSES = [
    "confirmed",
    "packed",
    "shipped",
    "out_for_delivery",
    "delivered",
    "delayed",
    "cancelled",
]
ORDER = {
    "number": "1043",
    "total": "1990.50",
    "currency": "EUR",
    "tracking_url": "https://t.example/1",
}


@pytest.mark.parametrize("locale", ["en", "ru", "bg"])
@pytest.mark.parametrize("status", STATUSES)
def test_every_order_status_is_announced_in_every_language(locale: str, status: str) -> None:
    order = ORDER | {"status": status}
    text = Notices().render("order-status", {"order": order}, locale=locale, time_zone="")
    assert "1043" in text
    assert "None" not in text


def test_a_status_nobody_knows_says_nothing() -> None:
    order = ORDER | {"status": "on-hold"}
    assert Notices().render("order-status", {"order": order}, locale="en", time_zone="") == ""


@pytest.mark.parametrize(
    ("locale", "tag"),
    [("ru-RU", "ru"), ("ru_RU", "ru"), ("bg", "bg"), ("de", "en"), ("", "en"), ("../../x", "en")],
)
def test_the_nearest_language_is_taken(locale: str, tag: str) -> None:
    assert Notices().source("order-status", locale=locale)[1] == tag


@pytest.mark.parametrize(
    "source",
    [
        "{{ 9 ** 9 }}",
        "{{ 'a' * 1000000 }}",
        "{{ a ~ b }}",
        "{{ a() }}",
        "{% set a = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% for a in b %}{% for c in d %}{% endfor %}{% endfor %}",
        "{{ a | tojson }}",
        "{{ unclosed",
    ],
)
def test_what_a_template_may_not_do(source: str) -> None:
    with pytest.raises(Invalid):
        check(source)


@pytest.mark.parametrize(
    "source", ["{{ order.nothing }}", "{{ nobody }}", "{{ order.__class__.__mro__ }}"]
)
def test_missing_fields_and_inner_workings_are_refused(source: str) -> None:
    with pytest.raises(Invalid):
        render(source, {"order": {"number": "1"}}, locale="en")


def test_output_is_bounded() -> None:
    with pytest.raises(Invalid, match="grows past"):
        render(
            "{% for i in items %}{{ i }}{% endfor %}", {"items": ["x" * 1000] * 1000}, locale="en"
        )
    assert MAX_OUTPUT < 1000 * 1000


@pytest.mark.parametrize(
    ("locale", "text"),
    [("en", "€1,990.50"), ("ru", "1\xa0990,50\xa0€"), ("bg", "1\xa0990,50\xa0€")],
)
def test_money_is_written_as_the_reader_writes_it(locale: str, text: str) -> None:
    shown = render("{{ total | money('EUR') }}", {"total": "1990.50"}, locale=locale)
    assert shown.replace("\u202f", "\xa0") == text


def test_times_are_told_in_the_customers_zone() -> None:
    shown = render(
        "{{ at | time }}", {"at": "2026-05-03T09:00:00Z"}, locale="ru", time_zone="Asia/Tomsk"
    )
    assert shown == "16:00"


@pytest.mark.fuzz
def test_no_template_hangs_or_crashes(fuzz_seconds: float) -> None:
    pieces = [
        "{{",
        "}}",
        "{%",
        "%}",
        "if",
        "for",
        "in",
        "endif",
        "endfor",
        "a",
        ".",
        "|",
        "upper",
        "'",
        "[",
        "]",
        "0",
        " ",
    ]
    ends = time.monotonic() + fuzz_seconds

    @given(st.lists(st.sampled_from(pieces), max_size=40).map("".join))
    def attempt(source: str) -> None:
        with contextlib.suppress(Invalid):
            render(source, {"a": [1, 2]}, locale="en")

    while time.monotonic() < ends:
        attempt()


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(Invalid) as refused:
        Notices().source("order-stat", locale="en")
    assert "order-status" in refused.value.remedy
    assert rendering.DEFAULT_LOCALE == "en"
