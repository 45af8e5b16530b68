"""What the mail says that a chat goes on by: the unread words, and that answering it is enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, StrictUndefined, Template

from hub import resources
from hub.conversations import rich_text
from hub.conversations.outbound.unread_chat import Mail

DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class ChatLetter:
    """`html` as `rich_text.safe` leaves it, and the same in plain words."""

    subject: str
    text: str
    html: str


def write(mail: Mail, company: str, locale: str) -> ChatLetter:
    """The mail about a chat with `company` (the name of the chat's inbox)."""
    words: Mapping[str, Mapping[str, str]] = resources.words("mail", "words.yaml")
    said = words.get(locale.partition("-")[0].lower(), words[DEFAULT])
    drawn = _template().render(t=said, company=company, messages=mail.messages, more=mail.more)
    html = rich_text.safe(drawn)
    return ChatLetter(said["subject"].format(name=company), rich_text.as_text(html), html)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = resources.path("templates") / "mail" / "chat-unread.html.j2"
    return environment.from_string(source.read_text(encoding="utf-8"))
