"""Which chat a call means, and whether the bot may write there."""

from channels.telegram.twin.calls import Call
from channels.telegram.twin.refusals import Refused, bad_request
from channels.telegram.twin.world import Chat, Stored, World


def known(world: World, call: Call, name: str = "chat_id") -> Chat:
    """The chat of a call. Raises Refused."""
    value = call.text(name).strip()
    if not value:
        raise bad_request(f"{name} is empty")
    try:
        chat = world.chats.get(int(value))
    except ValueError:
        chat = _public(world, value)
    if chat is None:
        raise bad_request("chat not found")
    return chat


def _public(world: World, name: str) -> Chat | None:
    titles = (one for one in world.chats.values() if one.kind in ("supergroup", "channel"))
    return next((one for one in titles if f"@{one.title}".lower() == name.lower()), None)


def writable(world: World, call: Call) -> Chat:
    """The chat of a call that writes to it. Raises Refused."""
    chat = known(world, call)
    if chat.moved_to:
        raise Refused(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=chat.moved_to,
        )
    if chat.kicked:
        raise Refused(403, f"Forbidden: bot was kicked from the {_word(chat)} chat")
    person = world.people.get(chat.id)
    if person is not None and person.blocked:
        raise Refused(403, "Forbidden: bot was blocked by the user")
    if person is not None and not person.started:
        raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
    return chat


def _word(chat: Chat) -> str:
    return "group" if chat.kind == "group" else chat.kind


def message(world: World, call: Call, word: str, *, name: str = "message_id") -> Stored:
    """The message of a call; `word` says in a complaint what it was wanted for."""
    chat = known(world, call)
    found = world.stored(chat.id, call.number(name))
    if found is None:
        raise bad_request(f"{word} not found")
    return found
