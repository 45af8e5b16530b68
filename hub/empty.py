"""What stands where nothing is given: one mapping for all, made once."""

from collections.abc import Mapping
from typing import Any, Final

NOTHING: Final[Mapping[Any, Any]] = {}
"""No proxy: that is slower to read, and JSON does not know it."""
