"""One-word messages: which ask for silence, and what is answered in whose language."""

import pytest

from channels.sms.keywords import answer, keyword
from channels.sms.segments import count


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("STOP", "stop"), ("Stop.", "stop"), (" stop \n", "stop"), ("«Стоп!»", "stop"),
        ("СТОП", "stop"), ("отписаться", "stop"), ("Спри", "stop"), ("UNSUBSCRIBE", "stop"),
        ("ＳＴＯＰ", "stop"), ("start", "start"), ("Старт", "start"), ("Започни", "start"),
        ("HELP", "help"), ("помощь?", "help"), ("Помощ", "help"), ("инфо", "help"),
        ("Please stop by tomorrow", None), ("Stop it", None), ("стоп-кран", None),
        ("Отмена", None), ("да", None), ("yes", None), ("", None), ("!!!", None),
        ("stop" * 1000, None),
    ],
)  # fmt: skip
def test_only_the_word_alone_counts(text: str, asked: str | None) -> None:
    assert keyword(text) == asked


@pytest.mark.parametrize(
    ("text", "region", "words"),
    [
        ("STOP", "BG", "no more messages"),
        ("стоп", "BG", "няма да получавате"),
        ("стоп", "RU", "больше не будет"),
        ("спри", "RU", "няма да получавате"),
        ("отписка", "BG", "больше не будет"),
    ],
)
def test_the_answer_speaks_the_language_of_the_word(text: str, region: str, words: str) -> None:
    said = answer("stop", text, "Optika", region)
    assert words in said
    assert said.startswith("Optika: ")


@pytest.mark.parametrize("asked", ["stop", "start", "help"])
@pytest.mark.parametrize("text", ["stop", "отписка", "спри"])
def test_an_answer_costs_at_most_two_segments(asked: str, text: str) -> None:
    assert count(answer(asked, text, "Optika Sofia", "")).segments <= 2  # type: ignore[arg-type]
