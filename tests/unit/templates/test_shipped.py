"""The shipped texts: every one, in every language, on every channel, with all facts and the least.

Also that they read like a person wrote them: short, named, without a trace of the machine.
"""

import re
from datetime import UTC, datetime
from itertools import product

import pytest

from channels.email.composing.letter import Letterhead, subject_of, words_of
from channels.sms.segments import count
from hub.inboxes.registry import Registry
from hub.rules import fields as of_rules
from hub.templates import samples
from hub.templates.fields import CATALOGUE, About
from hub.templates.preview import preview
from hub.templates.shipped import shipped
from hub.templates.spec import check_template
from hub.templates.wording import Reader, Wording, word
from tests.unit.templates.mail import mail_of

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LOCALES = ("en", "ru", "bg")
CHANNELS = ("email", "sms", "telegram", "webchat")
WORDED = sorted(name for name, one in shipped().items() if one.cases is None)
TRACES = re.compile(r"None|Undefined|\{\{|\{%|\}\}|\[\]|  | ,| \.|\(\)|, *!|T\d\d:\d\d")


def said(name: str, locale: str, *, full: bool = True) -> Wording:
    template = shipped()[name]
    make = samples.full if full else lambda about, _, now: samples.minimal(about, now)
    facts = make(template.about, locale, NOW)
    return word(template, facts, Reader(locale, samples.sample_zone(locale)))


@pytest.mark.parametrize("name", sorted(shipped()))
def test_it_passes_what_every_template_has_to_pass(name: str) -> None:
    check_template(shipped()[name])


@pytest.mark.parametrize(("name", "locale", "full"), [*product(WORDED, LOCALES, (True, False))])
def test_it_reads_well_on_every_channel(name: str, locale: str, *, full: bool) -> None:
    wording = said(name, locale, full=full)
    assert wording.locale == locale
    for channel in CHANNELS:
        words = wording[channel]
        for one in (words.text, words.subject, *(button.label for button in words.buttons)):
            assert not TRACES.search(one), (channel, one)
        assert 10 < len(words.text) < 400, (channel, words.text)
        assert all(len(button.label) <= 20 for button in words.buttons)


@pytest.mark.parametrize("name", WORDED)
def test_an_english_text_message_costs_no_more_than_its_letters(name: str) -> None:
    assert count(said(name, "en")["sms"].text).encoding == "gsm7"


@pytest.mark.parametrize(("name", "locale"), [*product(WORDED, LOCALES)])
def test_a_mail_names_what_it_is_about_and_says_the_same_twice(name: str, locale: str) -> None:
    wording = said(name, locale)
    words, about = wording["email"], shipped()[name].about
    message = mail_of(words, locale)
    head = Letterhead("Фикус")
    mail = words_of(message, head, ())
    subject = subject_of(message, head)
    assert 5 < len(subject) <= 70
    assert "Фикус" in mail.html
    if about == "order":
        assert "1043" in subject
        assert "1043" in mail.plain
        assert "1043" in mail.html
    if about == "appointment":
        assert re.search(r"\d:\d\d", subject)
    if name == "order-shipped":
        assert "https://example.com/track/1043" in mail.plain
        assert 'href="https://example.com/track/1043"' in mail.html
        assert "background:" in mail.html, "the one link is a button"


@pytest.mark.parametrize(("name", "locale"), [*product(WORDED, LOCALES)])
def test_a_text_message_is_short(name: str, locale: str) -> None:
    assert count(said(name, locale)["sms"].text).segments <= 2


def test_russian_and_bulgarian_are_written_in_their_letters_and_politely() -> None:
    for name, locale in product(WORDED, ("ru", "bg")):
        text = said(name, locale, full=False).everywhere.text
        letters = [one for one in text if one.isalpha()]
        cyrillic = sum("\u0400" <= one <= "\u04ff" for one in letters)
        assert cyrillic > 0.9 * len(letters), text
        assert not re.search(r"\b(ты|тебе|тебя|твой|твоя|твоё|ти|теб|твоя)\b", text.lower()), text


