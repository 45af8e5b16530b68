"""What service messages say: nobody wrote them, something happened in the chat."""

from collections.abc import Callable, Mapping

from channels.telegram.fields import Json, integer, obj, objects, text_of
from channels.telegram.people import chat_name, name_of

# https://core.telegram.org/bots/payments/currencies.json: those without two decimal places.
_DECIMALS = {"XTR": 0, "JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "PYG": 0, "UGX": 0, "ISK": 0}


def money(currency: str, amount: int) -> str:
    """An amount in the smallest units of its currency (stars: XTR), for people."""
    if not currency:
        return ""
    places = _DECIMALS.get(currency, 2)
    name = "⭐" if currency == "XTR" else currency
    return f"{amount / 10**places:,.{places}f} {name}"


def _named(words: str) -> Callable[[Json], str]:
    return lambda _: words


def _pinned(message: Json) -> str:
    pinned = obj(message, "pinned_message")
    said = text_of(pinned, "text") or text_of(pinned, "caption")
    return f"Pinned a message: {said}" if said else "Pinned a message."


def _timer(message: Json) -> str:
    seconds = integer(
        obj(message, "message_auto_delete_timer_changed"), "message_auto_delete_time"
    )
    if not seconds:
        return "Messages of this chat are no longer deleted by themselves."
    days, hours = divmod(seconds // 3600, 24)
    after = f"{days} d" if days else f"{hours} h" if hours else f"{seconds} s"
    return f"Messages of this chat are now deleted after {after}."


def _shared_people(message: Json) -> str:
    users = objects(obj(message, "users_shared"), "users", most=20)
    names = ", ".join(filter(None, (name_of({**one, "id": one.get("user_id")}) for one in users)))
    return f"Shared people: {names}" if names else "Shared people."


def _shared_chat(message: Json) -> str:
    title = chat_name(obj(message, "chat_shared"))
    return f"Shared a chat: {title}" if title else "Shared a chat."


def _website(message: Json) -> str:
    site = text_of(message, "connected_website")
    return f"Signed in at {site} with Telegram." if site else "Signed in at a website."


def _refund(message: Json) -> str:
    payment = obj(message, "refunded_payment")
    price = money(text_of(payment, "currency"), integer(payment, "total_amount"))
    return f"A payment was refunded: {price}" if price else "A payment was refunded."


def _joined(message: Json) -> str:
    names = ", ".join(name_of(one) for one in objects(message, "new_chat_members", most=20))
    return f"Joined the chat: {names}" if names else "Joined the chat."


def _retitled(message: Json) -> str:
    return f"The chat is now called {text_of(message, 'new_chat_title') or 'otherwise'}."


# In what they say is everything there is to say of them in a private chat.
_OTHERS = (
    "chat_owner_left", "chat_owner_changed", "new_chat_photo", "delete_chat_photo",
    "group_chat_created", "supergroup_chat_created", "channel_chat_created",
    "migrate_to_chat_id", "migrate_from_chat_id", "gift_upgrade_sent",
    "proximity_alert_triggered", "boost_added", "checklist_tasks_done",
    "checklist_tasks_added", "direct_message_price_changed", "forum_topic_created",
    "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened",
    "general_forum_topic_hidden", "general_forum_topic_unhidden", "giveaway_created",
    "giveaway", "giveaway_winners", "giveaway_completed", "managed_bot_created",
    "paid_message_price_changed", "poll_option_added", "poll_option_deleted",
    "suggested_post_approved", "suggested_post_approval_failed", "suggested_post_declined",
    "suggested_post_paid", "suggested_post_refunded", "video_chat_scheduled",
    "video_chat_started", "video_chat_ended", "video_chat_participants_invited",
    "community_chat_added", "community_chat_removed", "community_chat_joined", "user_shared",
)  # fmt: skip

WORDS: Mapping[str, Callable[[Json], str]] = {
    "pinned_message": _pinned,
    "message_auto_delete_timer_changed": _timer,
    "users_shared": _shared_people,
    "chat_shared": _shared_chat,
    "connected_website": _website,
    "write_access_allowed": _named("Allowed the bot to write."),
    "passport_data": _named("Sent documents by Telegram Passport, which are not shown here."),
    "chat_background_set": _named("Changed the background of the chat."),
    "refunded_payment": _refund,
    "new_chat_members": _joined,
    "left_chat_member": _named("Left the chat."),
    "new_chat_title": _retitled,
    **{name: _named(f"{name.replace('_', ' ').capitalize()}.") for name in _OTHERS},
}
"""By the field of the message that says what happened."""
