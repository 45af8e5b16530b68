"""What the customers do: the acts of `play`, turned into messages and updates.

Keys, besides those of hub.ports.twin (who, name, locale, text, files, reply, at):

do        what happens; `write` when absent:
            write                     `text`, `files`, `location`, `contact` and the like
            start                     presses Start, with `payload` as from a deep link
            message                   `kind`: one of kinds.MESSAGES; `fields`: put into it
            contact                   the own card, or `contact` ({phone_number, first_name})
            edit                      `text` (or `fields`) of `message`, their newest when absent
            react                     `emoji` ("" takes it back) under `message`, ours when absent
            press                     `button` (its text or data) under the newest that has it
            block, unblock            the bot
            rename                    `name`, `username`
            forward                   `text` that `origin` (a name) wrote
            join, leave               the bot is added to `chat`, or thrown out
            migrate                   `chat` becomes the supergroup `to`
            update                    `kind`: one of kinds.UPDATES; `fields`: put into it
username, phone, language         of a new customer
chat      a number, or {"id", "kind", "title"}: in a group or channel instead of in private
message   the number of the message that is meant
quote     with `reply`: the words that are quoted; `reply` may be a message's number
caption   beside files, otherwise `text` is it
html      `text` as HTML: with bold words and links
fields    merged into whatever message is made: what the twin has no word for, or nobody has yet
Files may also be `audio`, `animation`, `video_note`, `sticker`; without `content` a sample is
taken, `size` makes one that only says it is so large, further keys (`duration`, `title`, `emoji`)
are told with it. Several photos and videos are an album.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from channels.telegram.twin import media
from channels.telegram.twin.calls import Upload
from channels.telegram.twin.editing import forward_origin
from channels.telegram.twin.kinds import MESSAGES, UPDATES
from channels.telegram.twin.presses import Presses
from channels.telegram.twin.refusals import Refused
from channels.telegram.twin.samples import sample
from channels.telegram.twin.stage import POSTS, Act, Stage
from channels.telegram.twin.text import formatted, plain
from channels.telegram.twin.updates import Updates
from channels.telegram.twin.world import Chat, Stored, World

_IN_ALBUM = {"photo", "video"}


@dataclass(frozen=True, slots=True)
class Acts:
    world: World
    updates: Updates
    presses: Presses
    _stage: Stage

    def play(self, act: Act) -> list[Stored]:
        """Do it; the messages that came of it. Raises ValueError for what cannot be done."""
        deeds: Mapping[str, Callable[[Act], list[Stored]]] = {
            "write": self._write,
            "start": self._start,
            "message": self._message,
            "contact": self._contact,
            "edit": self._edit,
            "react": self._react,
            "press": self._press,
            "block": self._block,
            "unblock": self._block,
            "rename": self._rename,
            "forward": self._forward,
            "join": self._join,
            "leave": self._join,
            "migrate": self._migrate,
            "update": self._update,
        }
        name = str(act.get("do", "write"))
        if name not in deeds:
            raise ValueError(f"Unknown act {name!r}; known are {', '.join(deeds)}.")
        try:
            return deeds[name](act)
        except Refused as refused:
            raise ValueError(refused.description) from None

    # --- messages ------------------------------------------------------------------------

    def _write(self, act: Act) -> list[Stored]:
        files: Sequence[Act] = act.get("files") or ()
        if files:
            return self._send_files(act, files)
        if not act.get("text"):
            raise ValueError("A message needs `text` or `files`.")
        said = self._said(act, "text")
        return [self._stage.say(act, {"text": said["text"], **_entities(said, "entities")})]

    def _said(self, act: Act, name: str) -> dict[str, Any]:
        text = str(act.get(name) or "")
        said = formatted(text, "HTML") if act.get("html") else plain(text)
        return {"text": said.text, "entities": list(said.entities)}

    def _send_files(self, act: Act, files: Sequence[Act]) -> list[Stored]:
        said = self._said(act, "caption" if "caption" in act else "text")
        caption = {"caption": said["text"], **_entities(said, "caption_entities")}
        kinds = {str(one.get("kind", "file")) for one in files}
        together = len(files) > 1 and (kinds <= _IN_ALBUM or len(kinds) == 1)
        group = {"media_group_id": str(secrets.randbits(53))} if together else {}
        made = []
        for at, one in enumerate(files):
            words = caption if at == 0 and said["text"] else {}
            made.append(self._stage.say(act, {**self._medium(one), **words, **group}))
        return made

    def _medium(self, one: Act) -> dict[str, Any]:
        kind = {"file": "document"}.get(str(one.get("kind", "file")), str(one.get("kind", "file")))
        if kind not in media.KINDS:
            raise ValueError(f"Unknown kind of file {kind!r}; known are {', '.join(media.KINDS)}.")
        name, mime, content = sample(kind, one)
        told = {n: v for n, v in one.items() if n not in ("name", "content", "kind", "size")}
        medium = media.uploaded(self.world, kind, Upload(name, mime, content), told)
        if one.get("size"):
            self.world.put_file(facts := {**medium.facts, "size": int(one["size"])})
            medium = replace(medium, facts=facts)
        return medium.fields()

    def _start(self, act: Act) -> list[Stored]:
        payload = str(act.get("payload") or "")
        text = f"/start {payload}".strip()
        entity = {"type": "bot_command", "offset": 0, "length": 6}
        return [self._stage.say(act, {"text": text, "entities": [entity]})]

    def _message(self, act: Act) -> list[Stored]:
        kind = str(act.get("kind", ""))
        if kind and kind not in MESSAGES:
            raise ValueError(f"Unknown kind {kind!r}; known are {', '.join(MESSAGES)}.")
        own = self._said(act, "text") if act.get("text") else {}
        return [self._stage.say(act, {**MESSAGES.get(kind, {}), **own})]

    def _contact(self, act: Act) -> list[Stored]:
        person = self._stage.person(act)
        card = dict(act.get("contact") or {})
        if not card:
            if not person.phone:
                person = replace(person, phone=str(act.get("phone") or _number(person.id)))
                self.world.put(person)
            names = {"first_name": person.first_name, "last_name": person.last_name}
            card = {"phone_number": person.phone, "user_id": person.id}
            card |= {name: value for name, value in names.items() if value}
        return [self._stage.say(act, {"contact": card})]

    def _forward(self, act: Act) -> list[Stored]:
        date = self._stage.at(act) - 3600
        hidden = {"type": "hidden_user", "sender_user_name": str(act.get("origin", "Someone"))}
        origin: dict[str, Any] = {**hidden, "date": date}
        if act.get("message"):
            chat = self._stage.chat(act, self._stage.person(act))
            origin = forward_origin(self._stage.stored(chat, int(act["message"])).message)
        said = self._said(act, "text")
        fields = {"text": said["text"], **_entities(said, "entities")}
        return [self._stage.say(act, {**fields, "forward_origin": origin})]

    # --- what comes after ----------------------------------------------------------------

    def _edit(self, act: Act) -> list[Stored]:
        chat = self._stage.chat(act, self._stage.person(act))
        stored = self._stage.meant(act, chat, lambda one: not one.outgoing)
        name = "text" if "text" in stored.message else "caption"
        message = {**stored.message, "edit_date": self._stage.at(act), **(act.get("fields") or {})}
        if "text" in act:
            said = self._said(act, "text")
            kind = "entities" if name == "text" else "caption_entities"
            message |= {name: said["text"], kind: said["entities"]}
        edited = replace(stored, message=message)
        self.world.put(edited)
        kind = f"edited_{POSTS.get(chat.kind, 'message')}"
        self.updates.add(kind, message, queue=chat.id)
        return [edited]

    def _react(self, act: Act) -> list[Stored]:
        person = self._stage.person(act)
        chat = self._stage.chat(act, person)
        stored = self._stage.meant(act, chat, lambda one: one.outgoing)
        emoji = str(act.get("emoji", "👍"))
        new, key = ([emoji] if emoji else []), str(person.id)
        old = stored.reactions.get(key, [])
        reacted = replace(stored, reactions={**stored.reactions, key: new})
        self.world.put(reacted)
        body = {
            "chat": self.world.chat_view(chat.id),
            "message_id": stored.id,
            "user": person.user(),
            "date": self._stage.at(act),
            "old_reaction": [{"type": "emoji", "emoji": one} for one in old],
            "new_reaction": [{"type": "emoji", "emoji": one} for one in new],
        }
        self.updates.add("message_reaction", body, queue=chat.id)
        return [reacted]

    def _press(self, act: Act) -> list[Stored]:
        """An inline button asks the bot; one of a keyboard writes its own words."""
        person = self._stage.person(act)
        chat = self._stage.chat(act, person)
        wanted = str(act.get("button", ""))
        stored = self._stage.meant(act, chat, lambda one: _button(one, wanted) is not None)
        button = _button(stored, wanted)
        if button is None:
            raise ValueError(f"There is no button {wanted!r} there.")
        if button.get("request_contact"):
            return self._contact(act)
        if "callback_data" in button:
            self.presses.press(person, stored, str(button["callback_data"]))
            return []
        if "keyboard" in stored.message.get("reply_markup", {}):
            return [self._stage.say(act, {"text": button["text"]})]
        raise ValueError(f"The button {wanted!r} leads elsewhere.")

    def _block(self, act: Act) -> list[Stored]:
        self._stage.set_blocked(self._stage.person(act), blocked=act["do"] == "block")
        return []

    def _rename(self, act: Act) -> list[Stored]:
        person = self._stage.person(act)
        first, _, last = str(act.get("name") or person.name).partition(" ")
        username = str(act.get("username", person.username))
        self.world.put(replace(person, first_name=first, last_name=last, username=username))
        return []

    def _join(self, act: Act) -> list[Stored]:
        person = self._stage.person(act)
        chat = self._stage.chat(act, person)
        leaves = act["do"] == "leave"
        self.world.put(replace(chat, kicked=leaves))
        states = ("member", "left") if leaves else ("left", "member")
        self._stage.membership(self.world.chat_view(chat.id), person, states)
        return []

    def _migrate(self, act: Act) -> list[Stored]:
        """A group becomes a supergroup: a service message in each says so."""
        old = self._stage.chat(act, self._stage.person(act))
        to = int(act.get("to") or -1_000_000_000_000 + old.id)
        self.world.put(Chat(to, "supergroup", old.title))
        told = self._stage.say(act, {"migrate_to_chat_id": to})
        self.world.put(replace(old, moved_to=to))
        there = self._stage.say({**act, "chat": to}, {"migrate_from_chat_id": old.id})
        return [told, there]

    def _update(self, act: Act) -> list[Stored]:
        kind = str(act.get("kind", "telepathy"))
        fields = act.get("fields") or {}
        if kind not in UPDATES and not fields:
            raise ValueError(f"Unknown kind {kind!r}; known are {', '.join(UPDATES)}.")
        sample_of = UPDATES.get(kind, {})
        self.updates.add(kind, {**sample_of, **fields})
        return []


def _entities(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: said["entities"]} if said["entities"] else {}


def _button(stored: Stored, wanted: str) -> Mapping[str, Any] | None:
    """The button of a message that says `wanted`, or carries it."""
    markup = stored.message.get("reply_markup") or {}
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    buttons = [button for row in rows for button in row]
    for button in buttons:
        if wanted in (button["text"], button.get("callback_data")):
            return dict(button)
    return None


def _number(person: int) -> str:
    """A phone number of the range that is kept for stories."""
    return f"+7900555{person % 10_000:04}"