def test_each_order_status_has_its_text_and_others_say_nothing() -> None:
    cases = shipped()["order-status"].cases
    assert cases is not None
    assert set(cases.templates) == {
        *("confirmed", "packed", "shipped", "out_for_delivery", "delivered", "delayed"),
        "cancelled",
    }
    assert set(cases.templates.values()) == {name for name in WORDED if name.startswith("order-")}


def test_reminders_and_the_rating_can_be_answered() -> None:
    for name in ("appointment-reminder-day", "appointment-reminder-hours"):
        values = [one.value for one in said(name, "ru").everywhere.buttons]
        assert values == ["appointment.confirm", "appointment.move", "appointment.cancel"]
    rated = [one.value for one in said("satisfaction", "en").everywhere.buttons]
    assert rated == [f"conversation.{number}" for number in range(1, 6)]


@pytest.mark.parametrize("name", WORDED)
def test_every_language_offers_the_same(name: str) -> None:
    template = shipped()[name]
    assert set(template.locales) == set(LOCALES)
    assert template.description
    shapes = {
        (tuple(one.channels), tuple(button.value for button in one.buttons or ()))
        for one in template.locales.values()
    }
    assert len(shapes) == 1


def test_the_preview_shows_each_installed_channel_as_it_would_arrive() -> None:
    template = shipped()["appointment-reminder-day"]
    facts = samples.full("appointment", "ru", NOW)
    shown = preview(
        template, facts, Reader("ru", "Europe/Moscow"), Registry.load(), {"email": "Ф"}
    )
    by_channel = {one["channel"]: one for one in shown["channels"]}
    assert set(by_channel) >= set(CHANNELS)
    assert by_channel["sms"]["encoding"] == "ucs2"
    assert by_channel["sms"]["segments"] == 2
    assert by_channel["sms"]["buttons"] == []
    assert "<!doctype html>" in by_channel["email"]["page"]
    assert by_channel["telegram"]["buttons"][0]["label"] == "Приду"
    assert by_channel["telegram"]["page"] == ""
    assert shown["fault"] == ""


@pytest.mark.parametrize("name", ["appointment-reminder-day", "appointment-reminder-confirmed"])
@pytest.mark.parametrize("locale", LOCALES)
def test_the_preview_shows_what_a_rule_that_joins_would_send(name: str, locale: str) -> None:
    template, reader = shipped()[name], Reader(locale, samples.sample_zone(locale))
    facts = samples.joined(samples.full("appointment", locale, NOW), "appointment")
    shown = preview(template, facts, reader, Registry.load(), {})
    assert shown["joins"]
    alone = said(name, locale)
    for one in shown["channels"]:
        assert len(one["text"]) > len(alone[one["channel"]].text), one["channel"]
    assert not preview(shipped()["away"], facts, reader, Registry.load(), {})["joins"]


def test_a_second_object_is_two_hours_later_and_needs_no_time() -> None:
    least = samples.minimal("order", NOW)
    second = samples.joined(least, "order")["order"]["others"]
    assert isinstance(second, list)
    assert (second[0]["number"], second[0]["starts_at"]) == ("1043-2", None)
    facts = samples.full("appointment", "en", NOW)
    later = samples.joined(facts, "appointment")["appointment"]["others"]
    assert isinstance(later, list)
    assert later[0]["starts_at"] == "2026-05-05T13:30:00.000000Z"


NOT_SAID = re.compile(
    r".+\.(version|revision|assignee|team|inbox|channels|close_reason|open_conversations|author|last_inbound_at)|"
    r"message\.(direction|status|button|files|automatic)"
)
"""What rules may look at and no customer is told."""


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_the_fields_of_templates_and_of_rules_are_the_same_words(kind: About) -> None:
    ruled = {path.removesuffix(".*") for path in {**of_rules.CUSTOMER, **of_rules.OBJECTS[kind]}}
    assert {path for path in ruled if not NOT_SAID.fullmatch(path)} <= set(CATALOGUE[kind])
