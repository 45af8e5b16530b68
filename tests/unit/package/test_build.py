import re

import pytest

import hatch_build
from hub import resources

ROOT = resources.path("migrations").parent
VENDOR = ROOT / hatch_build.VENDOR
PICKS = {"preact": "preact/dist/preact.mjs", "preact/hooks": "preact/hooks/dist/hooks.mjs"}


@pytest.mark.parametrize(
    ("source", "served"),
    [
        ('import{h as r}from"preact";', 'import{h as r}from"./preact.js";'),
        ("import {useState} from 'preact/hooks'", "import {useState} from './preact-hooks.js'"),
        ('import"preact";', 'import"./preact.js";'),
        ('import x from "./mine.js";', 'import x from "./mine.js";'),
        ("f();//# sourceMappingURL=preact.mjs.map\n", "f();"),
    ],
)
def test_bare_imports_become_relative(source, served):
    assert hatch_build._relative(source, PICKS) == served


def test_an_import_nobody_picked_stops_the_build():
    with pytest.raises(RuntimeError, match="left-pad"):
        hatch_build._relative('import p from"left-pad";', PICKS)


def test_what_is_served_imports_only_what_is_served():
    modules = {file.name: file.read_text() for file in VENDOR.glob("*.js")}
    wanted = {
        name
        for text in modules.values()
        for name in re.findall(r"""(?:from|import)\s*["']([^"']+)["']""", text)
    }
    assert wanted
    assert {name.removeprefix("./") for name in wanted} <= set(modules)


def test_the_icons_are_drawn_in_the_colour_of_the_text(tmp_path):
    icons = tmp_path / "lucide-static/icons"
    icons.mkdir(parents=True)
    (icons / "dot.svg").write_text(
        '<!-- l -->\n<svg\n  class="x"\n>\n  <circle r="1" />\n</svg>\n'
    )
    sprite = hatch_build._sprite(tmp_path, ["dot"])
    assert '<symbol id="dot"' in sprite
    assert 'stroke="currentColor"' in sprite
    assert '<circle r="1" /></symbol>' in sprite


def test_half_a_set_is_never_served(tmp_path):
    target = tmp_path / "static/vendor"
    hatch_build._replace(target, {"old.js": "1"})
    hatch_build._replace(target, {"new.js": "2"})
    assert [file.name for file in target.parent.iterdir()] == ["vendor"]
    assert [file.name for file in target.iterdir()] == ["new.js"]
