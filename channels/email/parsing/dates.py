"""The moment a mail says it was written (RFC 5322 3.3), in the spellings that occur."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_COMMENT = re.compile(r"\([^()]{0,100}\)")
_GMT = re.compile(r"\b(?:GMT|UTC)(?=[+-]\d)")
_COLON_ZONE = re.compile(r"([+-]\d\d):(\d\d)\s*$")
_DOTTED = re.compile(r"\b(\d\d)\.(\d\d)\.(\d\d)\b")


def parse(value: str) -> datetime | None:
    """Aware, in UTC; a zone that is not given or not known is UTC; None when it is no date."""
    text = _COMMENT.sub(" ", value[:200]).strip()
    try:
        if _ISO.match(text):
            return _aware(datetime.fromisoformat(text))
        cleaned = _COLON_ZONE.sub(r"\1\2", _GMT.sub("", _DOTTED.sub(r"\1:\2:\3", text)))
        return _classic(cleaned)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _classic(text: str) -> datetime | None:
    fields = parsedate_tz(text)
    if fields is None:
        return None
    year, month, day, hour, minute, second = fields[:6]
    # A leap second is the next minute's first; datetime knows none.
    at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    offset = fields[9] or 0
    if abs(offset) >= 86_400:
        offset = 0
    return _aware(at.replace(tzinfo=timezone(timedelta(seconds=offset))))


def _aware(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
