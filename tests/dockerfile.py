"""`make image`: the steps of docker/Dockerfile in a clean Debian tree, without a container engine.

Needs root, and `debootstrap` for a tree that is not there yet. Both stages are built in one tree,
one after the other: what the second one does not copy from the first is taken away in between.
Then the image's command is started as the image's user, until its health check is answered. What
this cannot show: layers, the base image's own Python.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PACKAGE_SOURCES = ("etc/pip.conf",)
_DEBIAN = (
    "debootstrap",
    "--variant=minbase",
    "--include=python3-venv,ca-certificates",
    "bookworm",
)
_PATIENCE = 120
"""Seconds until the health check must be answered."""


@dataclass
class Stage:
    """What holds for the steps that follow."""

    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/bin"}
    )
    folder: str = "/"
    user: str = "root"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    check: list[str] = field(default_factory=list)


def steps(text: str) -> Iterator[tuple[str, str]]:
    """(instruction, what follows it), comments and continued lines resolved."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        yield word.upper(), rest.strip()


class Build:
    """The tree in which the steps are done."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self.stage = Stage()

    def do(self, word: str, rest: str) -> None:
        sys.stdout.write(f"==> {word} {rest[:100]}\n")
        sys.stdout.flush()
        done = getattr(self, f"_{word.lower()}", None)
        if done is None:
            raise SystemExit(f"{word}: this script does not know the instruction")
        done(rest)

    def _from(self, _rest: str) -> None:
        # Nothing of the first stage but what is copied from it: /opt/besedka stays where it is.
        shutil.rmtree(self._tree / "src", ignore_errors=True)
        self.stage = Stage()

    def _env(self, rest: str) -> None:
        for part in shlex.split(rest):
            name, _, value = part.partition("=")
            for known, meant in self.stage.environment.items():
                value = value.replace(f"${known}", meant)
            self.stage.environment[name] = value

    def _run(self, rest: str) -> None:
        subprocess.run(self.within(["sh", "-ec", rest]), check=True, env=self._names())

    def _workdir(self, rest: str) -> None:
        self.stage.folder = rest
        (self._tree / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        if rest.startswith("--from="):
            _, source, target = rest.split()
            assert source == target, "what another stage made stays in its place here"
            assert (self._tree / source.lstrip("/")).exists(), source
            return
        *sources, target = rest.split()
        into = self._tree / self.stage.folder.lstrip("/") / target
        for source in sources:
            self._put(ROOT / source, into, many=target.endswith("/"))

    @staticmethod
    def _put(source: Path, into: Path, *, many: bool) -> None:
        if source.is_dir():
            left = shutil.ignore_patterns("__pycache__", "vendor", "made-from.sha256")
            shutil.copytree(source, into, dirs_exist_ok=True, ignore=left)
        else:
            place = into / source.name if many else into
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place)

    def _user(self, rest: str) -> None:
        self.stage.user = rest

    def _entrypoint(self, rest: str) -> None:
        self.stage.entrypoint = json.loads(rest)

    def _cmd(self, rest: str) -> None:
        self.stage.command = json.loads(rest)

    def _healthcheck(self, rest: str) -> None:
        self.stage.check = json.loads(rest.partition("CMD ")[2])

    def _volume(self, rest: str) -> None:
        assert (self._tree / rest.lstrip("/")).is_dir(), rest

    def _expose(self, rest: str) -> None:
        assert rest == self.stage.environment["HUB_PORT"]

    def _stopsignal(self, rest: str) -> None:
        assert rest == "SIGTERM"

    def within(self, command: list[str]) -> list[str]:
        """`command` in the tree, in the stage's folder, as its user."""
        shell = f"cd {shlex.quote(self.stage.folder)} && exec {shlex.join(command)}"
        return ["chroot", f"--userspec={self.stage.user}", str(self._tree), "sh", "-c", shell]

    def _names(self) -> Mapping[str, str]:
        # Where packages come from is this machine's affair.
        sources = ("PIP_INDEX_URL", "PIP_CERT", "NPM_CONFIG_REGISTRY", "NODE_EXTRA_CA_CERTS")
        mine = os.environ  # noqa: TID251
        kept = {name: mine[name] for name in sources if name in mine}
        return {**kept, **self.stage.environment, "HOME": "/tmp"}  # noqa: S108 - in the tree

    def serve(self) -> None:
        """Start the image's command; its health check must be answered, and SIGTERM end it."""
        stage = self.stage
        command = self.within([*stage.entrypoint, *stage.command])
        with subprocess.Popen(command, env=self._names()) as process:
            try:
                self._healthy(process)
            finally:
                process.terminate()
                code = process.wait(timeout=20)
        assert code == 0, f"ended with {code}"

    def _healthy(self, process: "subprocess.Popen[bytes]") -> None:
        end = time.monotonic() + _PATIENCE
        check = self.within(self.stage.check)
        while self._fails(check):
            assert process.poll() is None, f"ended with {process.returncode}"
            assert time.monotonic() < end, "the health check was not answered"
            time.sleep(1)

    def _fails(self, command: list[str]) -> bool:
        done = subprocess.run(command, check=False, env=self._names(), stderr=subprocess.DEVNULL)
        return done.returncode != 0


@contextmanager
def furnished(tree: Path) -> Iterator[None]:
    """What an engine gives a container: processes to see, shared memory, names, certificates."""
    python = tree / "usr/local/bin/python"
    if not python.exists():
        python.symlink_to("/usr/bin/python3")
    memory = tree / "dev/shm"
    memory.mkdir(exist_ok=True)
    memory.chmod(0o1777)
    for name in ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt", *_PACKAGE_SOURCES):
        if (mine := Path("/", name)).exists():
            shutil.copyfile(mine, tree / name)
    subprocess.run(["/usr/bin/mount", "-t", "proc", "proc", str(tree / "proc")], check=True)
    try:
        yield
    finally:
        subprocess.run(["/usr/bin/umount", str(tree / "proc")], check=True)


def main() -> None:
    options = argparse.ArgumentParser(prog="make image")
    options.add_argument("tree", type=Path, help="made when it is not there; changed by the steps")
    tree = options.parse_args().tree.absolute()
    if not tree.exists():
        subprocess.run([*_DEBIAN, str(tree)], check=True)
    build = Build(tree)
    with furnished(tree):
        for word, rest in steps((ROOT / "docker" / "Dockerfile").read_text("utf-8")):
            build.do(word, rest)
        build.serve()
    sys.stdout.write(
        "Every step was done, the hub answered its health check and ended by SIGTERM.\n"
    )


if __name__ == "__main__":
    main()
