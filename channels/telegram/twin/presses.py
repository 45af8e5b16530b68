"""Pressed buttons that wait for the bot's word: answerCallbackQuery."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from channels.telegram.twin.calls import Call
from channels.telegram.twin.refusals import bad_request
from channels.telegram.twin.updates import Updates
from channels.telegram.twin.world import Person, Stored, World

_PATIENCE = 15 * 60.0
"""Seconds after which an answer comes too late."""
_LONGEST = 200


@dataclass(eq=False)
class Presses:
    """`told` hears the answers: the chat, the text, and whether it asks to be closed."""

    world: World
    updates: Updates
    clock: Callable[[], float]
    told: Callable[[int, str, bool], None]
    waiting: dict[str, tuple[float, int]] = field(default_factory=dict)
    answers: list[Mapping[str, Any]] = field(default_factory=list)

    def press(self, person: Person, stored: Stored, data: str) -> str:
        """A person presses a button; the id of the callback query."""
        number = str(secrets.randbits(62))
        self.waiting[number] = (self.clock(), stored.chat_id)
        query = {
            "id": number,
            "from": person.user(),
            "chat_instance": str(stored.chat_id * 7919),
            "message": stored.message,
            "data": data,
        }
        self.updates.add("callback_query", query, queue=stored.chat_id)
        return number

    def answer(self, call: Call) -> bool:
        since, chat_id = self.waiting.pop(call.text("callback_query_id"), (-_PATIENCE, 0))
        if not chat_id or self.clock() - since > _PATIENCE:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        if len(call.text("text")) > _LONGEST:
            raise bad_request("MESSAGE_TOO_LONG")
        self.answers.append({"chat_id": chat_id, **call.arguments})
        self.told(chat_id, call.text("text"), call.flag("show_alert"))
        return True
