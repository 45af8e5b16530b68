"""The registry: lazy, one owner a name, and a broken channel disables only itself."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hub.inboxes.registry import ChannelUnusable, Registry
from hub.ports import API_VERSION
from hub.ports.fake import channel_type as fake


class _Distribution:
    def __init__(self, name: str) -> None:
        self.name = name


def _point(name: str, value: str, package: str) -> EntryPoint:
    point = EntryPoint(name, value, "hub.channels")
    # The standard library binds an entry point to its distribution in the same way.
    vars(point)["dist"] = _Distribution(package)
    return point


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a module that can be imported, and forgets it afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    written: list[str] = []

    def write(name: str, source: str) -> None:
        (tmp_path / f"{name}.py").write_text(source)
        written.append(name)

    yield write
    for name in written:
        sys.modules.pop(name, None)


def test_nothing_is_imported_before_it_is_used(plugin):
    plugin("plugin_lazy", "raise RuntimeError('imported')")
    registry = Registry.of([_point("lazy", "plugin_lazy:channel_type", "lazy-package")])
    assert registry.names() == ["lazy"]
    assert "plugin_lazy" not in sys.modules


def test_a_failing_import_disables_that_channel_only(plugin):
    plugin("plugin_broken", "import a_library_that_is_not_there")
    registry = Registry.of(
        [
            _point("broken", "plugin_broken:channel_type", "broken-package"),
            _point("fake", "hub.ports.fake:channel_type", "besedka"),
        ]
    )
    with pytest.raises(ChannelUnusable, match="a_library_that_is_not_there") as refused:
        registry.type("broken")
    assert "broken-package" in refused.value.remedy
    assert registry.capabilities("broken") is None
    assert registry.type("fake") is fake


def test_two_packages_with_one_name_are_refused():
    registry = Registry.of(
        [
            _point("fake", "hub.ports.fake:channel_type", "besedka"),
            _point("fake", "hub.ports.fake:channel_type", "other-package"),
        ]
    )
    with pytest.raises(ChannelUnusable, match="besedka and other-package"):
        registry.type("fake")


def test_one_package_seen_twice_is_one():
    point = _point("fake", "hub.ports.fake:channel_type", "besedka")
    assert Registry.of([point, point]).type("fake") is fake


def test_a_channel_of_another_port_version_is_refused(plugin):
    plugin(
        "plugin_old",
        f"class T:\n    name = 'old'\n    api_version = {API_VERSION + 1}\nchannel_type = T()",
    )
    registry = Registry.of([_point("old", "plugin_old:channel_type", "old-package")])
    with pytest.raises(ChannelUnusable, match=f"version {API_VERSION + 1} of the channel port"):
        registry.type("old")


def test_a_channel_with_another_name_is_refused():
    registry = Registry.of([_point("sms", "hub.ports.fake:channel_type", "besedka")])
    with pytest.raises(ChannelUnusable, match="'fake'"):
        registry.type("sms")


def test_an_unknown_channel_names_those_there_are():
    with pytest.raises(ChannelUnusable) as refused:
        Registry({"fake": fake}).type("pigeon")
    assert "fake" in refused.value.remedy
    assert refused.value.fields == {"channel": str(refused.value)}


def test_our_own_channels_are_found_as_any_other():
    registry = Registry.load()
    assert "webchat" in registry.names()
    assert registry.type("webchat").name == "webchat"
