"""Messages of a private chat as the Bot API shapes them, one of every kind."""

from collections.abc import Mapping
from typing import Any

FILE = {"file_id": "F", "file_unique_id": "U", "file_size": 10}
CHAT = {"id": -100, "type": "channel", "title": "News"}
USER = {"id": 42, "is_bot": False, "first_name": "Анна", "last_name": "Орлова"}
SMALL = {**FILE, "file_id": "small", "width": 90, "height": 90}
LARGE = {**FILE, "file_id": "large", "width": 800, "height": 600}
STICKER = {**FILE, "type": "regular", "width": 512, "height": 512, "emoji": "🙂"}

KINDS: Mapping[str, tuple[Mapping[str, Any], str, tuple[str, ...]]] = {
    # kind: (fields, what it says, the files that are fetched)
    "text": ({"text": "Hello"}, "Hello", ()),
    "photo": ({"photo": [LARGE, SMALL], "caption": "Look"}, "Look", ("large",)),
    "live_photo": (
        {"live_photo": {**FILE, "photo": [SMALL, LARGE], "duration": 2}},
        "Live photo",
        ("F", "large"),
    ),
    "animation": ({"animation": FILE, "document": FILE}, "", ("F",)),
    "video": ({"video": {**FILE, "duration": 3}}, "", ("F",)),
    "video_note": ({"video_note": {**FILE, "length": 100, "duration": 3}}, "", ("F",)),
    "voice": ({"voice": {**FILE, "duration": 3}}, "", ("F",)),
    "audio": ({"audio": {**FILE, "file_name": "a.mp3"}}, "", ("F",)),
    "document": ({"document": {**FILE, "file_name": "a.pdf"}}, "", ("F",)),
    "sticker": ({"sticker": STICKER}, "Sticker 🙂", ("F",)),
    "animated sticker": (
        {"sticker": {**STICKER, "is_animated": True, "thumbnail": SMALL}},
        "Sticker 🙂",
        ("small",),
    ),
    "video sticker": ({"sticker": {**STICKER, "is_video": True}}, "Sticker 🙂", ("F",)),
    "paid_media": (
        {
            "paid_media": {
                "star_count": 5,
                "paid_media": [{"type": "photo", "photo": [SMALL]}, {"type": "preview"}],
            }
        },
        "Paid media (5 ⭐), 1 not shown",
        ("small",),
    ),
    "story": ({"story": {"chat": CHAT, "id": 1}}, "Story of News (open Telegram to see it)", ()),
    "contact": (
        {"contact": {"phone_number": "79120000000", "first_name": "Пётр"}},
        "Contact: Пётр, 79120000000",
        (),
    ),
    "location": (
        {"location": {"latitude": 42.5, "longitude": 23.25}},
        "Location: 42.500000, 23.250000",
        (),
    ),
    "venue": (
        {
            "location": {"latitude": 1, "longitude": 2},
            "venue": {
                "location": {"latitude": 1, "longitude": 2},
                "title": "Café",
                "address": "Main 1",
            },
        },
        "Café, Main 1 (1.000000, 2.000000)",
        (),
    ),
    "poll": (
        {"poll": {"question": "When?", "options": [{"text": "Now", "voter_count": 2}]}},
        "Poll: When?\n- Now (2)",
        (),
    ),
    "checklist": (
        {"checklist": {"title": "To buy", "tasks": [{"text": "Milk", "completion_date": 5}]}},
        "Checklist: To buy\n☑ Milk",
        (),
    ),
    "dice": ({"dice": {"emoji": "🎯", "value": 6}}, "🎯 6", ()),
    "game": ({"game": {"title": "Chess", "description": "Play"}}, "Game: Chess\nPlay", ()),
    "gift": (
        {"gift": {"gift": {"sticker": STICKER, "star_count": 15}, "text": "For you"}},
        "Gift 🙂 (15 ⭐)\nFor you",
        (),
    ),
    "unique_gift": (
        {"unique_gift": {"gift": {"base_name": "Cake", "number": 7}}},
        "Gift: Cake #7",
        (),
    ),
    "invoice": (
        {"invoice": {"title": "Lens", "total_amount": 1250, "currency": "EUR"}},
        "Invoice: Lens · 12.50 EUR",
        (),
    ),
    "successful_payment": (
        {"successful_payment": {"total_amount": 50, "currency": "XTR"}},
        "Paid 50 ⭐",
        (),
    ),
    "web_app_data": (
        {"web_app_data": {"button_text": "Order", "data": "{}"}},
        "Order\n{}",
        (),
    ),
    "rich_message": (
        {"rich_message": {"blocks": [{"type": "paragraph", "text": {"text": "Hello"}}]}},
        "Hello",
        (),
    ),
    "pinned_message": ({"pinned_message": {"text": "Rules"}}, "Pinned a message: Rules", ()),
    "message_auto_delete_timer_changed": (
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
        "Messages of this chat are now deleted after 1 d.",
        (),
    ),
    "users_shared": (
        {"users_shared": {"users": [{"user_id": 7, "first_name": "Olga"}]}},
        "Shared people: Olga",
        (),
    ),
    "connected_website": (
        {"connected_website": "shop.example"},
        "Signed in at shop.example with Telegram.",
        (),
    ),
    "boost_added": ({"boost_added": {"boost_count": 1}}, "Boost added.", ()),
}
