"""Made-up facts for trying a template while no real customer is chosen: everything, or the least.

Nothing of this is ever sent: a message takes the facts of the customer it goes to.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from hub.clock import rfc3339
from hub.templates.fields import About

Facts = dict[str, Mapping[str, object]]

_NAMES = {"ru": "Ирина", "bg": "Ивана", "en": "Irene"}
_PLACES = {"ru": "ул. Ленина, 5", "bg": "ул. Шипка 5", "en": "5 Mill Lane"}
_GOODS = {
    "ru": ("Настольная лампа", "Кофейная чашка"),
    "bg": ("Настолна лампа", "Чаша за кафе"),
    "en": ("Desk lamp", "Coffee mug"),
}
_MONEY = {"ru": ("5990.50", "RUB"), "bg": ("59.90", "EUR"), "en": ("59.90", "EUR")}
_BETWEEN = timedelta(hours=2)
_ZONES = {"ru": "Europe/Moscow", "bg": "Europe/Sofia", "en": "Europe/London"}


def sample_zone(locale: str) -> str:
    return _ZONES[_language(locale)]


def full(about: About, locale: str, now: datetime) -> Facts:
    """An object of which everything is known."""
    language = _language(locale)
    total, currency = _MONEY[language]
    lamp, mug = _GOODS[language]
    least = minimal(about, now)
    fuller: Facts = {
        "customer": {"name": _NAMES[language], "locale": locale, "labels": ["vip"]},
        "order": {
            "number": "1043",
            "status": "shipped",
            "total": total,
            "currency": currency,
            "items": [
                {"name": lamp, "quantity": "1", "price": total},
                {"name": mug, "quantity": "2", "price": "4.50"},
            ],
            "tracking_url": "https://example.com/track/1043",
        },
        "appointment": {
            "number": "A-17",
            "status": "booked",
            "ends_at": rfc3339(_starts(now) + timedelta(hours=1)),
            "place": _PLACES[language],
            "answer_url": "https://hub.example/appointment/sample",
        },
        "conversation": {"status": "closed", "priority": 0, "labels": []},
        "message": {"text": "…", "channel": "telegram"},
        "event": {"system": "shop"},
    }
    return {root: {**fields, **fuller[root]} for root, fields in least.items()}


def minimal(about: About, now: datetime) -> Facts:
    """An object of which only what has to be there is known, of a customer without a name."""
    id_ = "0198c5a0-0000-7000-8000-000000000001"
    system = {"id": id_, "system": "shop", "external_id": "1043"}
    objects: Facts = {
        "order": {**system, "occurred_at": rfc3339(now)},
        "appointment": {
            **system,
            "starts_at": rfc3339(_starts(now)),
            "occurred_at": rfc3339(now),
        },
        "conversation": {"id": id_, "opened_at": rfc3339(now)},
        "message": {"id": id_},
        "event": {"id": id_, "name": "sample"},
    }
    facts: Facts = {"customer": {"id": id_}}
    if about == "message":
        facts["conversation"] = objects["conversation"]
    return facts if about == "customer" else {**facts, about: objects[about]}


def joined(facts: Mapping[str, Mapping[str, object]], about: About) -> Facts:
    """The same, beside a second object two hours later, as a rule with `join` names them."""
    first = facts[about]
    times = {name: _later(first.get(name)) for name in ("starts_at", "ends_at")}
    second = {**first, **times, "number": f"{first.get('number') or first['external_id']}-2"}
    return {**facts, about: {**first, "others": [second]}}


def _later(moment: object) -> object:
    if not moment:
        return moment
    return rfc3339(datetime.fromisoformat(str(moment)) + _BETWEEN)


def _starts(now: datetime) -> datetime:
    return now.replace(hour=11, minute=30, second=0, microsecond=0) + timedelta(days=1)


def _language(locale: str) -> str:
    language = locale.partition("-")[0].lower()
    return language if language in _NAMES else "en"
