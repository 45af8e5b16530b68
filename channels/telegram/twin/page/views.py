"""What the page is told: people, chats and messages as it draws them."""

from collections.abc import Mapping
from typing import Any

from channels.telegram.twin.world import Person, Stored, World

_MOST = 200
"""Messages of a chat that a page gets when it opens."""


def snapshot(world: World) -> dict[str, Any]:
    """All that a page that just opened needs."""
    messages = [
        _message(stored)
        for chat in world.messages.values()
        for stored in list(chat.values())[-_MOST:]
        if not stored.deleted
    ]
    return {
        "type": "all",
        "bot": world.bot,
        "commands": world.facts.get("commands", []),
        "chats": [_chat(world, number) for number in world.chats],
        "messages": messages,
    }


def view(world: World, kind: str, chat_id: int, message_id: int) -> dict[str, Any]:
    """What changed: a message (perhaps gone now) or a chat with the person in it."""
    if kind != "message":
        return {"type": "chat", **_chat(world, chat_id)}
    stored = world.messages[chat_id][message_id]
    if stored.deleted:
        return {"type": "deleted", "chat": chat_id, "id": message_id}
    return {"type": "message", **_message(stored)}


def _chat(world: World, number: int) -> dict[str, Any]:
    chat, person = world.chats[number], world.people.get(number)
    shown: dict[str, Any] = {"id": number, "kind": chat.kind, "title": chat.title}
    return shown | (_person(person) if person else {})


def _person(person: Person) -> dict[str, Any]:
    return {
        "title": person.name,
        "username": person.username,
        "language": person.language_code,
        "blocked": person.blocked,
        "started": person.started,
    }


def _message(stored: Stored) -> dict[str, Any]:
    message: Mapping[str, Any] = stored.message
    reactions = [
        {"by": by, "emoji": emoji} for by, chosen in stored.reactions.items() for emoji in chosen
    ]
    return {
        "chat": stored.chat_id,
        "id": stored.id,
        "outgoing": stored.outgoing,
        "reactions": reactions,
        "message": message,
    }
