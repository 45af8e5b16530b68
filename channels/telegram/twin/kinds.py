"""Samples of all that a chat can carry: what `play` sends when it is not told more."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_LISTED: Mapping[str, Mapping[str, Any]] = json.loads(
    (files("channels.telegram.twin") / "kinds.json").read_text(encoding="utf-8")
)

MESSAGES: Mapping[str, Mapping[str, Any]] = _LISTED["messages"]
"""The fields of a message, by what it is. `future` is a kind that nobody knows yet."""

UPDATES: Mapping[str, Any] = _LISTED["updates"]
"""Updates that are no messages, by kind. `telepathy` is one that nobody knows yet."""
