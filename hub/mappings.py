"""Mappings, where thousands of them are looked at: the one of nothing, and how to ask for one."""

from collections.abc import Mapping
from typing import Any, Final

NOTHING: Final[Mapping[Any, Any]] = {}
"""What stands where nothing is given, made once. No proxy: that is slower to read, and JSON does
not know it."""

MAPPINGS: Final = (dict, Mapping)
"""For `isinstance`, the plain type first: asking an abstract one takes its time."""
