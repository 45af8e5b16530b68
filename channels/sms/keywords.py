"""Which one-word messages ask for silence, take that back or ask for help, and what is answered.

Only a message that is nothing but the word: "Please stop by tomorrow" asks for no silence. Words
that customers use for their appointments (отмена, да, yes) are none here.
"""

import unicodedata
from typing import Literal

Keyword = Literal["stop", "start", "help"]
Language = Literal["en", "ru", "bg"]

# The English ones are those of the CTIA's handbook and of Twilio's default handling.
ENGLISH: dict[Keyword, frozenset[str]] = {
    "stop": frozenset(
        ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"]
    ),
    "start": frozenset(["start", "unstop"]),
    "help": frozenset(["help", "info"]),
}
_RUSSIAN: dict[Keyword, frozenset[str]] = {
    "stop": frozenset(["стоп", "отписаться", "отписка", "отпишите", "отпиши"]),
    "start": frozenset(["старт", "подписаться", "подписка", "возобновить"]),
    "help": frozenset(["помощь", "справка", "инфо"]),
}
_BULGARIAN: dict[Keyword, frozenset[str]] = {
    "stop": frozenset(["стоп", "спри", "спрете", "отписване", "отпиши"]),
    "start": frozenset(["старт", "започни", "абониране"]),
    "help": frozenset(["помощ", "инфо"]),
}

_ANSWERS: dict[tuple[Language, Keyword], str] = {
    ("en", "stop"): "{name}: you will get no more messages. Reply START to get them again.",
    ("en", "start"): "{name}: you will get our messages again. Reply STOP to end them.",
    ("en", "help"): "{name}: write here and a person will answer. Reply STOP to end messages.",
    ("ru", "stop"): "{name}: сообщений больше не будет. Ответьте СТАРТ, чтобы вернуть их.",
    ("ru", "start"): "{name}: сообщения снова будут приходить. Ответьте СТОП, чтобы отписаться.",
    ("ru", "help"): "{name}: напишите сюда, ответит человек. СТОП - отписаться.",
    ("bg", "stop"): "{name}: няма да получавате повече съобщения. Отговорете СТАРТ за отмяна.",
    ("bg", "start"): "{name}: отново ще получавате съобщения. Отговорете СТОП за отказ.",
    ("bg", "help"): "{name}: пишете тук и ще Ви отговори човек. СТОП - отказ.",
}


def keyword(text: str) -> Keyword | None:
    """What the message asks for, if it is one of the words and nothing else."""
    word = _word(text)
    for words in (ENGLISH, _RUSSIAN, _BULGARIAN):
        for meaning, spellings in words.items():
            if word in spellings:
                return meaning
    return None


def is_english(text: str) -> bool:
    """Whether the message is one of the English words: those a provider may know itself."""
    return any(_word(text) in spellings for spellings in ENGLISH.values())


def answer(asked: Keyword, text: str, name: str, region: str) -> str:
    """The one message that may follow, in the language of the word, in the inbox's name."""
    return _ANSWERS[_language(text, region), asked].format(name=name)


def _language(text: str, region: str) -> Language:
    word = _word(text)
    russian = any(word in spellings for spellings in _RUSSIAN.values())
    bulgarian = any(word in spellings for spellings in _BULGARIAN.values())
    if russian and bulgarian:
        return "bg" if region == "BG" else "ru"
    if bulgarian:
        return "bg"
    return "ru" if russian else "en"


def _word(text: str) -> str:
    """The text without what people put around a word; nothing when it is more than one."""
    if len(text) > 40:
        return ""
    bare = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").strip()
    while bare and not bare[0].isalnum():
        bare = bare[1:]
    while bare and not bare[-1].isalnum():
        bare = bare[:-1]
    return bare
