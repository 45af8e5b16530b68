"""The words a visitor reads: complete in every language; and which language that is."""

import json
import re
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale

from channels.webchat.language import choose, languages, preferred

FOLDER = Path(__file__).parents[4] / "channels/webchat/words"
LOCALES = sorted(file.stem for file in FOLDER.glob("*.json"))
ENGLISH = json.loads((FOLDER / "en.json").read_text("utf-8"))
LETTERS = {"ru": re.compile("[а-яё]", re.IGNORECASE), "bg": re.compile("[а-я]", re.IGNORECASE)}


def texts(words: object) -> list[str]:
    return list(words.values()) if isinstance(words, dict) else [str(words)]


def places(words: object) -> set[tuple[str, ...]]:
    """The placeholders of each form: one set for all of them, when they agree."""
    return {
        tuple(sorted(name for _, name, _, _ in Formatter().parse(text) if name))
        for text in texts(words)
    }


def test_there_are_the_three_languages_of_the_hub():
    assert LOCALES == ["bg", "en", "ru"] == sorted(languages())


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_says_the_same_things(locale: str):
    words = json.loads((FOLDER / f"{locale}.json").read_text("utf-8"))
    assert list(words) == list(ENGLISH)
    for key, english in ENGLISH.items():
        assert isinstance(words[key], dict) == isinstance(english, dict), key
        assert places(words[key]) == places(english), key
        assert all(text.strip() == text != "" for text in texts(words[key])), key


@pytest.mark.parametrize("locale", LOCALES)
def test_plurals_are_those_of_the_language(locale: str):
    rules = Locale(locale).plural_form
    categories = {str(form) for form in rules.rules} | {"other"}
    for key, words in languages()[locale].words.items():
        assert isinstance(words, str) or set(words) == categories, key


@pytest.mark.parametrize("locale", sorted(LETTERS))
def test_nothing_is_left_in_english(locale: str):
    for key, words in languages()[locale].words.items():
        for text in texts(words):
            assert LETTERS[locale].search(text), key
            assert not re.search(r"[a-z]{2,}", re.sub(r"\{\w+\}", "", text)), key


@pytest.mark.parametrize(
    ("asked", "accepted", "chosen"),
    [
        ("", "", "en"),
        ("bg", "ru", "bg"),
        ("bg-BG", "", "bg"),
        ("BG_bg", "", "bg"),
        ("de", "ru", "ru"),
        ("", "de, ru;q=0.3, bg;q=0.7", "bg"),
        ("", "ru;q=0, bg;q=0.1", "bg"),
        ("", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("", "*", "en"),
        ("../../etc/passwd", "x" * 100_000, "en"),
        ("", "ru;q=x, bg;q=²", "en"),
        ("", ",;q=1,,;;", "en"),
    ],
)
def test_the_language_asked_for_or_the_browsers_or_english(asked: str, accepted: str, chosen: str):
    assert choose(asked, accepted).locale == chosen


def test_equal_wishes_keep_their_order():
    assert preferred("b, a, c;q=0.5, d") == ["b", "a", "d", "c"]


def test_what_is_read_leftwards():
    assert {one.dir for one in languages().values()} == {"ltr"}
