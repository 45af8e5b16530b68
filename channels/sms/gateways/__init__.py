"""Which gateways there are: every module of this package that has an `open_gateway`."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from channels.sms.wire import Gateway

if TYPE_CHECKING:
    from channels.sms.settings import SmsSettings

NAMES = tuple(sorted(found.name for found in pkgutil.iter_modules(__path__)))


def open_gateway(settings: "SmsSettings") -> Gateway:
    """The gateway that the settings name; raises ValueError where they do not suffice for it."""
    module = importlib.import_module(f"channels.sms.gateways.{settings.gateway}")
    opened: Callable[[SmsSettings], Gateway] = module.open_gateway
    return opened(settings)
