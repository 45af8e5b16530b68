"""What the bot asks and says about itself, its chats and files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.telegram.twin import chats
from channels.telegram.twin.calls import Call
from channels.telegram.twin.presses import Presses
from channels.telegram.twin.refusals import bad_request
from channels.telegram.twin.sending import Method
from channels.telegram.twin.shelf import LARGEST_DOWNLOAD
from channels.telegram.twin.world import World

_MOST_COMMANDS = 100
_TEXTS = {
    "Name": ("name", 64),
    "Description": ("description", 512),
    "ShortDescription": ("short_description", 120),
}


@dataclass(frozen=True, slots=True)
class About:
    world: World
    presses: Presses
    close: Callable[[str], None]
    """Called with `logOut` or `close`."""

    def methods(self) -> dict[str, Method]:
        return {
            "getMe": lambda _: self.world.bot,
            "getChat": self._chat,
            "getChatMember": self._member,
            "getChatMemberCount": self._count,
            "getUserProfilePhotos": lambda _: {"total_count": 0, "photos": []},
            "getFile": self._file,
            "answerCallbackQuery": self.presses.answer,
            "setMyCommands": self._set_commands,
            "getMyCommands": lambda call: self.world.facts.get(_scope(call), []),
            "deleteMyCommands": self._delete_commands,
            "leaveChat": self._leave,
            "logOut": lambda _: self._end("logOut"),
            "close": lambda _: self._end("close"),
            "setChatMenuButton": lambda _: True,
            "getChatMenuButton": lambda _: {"type": "commands"},
            "pinChatMessage": self._pin,
            "unpinChatMessage": lambda _: True,
            "unpinAllChatMessages": lambda _: True,
            **{f"setMy{name}": self._set_text for name in _TEXTS},
            **{f"getMy{name}": self._get_text for name in _TEXTS},
        }

    def _end(self, how: str) -> bool:
        self.close(how)
        return True

    def _chat(self, call: Call) -> dict[str, Any]:
        chat = chats.known(self.world, call)
        more = {"accent_color_id": 3, "max_reaction_count": 11, "accepted_gift_types": _GIFTS}
        return self.world.chat_view(chat.id) | more

    def _member(self, call: Call) -> dict[str, Any]:
        chats.known(self.world, call)
        number = call.number("user_id", 0, 0, 2**52)
        if number == self.world.bot["id"]:
            return {"status": "member", "user": self.world.bot}
        person = self.world.people.get(number)
        if person is None:
            raise bad_request("PARTICIPANT_ID_INVALID" if number else "Invalid user_id specified")
        return {"status": "member", "user": person.user()}

    def _count(self, call: Call) -> int:
        return 2 if chats.known(self.world, call).kind == "private" else 1 + len(self.world.people)

    def _file(self, call: Call) -> dict[str, Any]:
        if not call.text("file_id"):
            raise bad_request("file_id not specified")
        facts = self.world.files.known(call.text("file_id"))
        if facts is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if facts["size"] > LARGEST_DOWNLOAD:
            raise bad_request("file is too big")
        told = ("file_id", "file_unique_id")
        shown = {name: facts[name] for name in told}
        return shown | {"file_size": facts["size"], "file_path": facts["path"]}

    def _set_commands(self, call: Call) -> bool:
        listed = call.parsed("commands", "Can't parse commands JSON object")
        if not isinstance(listed, list):
            raise bad_request("Expected an Array of BotCommand")
        self.world.remember(_scope(call), _commands(listed))
        return True

    def _delete_commands(self, call: Call) -> bool:
        self.world.forget(_scope(call))
        return True

    def _set_text(self, call: Call) -> bool:
        name, longest = _TEXTS[call.method.removeprefix("setMy")]
        if len(call.text(name)) > longest:
            raise bad_request(f"bot {name.replace('_', ' ')} is too long")
        self.world.remember(f"my_{name}", call.text(name))
        return True

    def _get_text(self, call: Call) -> dict[str, str]:
        name, _ = _TEXTS[call.method.removeprefix("getMy")]
        default = self.world.bot["first_name"] if name == "name" else ""
        return {name: self.world.facts.get(f"my_{name}") or default}

    def _leave(self, call: Call) -> bool:
        chat = chats.known(self.world, call)
        if chat.kind == "private":
            raise bad_request("chat member status can't be changed in private chats")
        chat.kicked = True
        self.world.put(chat)
        return True

    def _pin(self, call: Call) -> bool:
        chats.writable(self.world, call)
        chats.message(self.world, call, "message to pin")
        return True


_GIFTS = {
    "unlimited_gifts": True,
    "limited_gifts": True,
    "unique_gifts": True,
    "premium_subscription": True,
    "gifts_from_channels": True,
}


def _scope(call: Call) -> str:
    return f"commands {call.text('scope')} {call.text('language_code')}".strip()


def _commands(listed: Sequence[object]) -> list[dict[str, str]]:
    if len(listed) > _MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    return [_command(one) for one in listed]


def _command(one: object) -> dict[str, str]:
    if not isinstance(one, Mapping):
        raise bad_request("Can't parse BotCommand: expected an Object")
    told = {name: str(one.get(name) or "") for name in ("command", "description")}
    name = told["command"].removeprefix("/")
    if not 1 <= len(name) <= 32 or not name.replace("_", "a").isalnum() or name != name.lower():
        raise bad_request("BOT_COMMAND_INVALID")
    if not told["description"]:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": told["description"]}
