"""Reads `reaction`: which emoji may be put under a message."""

from collections.abc import Mapping

from channels.telegram.twin.calls import Call
from channels.telegram.twin.refusals import bad_request

_LISTED = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌
🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓
🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡
🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀
😡
"""
ALLOWED = frozenset(_LISTED.split())


def reaction_of(call: Call) -> list[str]:
    """The emoji, none to take the reaction back. Raises Refused."""
    listed = call.parsed("reaction", "Can't parse reaction types JSON object")
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise bad_request("Expected an Array of ReactionType")
    chosen = [_emoji(one) for one in listed]
    if len(chosen) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    return chosen


def _emoji(one: object) -> str:
    if not isinstance(one, Mapping):
        raise bad_request("Can't parse ReactionType: expected an Object")
    if one.get("type") not in ("emoji", "custom_emoji"):
        raise bad_request("Can't parse ReactionType: invalid reaction type specified")
    emoji = str(one.get("emoji") or "")
    if emoji not in ALLOWED:
        raise bad_request("REACTION_INVALID")
    return emoji
