"""What an operator is written: the last word on each trouble, what to do, and where to look."""

import pytest

from hub.alerts.incidents import PATTERNS
from hub.alerts.letter import Line, trial, words_of, write
from hub.ids import new_id

LANGUAGES = ("en", "ru", "bg")
URL = "https://hub.example"


def line(kind: str = "inbox-down", subject: str = "Mail", *, over: bool = False) -> Line:
    return Line(new_id(), kind, subject, 3, over)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PATTERNS)
def test_every_trouble_has_its_words(language: str, kind: str) -> None:
    said = write([line(kind)], "Besedka", URL, language)
    assert said.subject.startswith("Besedka: ")
    assert said.text.count("\n\n") == 2
    assert "{" not in said.subject + said.text
    assert said.text.endswith(f"{URL}/#/problems")
    assert (kind in words_of(language)["over"]) is PATTERNS[kind].over


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_left_over(language: str) -> None:
    words = words_of(language)
    assert set(words["begun"]) == set(words["remedy"]) == set(PATTERNS)
    assert set(words["over"]) == {kind for kind, one in PATTERNS.items() if one.over}


def test_one_piece_of_news_is_the_subject() -> None:
    said = write([line(over=True)], "Besedka", URL, "en")
    assert said.subject == "Besedka: The inbox Mail is open again"
    assert "Nothing needs to be done" in said.text


def test_several_are_one_message_with_each_remedy_once() -> None:
    said = write([line(), line(subject="Bot"), line("stuck", "SMS")], "Besedka", URL, "en")
    assert said.subject == "Besedka: 3 things need a look"
    assert "- The inbox Mail is down\n- The inbox Bot is down\n- 3 messages" in said.text
    assert said.text.count("The settings of the inbox say why") == 1


def test_what_is_over_before_it_was_told_is_told_as_over() -> None:
    begun = line()
    past = Line(begun.alert_id, begun.kind, begun.subject, 1, over=True)
    said = write([begun, past], "Besedka", URL, "en")
    assert said.subject == "Besedka: The inbox Mail is open again"
    assert "is down" not in said.text


@pytest.mark.parametrize(
    ("locale", "word"), [("ru-RU", "Ящик"), ("bg", "Кутията"), ("de", "inbox"), ("", "inbox")]
)
def test_it_is_in_the_language_of_the_reader(locale: str, word: str) -> None:
    assert word in write([line()], "Besedka", URL, locale).text


def test_without_an_address_of_its_own_it_names_none() -> None:
    assert "problems" not in write([line()], "Besedka", "", "en").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_trial_says_what_it_is(language: str) -> None:
    said = trial("Besedka", language)
    assert said.subject == f"Besedka: {said.text}"


def test_a_name_with_braces_is_a_name() -> None:
    assert "{name}" in write([line(subject="{name}")], "Besedka", URL, "en").text
