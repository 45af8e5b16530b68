"""Everything there is at the provider: the bot, people, chats, their messages, files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from channels.telegram.twin.journal import Entry, Journal
from channels.telegram.twin.refusals import bad_request
from channels.telegram.twin.shelf import Shelf

Message = dict[str, Any]
"""As the Bot API shows it to the bot."""

_FIRST_MESSAGE = 100


@dataclass(slots=True)
class Person:
    """Somebody with the app. `started` once they wrote to the bot, which may not write first."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    phone: str = ""
    started: bool = False
    blocked: bool = False

    def user(self) -> dict[str, Any]:
        """As a `User`."""
        shown: dict[str, Any] = {
            "id": self.id,
            "is_bot": False,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "username": self.username,
            "language_code": self.language_code,
        }
        return {name: value for name, value in shown.items() if value != ""}

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class Chat:
    """`kind` is private, group, supergroup or channel; `moved_to` after a migration."""

    id: int
    kind: str
    title: str = ""
    moved_to: int = 0
    kicked: bool = False


@dataclass(slots=True)
class Stored:
    """A message, and what its `Message` does not tell."""

    message: Message
    outgoing: bool
    deleted: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """By whom (`bot` or a person's id): the emoji."""

    @property
    def chat_id(self) -> int:
        return int(self.message["chat"]["id"])

    @property
    def id(self) -> int:
        return int(self.message["message_id"])


Listener = Callable[[str, int, int], None]
"""Told of what changed: a kind (message, person, chat), the chat and the message."""


class World:
    """Kept under `folder`; every change goes through `put`."""

    def __init__(self, folder: Path, bot: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.messages: dict[int, dict[int, Stored]] = {}
        self.facts: dict[str, Any] = {"bot": dict(bot)}
        self.files = Shelf(folder / "files")
        self.listeners: list[Listener] = []
        self._journal = Journal(folder / "journal.jsonl")
        for entry in self._journal.entries():
            self._take(*entry)
        self._journal.begin(self._entries())

    def close(self) -> None:
        self._journal.close()

    @property
    def bot(self) -> dict[str, Any]:
        """The bot as a `User`."""
        user: dict[str, Any] = self.facts["bot"]
        return user

    def remember(self, name: str, fact: object) -> None:
        """A fact of the bot: its webhook, its commands, its numbers."""
        self.facts[name] = fact
        self._journal.write("fact", name, fact)

    def forget(self, name: str) -> None:
        if self.facts.pop(name, None) is not None:
            self._journal.write("fact", name, None)

    def put(self, one: Person | Chat | Stored) -> None:
        """Keep something new or changed, and tell who listens."""
        kind, key = _key(one)
        # Not asdict: it copies deeply, which takes longer than all the rest of a send.
        value = {name: getattr(one, name) for name in one.__dataclass_fields__}
        self._take(kind, key, one if isinstance(one, Stored) else value)
        self._journal.write(kind, key, value)
        where = (one.chat_id, one.id) if isinstance(one, Stored) else (one.id, 0)
        for listener in self.listeners:
            listener(kind, *where)

    def put_file(self, facts: Mapping[str, Any]) -> None:
        self.files.take(facts)
        self._journal.write("file", str(facts["file_id"]), dict(facts))

    def person(self, number: int) -> Person:
        """Raises Refused for a stranger."""
        known = self.people.get(number)
        if known is None:
            raise bad_request("chat not found")
        return known

    def stored(self, chat_id: int, message_id: int) -> Stored | None:
        """A message that was not deleted."""
        found = self.messages.get(chat_id, {}).get(message_id)
        return found if found is not None and not found.deleted else None

    def next_message_id(self, chat: Chat) -> int:
        """Private chats and groups share the bot's own numbers; others number by themselves."""
        own = chat.kind in ("supergroup", "channel")
        name = f"last_message_{chat.id}" if own else "last_message"
        number = int(self.facts.get(name, _FIRST_MESSAGE)) + 1
        self.remember(name, number)
        return number

    def chat_view(self, chat_id: int) -> dict[str, Any]:
        """As a `Chat` in a message."""
        if person := self.people.get(chat_id):
            user = person.user()
            names = ("first_name", "last_name", "username")
            return {"id": chat_id, "type": "private"} | {n: user[n] for n in names if n in user}
        chat = self.chats[chat_id]
        return {"id": chat_id, "type": chat.kind, "title": chat.title}

    def _take(self, kind: str, key: str, value: Any) -> None:  # noqa: ANN401 - as JSON gave it
        match kind:
            case "person":
                self.people[int(key)] = Person(**value)
                self.chats.setdefault(int(key), Chat(int(key), "private"))
            case "chat":
                self.chats[int(key)] = Chat(**value)
            case "message":
                stored = value if isinstance(value, Stored) else Stored(**value)
                self.messages.setdefault(stored.chat_id, {})[stored.id] = stored
            case "file":
                self.files.take(value)
            case _ if value is None:
                self.facts.pop(key, None)
            case _:
                self.facts[key] = value

    def _entries(self) -> Iterator[Entry]:
        for name, fact in self.facts.items():
            yield "fact", name, fact
        for facts in self.files.all():
            yield "file", facts["file_id"], facts
        kept: list[Person | Chat] = [*self.people.values(), *self.chats.values()]
        for one in kept:
            yield *_key(one), asdict(one)
        for chat in self.messages.values():
            for stored in chat.values():
                yield *_key(stored), asdict(stored)


def _key(one: Person | Chat | Stored) -> tuple[str, str]:
    if isinstance(one, Stored):
        return "message", f"{one.chat_id}/{one.id}"
    return ("person" if isinstance(one, Person) else "chat"), str(one.id)
