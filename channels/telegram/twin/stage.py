"""Who acts, where, and how what they do becomes a message or an update for the bot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from channels.telegram.twin import replies
from channels.telegram.twin.updates import Updates
from channels.telegram.twin.world import Chat, Message, Person, Stored, World

Act = Mapping[str, Any]
POSTS = {"group": "message", "supergroup": "message", "channel": "channel_post"}
"""The kind of update that a message makes, where it is not `message`."""


@dataclass(frozen=True, slots=True)
class Stage:
    world: World
    updates: Updates
    clock: Callable[[], float]

    def person(self, act: Act) -> Person:
        """Who acts; somebody new is made. Raises ValueError without a number."""
        who = str(act.get("who", ""))
        if not who.isdecimal():
            raise ValueError(f"`who` is a Telegram user's number, not {who!r}.")
        known = self.world.people.get(int(who))
        if known is None:
            known = self._newcomer(int(who), act)
            self.world.put(known)
        return known

    def _newcomer(self, number: int, act: Act) -> Person:
        first, _, last = str(act.get("name") or f"Guest {number % 1000}").partition(" ")
        return Person(
            number,
            first,
            last,
            username=str(act.get("username", "")),
            language_code=str(act.get("locale") or "en")[:2],
            phone=str(act.get("phone", "")),
        )

    def chat(self, act: Act, person: Person) -> Chat:
        named = act.get("chat")
        if named is None:
            return self.world.chats[person.id]
        facts: Mapping[str, Any] = named if isinstance(named, Mapping) else {"id": named}
        known = self.world.chats.get(int(facts["id"]))
        if known is None:
            title, kind = str(facts.get("title", "Neighbours")), str(facts.get("kind", "group"))
            known = Chat(int(facts["id"]), kind, title)
            self.world.put(known)
        return known

    def at(self, act: Act) -> int:
        at = act.get("at")
        return int(at.timestamp()) if isinstance(at, datetime) else int(self.clock())

    def say(self, act: Act, fields: Mapping[str, Any]) -> Stored:
        """A message to the bot, and its update."""
        person = self.person(act)
        chat = self.chat(act, person)
        self._wake(person, chat)
        message: Message = {
            "message_id": self.world.next_message_id(chat),
            "chat": self.world.chat_view(chat.id),
            "date": self.at(act),
            **self._reply(act, chat),
            **fields,
            **(act.get("fields") or {}),
        }
        if chat.kind == "channel":
            message["sender_chat"] = message["chat"]
        else:
            message["from"] = person.user()
        stored = Stored(message, outgoing=False)
        self.world.put(stored)
        self.updates.add(POSTS.get(chat.kind, "message"), message, queue=chat.id)
        return stored

    def _wake(self, person: Person, chat: Chat) -> None:
        """Who writes in private may be written to; who had blocked the bot no longer does."""
        if chat.kind != "private":
            return
        if person.blocked:
            self.set_blocked(person, blocked=False)
        if not person.started:
            self.world.put(replace(self.world.people[person.id], started=True))

    def _reply(self, act: Act, chat: Chat) -> dict[str, Any]:
        wanted = act.get("reply")
        if not wanted:
            return {}
        if isinstance(wanted, bool):
            stored = self.newest(chat, lambda one: one.outgoing)
        else:
            stored = self.stored(chat, int(wanted))
        quote = replies.quote(stored, str(act["quote"])) if act.get("quote") else {}
        return replies.shown(stored) | quote

    def newest(self, chat: Chat, fits: Callable[[Stored], bool]) -> Stored:
        for one in reversed(self.world.messages.get(chat.id, {}).values()):
            if not one.deleted and fits(one):
                return one
        raise ValueError("There is no such message in this chat.")

    def stored(self, chat: Chat, number: int) -> Stored:
        stored = self.world.stored(chat.id, number)
        if stored is None:
            raise ValueError(f"There is no message {number} in this chat.")
        return stored

    def meant(self, act: Act, chat: Chat, fits: Callable[[Stored], bool]) -> Stored:
        number = act.get("message")
        return self.stored(chat, int(number)) if number else self.newest(chat, fits)

    def set_blocked(self, person: Person, *, blocked: bool) -> None:
        if person.blocked == blocked:
            return
        self.world.put(replace(person, blocked=blocked))
        states = ("member", "kicked") if blocked else ("kicked", "member")
        self.membership(self.world.chat_view(person.id), person, states)

    def membership(self, chat: Mapping[str, Any], person: Person, states: tuple[str, str]) -> None:
        old, new = (_member(self.world.bot, state) for state in states)
        body = {
            "chat": chat,
            "from": person.user(),
            "date": int(self.clock()),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        self.updates.add("my_chat_member", body, queue=int(chat["id"]))


def _member(bot: Mapping[str, Any], state: str) -> dict[str, Any]:
    until = {"until_date": 0} if state == "kicked" else {}
    return {"user": bot, "status": state, **until}
