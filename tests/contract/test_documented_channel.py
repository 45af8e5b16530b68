"""The channel that docs/adding-a-channel.md writes works, and is the one printed there."""

import importlib.util
import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from hub.inboxes.registry import Registry
from hub.ports.contract import ChannelContract
from tests.capabilities import table

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "adding-a-channel.md"
EXAMPLE = DOCS / "examples" / "postcard"


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_module("besedka_postcard")
if TYPE_CHECKING:
    Postcard = ChannelContract
else:
    Postcard = _module("test_besedka_postcard").TestPostcard


class TestPostcard(Postcard):
    """Every test of the contract, over the documented channel."""


def test_the_registry_takes_the_documented_entry_point() -> None:
    project = (EXAMPLE / "pyproject.toml").read_text("utf-8")
    named = re.search(r'^(\w+) = "(\w+:\w+)"$', project, re.MULTILINE)
    assert named
    registry = Registry.of([EntryPoint(named[1], named[2], "hub.channels")])
    assert registry.type("postcard").name == "postcard"


@pytest.mark.parametrize("name", ["pyproject.toml", "besedka_postcard.py"])
def test_what_the_page_prints_is_what_runs(name: str) -> None:
    assert (EXAMPLE / name).read_text("utf-8") in PAGE.read_text("utf-8")


def test_the_table_of_capabilities_is_what_the_channels_say() -> None:
    assert table() in PAGE.read_text("utf-8")
