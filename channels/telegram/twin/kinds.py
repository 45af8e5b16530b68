"""Samples of all that a chat can carry: what `play` sends when it is not told more."""

from collections.abc import Mapping
from typing import Any

_USER = {"id": 7_000_000_777, "is_bot": False, "first_name": "Пётр"}
_CHAT = {"id": -1001234567890, "type": "channel", "title": "Flower market"}
_PHOTO = [
    {
        "file_id": "PhACAgIsample",
        "file_unique_id": "AQADsample",
        "width": 90,
        "height": 67,
        "file_size": 1200,
    }
]
_STICKER = {
    "file_id": "StACAgIsample",
    "file_unique_id": "AQADgift",
    "type": "regular",
    "width": 512,
    "height": 512,
    "is_animated": True,
    "is_video": False,
    "emoji": "🎁",
}
_GIFT = {"id": "5170233102089322756", "sticker": _STICKER, "star_count": 15}

MESSAGES: Mapping[str, Mapping[str, Any]] = {
    "location": {"location": {"latitude": 42.6977, "longitude": 23.3219}},
    "live_location": {
        "location": {"latitude": 42.6977, "longitude": 23.3219, "live_period": 900, "heading": 90}
    },
    "venue": {
        "venue": {
            "location": {"latitude": 42.6977, "longitude": 23.3219},
            "title": "Кафе «Беседка»",
            "address": "ул. Шипка 6, София",
        },
        "location": {"latitude": 42.6977, "longitude": 23.3219},
    },
    "poll": {
        "poll": {
            "id": "5170233102089322001",
            "question": "Когда удобнее?",
            "options": [
                {"text": "Утром", "voter_count": 0, "persistent_id": "0"},
                {"text": "Вечером", "voter_count": 0, "persistent_id": "1"},
            ],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": True,
            "members_only": False,
        }
    },
    "dice": {"dice": {"emoji": "🎲", "value": 4}},
    "story": {
        "story": {"chat": {"id": 7_000_000_777, "type": "private", "first_name": "Пётр"}, "id": 7}
    },
    "reply_to_story": {
        "text": "Красота",
        "reply_to_story": {"chat": {"id": 7_000_000_777, "type": "private"}, "id": 7},
    },
    "paid_media": {
        "paid_media": {
            "star_count": 25,
            "paid_media": [
                {"type": "preview", "width": 800, "height": 600},
                {"type": "photo", "photo": _PHOTO},
            ],
        },
        "caption": "За звёзды",
    },
    "gift": {"gift": {"gift": _GIFT, "text": "С праздником"}},
    "checklist": {
        "checklist": {
            "title": "Сборы",
            "tasks": [{"id": 1, "text": "Паспорт"}, {"id": 2, "text": "Билет"}],
        }
    },
    "game": {"game": {"title": "Snake", "description": "Eat and grow", "photo": _PHOTO}},
    "invoice": {
        "invoice": {
            "title": "Order 1043",
            "description": "Two chairs",
            "start_parameter": "",
            "currency": "EUR",
            "total_amount": 12900,
        }
    },
    "giveaway": {
        "giveaway": {
            "chats": [_CHAT],
            "winners_selection_date": 1_800_000_000,
            "winner_count": 3,
            "premium_subscription_month_count": 3,
        }
    },
    "successful_payment": {
        "successful_payment": {
            "currency": "XTR",
            "total_amount": 100,
            "invoice_payload": "order-1043",
            "telegram_payment_charge_id": "charge-1",
            "provider_payment_charge_id": "",
        }
    },
    "refunded_payment": {
        "refunded_payment": {
            "currency": "XTR",
            "total_amount": 100,
            "invoice_payload": "order-1043",
            "telegram_payment_charge_id": "charge-1",
        }
    },
    "users_shared": {"users_shared": {"request_id": 1, "users": [{"user_id": 7_000_000_777}]}},
    "chat_shared": {"chat_shared": {"request_id": 2, "chat_id": -1001234567890}},
    "connected_website": {"connected_website": "shop.example"},
    "write_access_allowed": {"write_access_allowed": {"from_request": True}},
    "web_app_data": {"web_app_data": {"data": "{}", "button_text": "Open"}},
    "message_auto_delete_timer_changed": {
        "message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}
    },
    "pinned_message": {
        "pinned_message": {
            "message_id": 5,
            "date": 1_800_000_000,
            "chat": {"id": 7_000_000_777, "type": "private"},
            "text": "Адрес склада",
        }
    },
    "chat_background_set": {
        "chat_background_set": {"type": {"type": "chat_theme", "theme_name": "🏠"}}
    },
    "new_chat_title": {"new_chat_title": "Наш двор"},
    "new_chat_photo": {"new_chat_photo": _PHOTO},
    "delete_chat_photo": {"delete_chat_photo": True},
    "new_chat_members": {"new_chat_members": [_USER]},
    "left_chat_member": {"left_chat_member": _USER},
    "group_chat_created": {"group_chat_created": True},
    "supergroup_chat_created": {"supergroup_chat_created": True},
    "forum_topic_created": {"forum_topic_created": {"name": "Доставка", "icon_color": 7322096}},
    "forum_topic_closed": {"forum_topic_closed": {}},
    "video_chat_scheduled": {"video_chat_scheduled": {"start_date": 1_800_000_000}},
    "video_chat_started": {"video_chat_started": {}},
    "video_chat_ended": {"video_chat_ended": {"duration": 60}},
    "boost_added": {"boost_added": {"boost_count": 1}},
    "proximity_alert_triggered": {
        "proximity_alert_triggered": {"traveler": _USER, "watcher": _USER, "distance": 50}
    },
    "paid_message_price_changed": {"paid_message_price_changed": {"paid_message_star_count": 5}},
    "passport_data": {
        "passport_data": {
            "data": [],
            "credentials": {"data": "AA==", "hash": "AA==", "secret": "AA=="},
        }
    },
    "unsupported": {},
    "future": {"hologram": {"file_id": "HoACAgIsample", "depth": 3}},
}
"""The fields of a message, by what it is. `future` is a kind that nobody knows yet."""

