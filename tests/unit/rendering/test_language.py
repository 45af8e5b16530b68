"""Templates: shipped notices in every language, and what a template may not do."""

import contextlib
import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.rendering import MAX_OUTPUT, check, render, render_html
from hub.rendering.bounds import MAX_TURNS
from hub.rendering.filling import Filling, always_speaks, compiled, together
from hub.rendering.language import Kind
from hub.rendering.locales import nearest


@pytest.mark.parametrize(
    ("locale", "tag"),
    [("ru-RU", "ru"), ("ru_RU", "ru"), ("bg", "bg"), ("de", "en"), ("", "en"), ("../../x", "en")],
)
def test_the_nearest_language_is_taken(locale: str, tag: str) -> None:
    assert nearest(locale, ["bg", "en", "ru"]) == tag


def test_without_english_the_first_language_there_is() -> None:
    assert nearest("de", ["ru", "bg"]) == "bg"
    assert nearest("pt-BR", ["pt-BR", "pt"]) == "pt-BR"
    assert nearest("PT-br", ["pt-BR", "en"]) == "pt-BR"


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
        "{{ " + "(" * 5000,
        "{{ " + "not " * 3000 + "a }}",
        "{% if a %}" * 200 + "{% endif %}" * 200,
        "{% if a %}b{% endif %}" * 900,
        "x" * 20_001,
        "{{ 1" + "0" * 5000 + " }}",
        "{% for a, b in c %}{% endfor %}",
        "{% for a in b recursive %}{% endfor %}",
        "{{ a | default(value=1) }}",
        "{{ a is filter }}",
        "{{ _budget }}",
        "{{ a._b }}",
        "{{ a | plural(*b) }}",
        "{% filter upper %}a{% endfilter %}",
        "{{ a | _each }}",
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


@pytest.mark.parametrize(
    ("locale", "day", "date", "moment"),
    [
        ("en", "Tuesday, May 5", "May 5, 2026", "May 5, 2026, 2:30 PM"),
        ("en-GB", "Tuesday 5 May", "5 May 2026", "5 May 2026, 14:30"),
        ("ru", "вторник, 5 мая", "5 мая 2026 г.", "5 мая 2026 г., 14:30"),
        ("bg", "вторник, 5 май", "5 май 2026 г.", "5 май 2026 г., 14:30"),
        ("de", "Dienstag, 5. Mai", "5. Mai 2026", "5. Mai 2026, 14:30"),
        ("xx", "Tuesday, May 5", "May 5, 2026", "May 5, 2026, 2:30 PM"),
    ],
)
def test_days_are_told_as_the_reader_writes_them(
    locale: str, day: str, date: str, moment: str
) -> None:
    shown = render(
        "{{ at | day }}|{{ at | date }}|{{ at | datetime }}",
        {"at": "2026-05-05T11:30:00Z"},
        locale=locale,
        time_zone="Europe/Moscow",
    )
    assert shown.replace("\u202f", " ") == f"{day}|{date}|{moment}"


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../../etc/passwd", "Europe"])
def test_a_zone_nobody_knows_is_utc(zone: str) -> None:
    shown = render("{{ at | time }}", {"at": "2026-05-05T11:30:00Z"}, locale="ru", time_zone=zone)
    assert shown == "11:30"


RUSSIAN = "{{ n | plural('товар', 'товара', 'товаров') }}"


@pytest.mark.parametrize(
    ("locale", "source", "words"),
    [
        (
            "ru",
            RUSSIAN,
            {"0": "товаров", "1": "товар", "2": "товара", "5": "товаров", "11": "товаров"},
        ),
        ("ru", RUSSIAN, {"21": "товар", "22": "товара", "1.5": "товара", "111": "товаров"}),
        ("en", "{{ n | plural('item', 'items') }}", {"0": "items", "1": "item", "2": "items"}),
        ("bg", "{{ n | plural('брой', 'броя') }}", {"1": "брой", "2": "броя", "21": "броя"}),
        ("ja", "{{ n | plural('個') }}", {"1": "個", "2": "個"}),
    ],
)
def test_numbers_choose_the_word(locale: str, source: str, words: dict[str, str]) -> None:
    check(source, locale=locale)
    assert {n: render(source, {"n": n}, locale=locale) for n in words} == words


def test_too_few_plural_forms_are_refused_when_saved() -> None:
    with pytest.raises(Invalid, match=r"needs 3 \(as for 1, 2, 5\) words in `ru`"):
        check("{{ n | plural('a', 'b') }}", locale="ru")


@pytest.mark.parametrize("amount", ["1e999999999", "NaN", "-Infinity", "9" * 5000, "a", "", None])
def test_what_is_no_amount_is_not_written(amount: object) -> None:
    with pytest.raises(Invalid):
        render("{{ a | money('EUR') }}", {"a": amount}, locale="en")


@pytest.mark.parametrize("source", ["{{ a }}", "{{ b }}", "{{ c }}", "{{ d }}", "{{ e.f.g }}"])
def test_nothing_is_written_that_only_a_programmer_reads(source: str) -> None:
    facts = {"a": None, "b": True, "c": {"x": 1}, "d": [1], "e": {}}
    with pytest.raises(Invalid):
        render(source, facts, locale="en")


def test_a_field_named_like_a_method_is_the_field() -> None:
    shown = render(
        "{% for one in order.items %}{{ one.keys }}{% if not loop.last %},{% endif %}{% endfor %}",
        {"order": {"items": [{"keys": "a"}, {"keys": "b"}]}},
        locale="en",
    )
    assert shown == "a,b"


