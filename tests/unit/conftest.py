"""Unit tests open no socket: what needs one belongs in tests/integration."""

import pytest


@pytest.fixture(autouse=True)
def without_network(socket_disabled):
    """pytest-socket refuses every socket but the event loop's own."""