UPDATES: Mapping[str, Any] = {
    "poll": MESSAGES["poll"]["poll"],
    "poll_answer": {
        "poll_id": "5170233102089322001",
        "user": _USER,
        "option_ids": [1],
        "option_persistent_ids": ["1"],
    },
    "inline_query": {"id": "1", "from": _USER, "query": "стул", "offset": ""},
    "chosen_inline_result": {"result_id": "1", "from": _USER, "query": "стул"},
    "chat_member": {
        "chat": _CHAT,
        "from": _USER,
        "date": 1_800_000_000,
        "old_chat_member": {"status": "left", "user": _USER},
        "new_chat_member": {"status": "member", "user": _USER},
    },
    "chat_join_request": {
        "chat": _CHAT,
        "from": _USER,
        "user_chat_id": 7_000_000_777,
        "date": 1_800_000_000,
    },
    "pre_checkout_query": {
        "id": "2",
        "from": _USER,
        "currency": "XTR",
        "total_amount": 100,
        "invoice_payload": "order-1043",
    },
    "business_connection": {
        "id": "b1",
        "user": _USER,
        "user_chat_id": 7_000_000_777,
        "date": 1_800_000_000,
        "is_enabled": True,
    },
    "message_reaction_count": {
        "chat": _CHAT,
        "message_id": 9,
        "date": 1_800_000_000,
        "reactions": [{"type": {"type": "emoji", "emoji": "👍"}, "total_count": 3}],
    },
    "purchased_paid_media": {"from": _USER, "paid_media_payload": "order-1043"},
    "telepathy": {"from": _USER, "thought": "Где мой заказ?"},
}
"""Updates that are no messages, by kind. `telepathy` is one that nobody knows yet."""