def test_what_is_missing_may_be_asked_for() -> None:
    source = (
        "{% if a.b.c %}no{% endif %}{{ a.b.c | default('none') }}{% for x in a.l %}no{% endfor %}"
    )
    assert render(source, {"a": {}}, locale="en") == "none"


def test_html_escapes_what_fields_hold() -> None:
    facts = {"a": "<b>&", "l": ["<i>"]}
    source = "<p>{{ a }} {{ l | join('<br>') }} {{ z | default('<u>') }}</p>"
    assert render_html(source, facts, locale="en") == "<p>&lt;b&gt;&amp; &lt;i&gt; &lt;u&gt;</p>"
    assert render("{{ a }}", facts, locale="en") == "<b>&"


def test_work_without_output_is_bounded() -> None:
    inner = "{% if a | upper | lower | title == 'x' %}y{% endif %}"
    with pytest.raises(Invalid, match="too much work"):
        render(
            "{% for i in items %}" + inner * 40 + "{% endfor %}",
            {"a": "b" * 1_000_000, "items": list(range(500_000))},
            locale="en",
        )


def test_long_lists_and_deep_facts_are_cut() -> None:
    deep: object = "x"
    for _ in range(5000):
        deep = {"a": deep}
    facts = {"items": list(range(500)), "deep": deep, "n": 10**5000}
    shown = render("{% for i in items %}.{% endfor %}", facts, locale="en")
    assert len(shown) == MAX_TURNS


FACTS = {"a": [1, {"b": "x" * 50_000}], "b": {"a": "1e99", "upper": None}}


@pytest.mark.fuzz
def test_no_template_hangs_or_crashes(fuzz_seconds: float) -> None:
    pieces = [
        *("{{", "}}", "{%", "%}", "if", "elif", "else", "for", "in", "endif", "endfor", "loop"),
        *("a", "b", ".", "|", "upper", "join", "plural", "money", "day", "default", "'", "[", "]"),
        *(
            "(",
            ")",
            "0",
            "9",
            " ",
            "==",
            "and",
            "not",
            "is",
            "defined",
            "{#",
            "#}",
            "-",
            "é",
            "\n",
        ),
    ]
    ends = time.monotonic() + fuzz_seconds

    @given(st.lists(st.sampled_from(pieces), max_size=40).map("".join))
    def attempt(source: str) -> None:
        with contextlib.suppress(Invalid):
            assert len(render(source, FACTS, locale="ru")) <= MAX_OUTPUT

    while time.monotonic() < ends:
        attempt()


def filled(filling: Filling, source: str, kind: Kind = "text") -> str:
    text = compiled(source, kind)
    return filling.seeing(text.looks).text(text)


def test_texts_of_one_reader_see_the_same_facts() -> None:
    facts = {"a": {"b": "one", "c": "two"}, "l": ["x"], "locale": "not the reader's"}
    filling = Filling(facts, locale="en")
    assert filled(filling, "{{ a.b }}") == "one"
    assert filled(filling, "{% if a %}{{ a.c }}{% endif %} {{ a.b }} {{ locale }}") == "two one en"
    assert filled(filling, "{{ a.c }} {{ l | join }}", "html") == "two x"
    with pytest.raises(Invalid):
        filled(filling, "{{ a.d }}")


def test_texts_that_are_seen_together_say_what_they_say_alone() -> None:
    sources = ("{{ a.b }}", "{{ a['c'] }}{% if l %}!{% endif %}", "{{ a | length }}", "plain")
    texts = [compiled(one, "text") for one in sources]
    looks = together(texts)
    assert looks == {"a": None, "l": None}
    assert together(texts[:2]) == {"a": ("b", "c"), "l": None}
    filling = Filling({"a": {"b": "one", "c": "two"}, "l": [1]}, locale="en").seeing(looks)
    assert [filling.text(one) for one in texts] == ["one", "two!", "2", "plain"]


@pytest.mark.parametrize("fields", [{}, {"a": {}}, {"a": None}, {"a": "x"}])
def test_what_is_known_and_was_not_given_is_empty(fields: Mapping[str, object]) -> None:
    filling = Filling(fields, locale="en", empty={"a": {"b": None, "l": []}, "z": {}})
    source = "{{ a.b | default('none') }} {% for one in a.l %}x{% endfor %}{{ a | length }}"
    assert filled(filling, "{{ a.b | default('none') }}") == "none"
    assert filled(filling, source) == "none 2"
    assert filled(filling, "{{ z | length }}") == "0"
    with pytest.raises(Invalid):
        filled(filling, "{{ a.b }}")


def test_what_comes_after_too_much_is_empty_in_every_text() -> None:
    filling = Filling({"much": list(range(50_000)), "a": {"b": "one"}}, locale="en")
    source = "{% for i in much %}.{% endfor %}{% if a %}{{ a.b }}{% endif %}"
    assert filled(filling, source) == "." * MAX_TURNS
    with pytest.raises(Invalid):
        filled(filling, "{{ a.b }}")


@pytest.mark.parametrize(
    ("source", "speaks"),
    [
        ("Hello {{ a }}", True),
        ("{% if a %}Hello{% endif %}!", True),
        ("{{ a }}", False),
        ("{% if a %}Hello{% endif %} ", False),
        ("{% for x in a %}Hello{% endfor %}", False),
    ],
)
def test_whether_something_is_said_whatever_the_fields_hold(source: str, *, speaks: bool) -> None:
    assert always_speaks(source) is speaks
