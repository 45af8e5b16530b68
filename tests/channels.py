"""The channels that are installed where the tests run."""

from hub.inboxes.registry import Registry

INSTALLED = Registry.load().names()
