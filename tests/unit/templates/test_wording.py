"""From a template to words: whose language, which channel, what stands where nothing is known."""

from collections.abc import Mapping

import pytest

from hub.conversations.draft import Words
from hub.errors import Invalid
from hub.ports import Button
from hub.templates.message import Said
from hub.templates.pages import Page, bound
from hub.templates.spec import Template, check_template, parse
from hub.templates.wording import Reader, Wording, case_of, word

RU = Reader("ru-RU", "Europe/Moscow")


def template(locale: Mapping[str, object], **more: object) -> Template:
    return parse({"name": "t", "about": "order", "locales": {"ru": locale}, **more})


def test_a_channel_says_what_it_says_itself_and_the_rest_as_everywhere() -> None:
    made = template(
        {
            "text": "Заказ {{ order.external_id }}",
            "subject": "О заказе",
            "html": "<p>Заказ <b>{{ order.external_id }}</b></p>",
            "buttons": [{"label": "Да", "value": "yes"}],
            "channels": {
                "sms": {"text": "Коротко", "buttons": []},
                "email": {"subject": "Письмо\nо  заказе"},
            },
        }
    )
    wording = word(made, {"order": {"external_id": "<7>"}}, RU)
    everywhere = wording["telegram"]
    assert everywhere.text == "Заказ <7>"
    assert everywhere.html == "<p>Заказ <b>&lt;7&gt;</b></p>"
    assert everywhere.buttons == (Button("Да", "yes"),)
    assert wording["sms"] == Words("Коротко", "", "О заказе")
    assert wording["email"].subject == "Письмо о заказе"
    assert wording["email"].html == everywhere.html


def test_html_of_a_template_is_as_tame_as_an_operators() -> None:
    made = template({"text": "a", "html": '<p onclick="x()">a<script>b</script></p>'})
    assert word(made, {}, RU).everywhere.html == "<p>a</p>"


def test_what_is_known_to_be_empty_is_handled_as_the_template_says() -> None:
    made = template(
        {"text": "{{ order.number | default('б/н') }}{% for i in order.items %}x{% endfor %}"}
    )
    assert word(made, {"order": {"number": ""}}, RU).everywhere.text == "б/н"
    assert word(made, {}, RU).everywhere.text == "б/н"


def test_the_words_language_rules_dates_not_the_readers_other_one() -> None:
    made = template({"text": "{{ order.occurred_at | day }}"})
    german = word(made, {"order": {"occurred_at": "2026-05-05T11:30:00Z"}}, Reader("de", ""))
    assert german.locale == "ru"
    assert german.everywhere.text == "вторник, 5 мая"


def test_a_button_is_bound_to_what_can_be_answered() -> None:
    facts = {"appointment": {"answers": {"confirm": "appointment:confirm:ab:1"}}}
    assert bound("appointment.confirm", facts) == "appointment:confirm:ab:1"
    assert bound("appointment.move", facts) == "appointment.move"
    assert bound("yes", facts) == "yes"
    assert bound("order.confirm", {"order": {"answers": "x"}}) == "order.confirm"


def test_cases_choose_by_a_field() -> None:
    made = parse(
        {
            "name": "t",
            "about": "order",
            "cases": {"field": "order.status", "templates": {"sent": "order-shipped"}},
        }
    )
    assert case_of(made, {"order": {"status": "sent"}}) == "order-shipped"
    assert case_of(made, {"order": {"status": "lost"}}) is None
    assert case_of(made, {}) is None


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"name": "Bad Name", "locales": {"en": {"text": "a"}}}, "name"),
        ({"name": "a"}, "give words in at least one locale, or cases"),
        ({"name": "a", "locales": {"en": {"text": "  "}}}, "the text in en is empty"),
        ({"name": "a", "locales": {"english": {"text": "a"}}}, "locales"),
        ({"name": "a", "locales": {"en": {"text": "a", "tone": "b"}}}, "tone"),
        ({"name": "a", "about": "weather", "locales": {"en": {"text": "a"}}}, "about"),
        (
            {
                "name": "a",
                "locales": {"en": {"text": "a", "buttons": [{"label": "", "value": "b"}]}},
            },
            "label",
        ),
    ],
)
def test_what_is_no_template(document: dict[str, object], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        parse(document)


def test_every_wrong_place_is_told_at_once() -> None:
    made = template(
        {
            "text": "{{ order.nubmer }}",
            "subject": "{{ order.number }}",
            "buttons": [{"label": "{{ 1 + 1 }}", "value": "a"}],
            "channels": {"sms": {"text": "{% if %}"}},
        }
    )
    with pytest.raises(Invalid) as refused:
        check_template(made)
    assert set(refused.value.fields) == {
        "locales.ru.text",
        "locales.ru.subject",
        "locales.ru.buttons.0.label",
        "locales.ru.channels.sms.text",
    }
    assert "Did you mean `order.number`" in refused.value.fields["locales.ru.text"]


def test_a_draft_takes_the_words_of_the_channel_it_goes_by() -> None:
    made = template({"text": "Длинно", "channels": {"sms": {"text": "Коротко"}}})
    draft = Said("t", 3, "service", word(made, {}, RU)).draft(automatic=True)
    assert draft.text == draft.on("email").text == "Длинно"
    assert draft.on("sms").text == "Коротко"
    assert draft.automatic
    assert draft.data == {"template": {"name": "t", "version": 3}}


@pytest.mark.parametrize("channels", [{}, {"sms": {"text": "Коротко"}}])
def test_a_draft_of_ways_never_says_the_templates_name(channels: Mapping[str, object]) -> None:
    made = template({"text": "Длинно", "channels": channels})
    draft = Said("t", 3, "service", word(made, {}, RU)).draft_of_ways()
    assert draft.on("email").text == "Длинно"
    assert draft.on("sms").text == ("Коротко" if channels else "Длинно")


def test_one_page_says_to_each_reader_their_own() -> None:
    button = {"label": "Да", "value": "order.yes"}
    made = template({"text": "{{ order.number }}", "buttons": [button], "html": "<p>Заказ</p>"})
    page = Page(made, "ru")
    known: list[dict[str, object]] = [
        {"number": "1"},
        {"number": "2", "answers": {"yes": "bound"}},
        {"number": "3", "answers": {}},
    ]
    said = [Wording(page, {"order": one}, "").everywhere for one in known]
    assert [one.text for one in said] == ["1", "2", "3"]
    assert [one.buttons[0].value for one in said] == ["order.yes", "bound", "order.yes"]
    assert {one.html for one in said} == {"<p>Заказ</p>"}
