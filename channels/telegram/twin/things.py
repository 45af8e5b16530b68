"""Messages that are neither text nor file: places, contacts, polls, dice."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from channels.telegram.twin.calls import Call
from channels.telegram.twin.refusals import bad_request
from channels.telegram.twin.text import formatted

_SIDES = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}


def location(call: Call) -> dict[str, Any]:
    return {"location": _place(call)}


def venue(call: Call) -> dict[str, Any]:
    told = {name: call.required(name) for name in ("title", "address")}
    return {"venue": {"location": _place(call), **told}, "location": _place(call)}


def contact(call: Call) -> dict[str, Any]:
    card = {name: call.required(name) for name in ("phone_number", "first_name")}
    more = {name: call.text(name) for name in ("last_name", "vcard") if call.text(name)}
    return {"contact": {**card, **more}}


def dice(call: Call) -> dict[str, Any]:
    emoji = call.text("emoji") or "🎲"
    if emoji not in _SIDES:
        raise bad_request("DICE_EMOJI_INVALID")
    return {"dice": {"emoji": emoji, "value": 1 + secrets.randbelow(_SIDES[emoji])}}


def poll(call: Call) -> dict[str, Any]:
    question = formatted(call.text("question"), call.text("question_parse_mode"))
    if not question.text:
        raise bad_request("Poll question must be non-empty")
    if len(question.text) > 300:
        raise bad_request("Poll question length must not exceed 300")
    kind = call.text("type") or "regular"
    if kind not in ("regular", "quiz"):
        raise bad_request("Unsupported poll type specified")
    return {
        "poll": {
            "id": str(secrets.randbits(60)),
            "question": question.text,
            "options": _options(call),
            "total_voter_count": 0,
            "is_closed": call.flag("is_closed"),
            "is_anonymous": call.flag("is_anonymous") if call.text("is_anonymous") else True,
            "type": kind,
            "allows_multiple_answers": call.flag("allows_multiple_answers"),
            "allows_revoting": kind == "regular",
            "members_only": call.flag("members_only"),
        }
    }


def _options(call: Call) -> list[dict[str, Any]]:
    listed = call.parsed("options", "Can't parse options JSON object")
    if not isinstance(listed, list):
        raise bad_request("Expected an Array of String as options")
    if not 2 <= len(listed) <= 12:
        raise bad_request(
            "Poll must have at least 2 option"
            if len(listed) < 2
            else "Poll can't have more than 12 options"
        )
    return [
        {"text": _option(one), "voter_count": 0, "persistent_id": str(at)}
        for at, one in enumerate(listed)
    ]


def _option(one: object) -> str:
    text = one.get("text") if isinstance(one, Mapping) else one
    if not isinstance(text, str):
        raise bad_request("Expected an option to be of type String")
    if not text.strip():
        raise bad_request("Poll options must be non-empty")
    if len(text) > 100:
        raise bad_request("Poll options length must not exceed 100")
    return text


def _place(call: Call) -> dict[str, float]:
    place = {name: _degrees(call, name) for name in ("latitude", "longitude")}
    if abs(place["latitude"]) > 90 or abs(place["longitude"]) > 180:
        raise bad_request("Invalid location specified")
    return place


def _degrees(call: Call, name: str) -> float:
    if not call.text(name).strip():
        raise bad_request(f"{name} is empty")
    try:
        return float(call.text(name))
    except ValueError:
        raise bad_request("Invalid location specified") from None


THINGS: Mapping[str, Callable[[Call], dict[str, Any]]] = {
    "sendLocation": location,
    "sendVenue": venue,
    "sendContact": contact,
    "sendDice": dice,
    "sendPoll": poll,
}
