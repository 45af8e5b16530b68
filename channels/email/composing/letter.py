"""What a mail says, plain and as HTML: the words, the signature, what is quoted, the way out."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from babel import Locale
from babel.dates import format_date
from jinja2 import Environment, Template

from channels.email.composing import rich
from hub.ports import OutboundMessage, Quoted

_HOME = "channels.email.composing"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every mail of an inbox has: the company's name, and its signature in plain text."""

    name: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A mail's two versions of the same."""

    plain: str
    html: str


def subject_of(message: OutboundMessage, head: Letterhead) -> str:
    """Its subject; a mail without one is taken for spam, so it says who writes."""
    return message.subject or _words(message.locale)["subject"].format(name=head.name)


def words_of(message: OutboundMessage, head: Letterhead, pictures: Collection[str]) -> Words:
    """The bodies. `pictures`: content ids of the images that go along to be shown."""
    said = _words(message.locale)
    attribution = _attribution(message.quoted, said, message.locale)
    plain = [message.text.strip("\n")]
    if head.signature:
        plain.append(f"-- \n{head.signature.strip()}")
    if message.unsubscribe_url:
        plain.append(f"{said['unsubscribe']}: {message.unsubscribe_url}")
    if message.quoted:
        plain.append(f"{attribution}\n{_marked(message.quoted.text)}")
    return Words("\n\n".join(plain) + "\n", _page(message, head, said, attribution, pictures))


def _page(
    message: OutboundMessage,
    head: Letterhead,
    said: Mapping[str, str],
    attribution: str,
    pictures: Collection[str],
) -> str:
    body = (
        rich.from_html(message.html, pictures, button=message.automatic)
        if message.html
        else rich.from_text(message.text)
    )
    return _layout().render(
        lang=_language(message.locale),
        subject=subject_of(message, head),
        # A person's answer looks like one; what a machine sends says whose it is.
        company=head.name if message.automatic else "",
        # The three that the layout takes as HTML: cleaned by the hub, or escaped by `rich`.
        body=body,
        signature=rich.lines(head.signature.strip()),
        unsubscribe=said["unsubscribe"],
        unsubscribe_url=message.unsubscribe_url,
        attribution=attribution,
        quoted=rich.lines(message.quoted.text.strip()) if message.quoted else "",
    )


def _attribution(quoted: Quoted | None, said: Mapping[str, str], locale: str) -> str:
    if quoted is None:
        return ""
    # The day alone: an hour would be wrong in one of the two time zones.
    date = format_date(quoted.at, format="long", locale=Locale.parse(_language(locale)))
    author = " ".join(quoted.author.split())[:100]
    return said["wrote" if author else "wrote_nameless"].format(date=date, author=author)


def _marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _words(locale: str) -> Mapping[str, str]:
    return _all_words()[_language(locale)]


def _language(locale: str) -> str:
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in _all_words() else "en"


@lru_cache(maxsize=1)
def _all_words() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = json.loads(_read("letter_words.json"))
    return found


@lru_cache(maxsize=1)
def _layout() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_read("layout.html.j2"))


def _read(name: str) -> str:
    return files(_HOME).joinpath(name).read_text(encoding="utf-8")
