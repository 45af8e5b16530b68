"""The command `hub` in a process forked from one that has imported everything.

A start takes a tenth of the processor's time that `python -m hub` takes, most of which goes into
imports. Only the imports are shared: environment, arguments, files and signals are its own.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_SERVER = multiprocessing.get_context("forkserver")
# The first two are what the crash tests fork: there is one such server in a test process.
_PRELOADED = ["__main__", "tests.crash.dying_node", "tests.warm"]


class Forked:
    """A running command. `out` and `err` are the files it writes to."""

    def __init__(self, process: ForkServerProcess, out: Path, err: Path) -> None:
        self._process = process
        self.out = out
        self.err = err

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs, -N when signal N ended it."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    async def wait(self) -> int:
        while (code := self.returncode) is None:  # noqa: ASYNC110 - nobody rings
            await asyncio.sleep(0.01)
        return code

    async def line(self) -> str:
        """The first line it writes, or what there is of it when it has ended."""
        while self.returncode is None and "\n" not in self.out.read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return self.out.read_text().partition("\n")[0]


@asynccontextmanager
async def forked(
    surroundings: Mapping[str, str], *arguments: str, text: str = "", err: Path | None = None
) -> AsyncIterator[Forked]:
    """`hub arguments...` with `text` on its standard input; killed if it still runs at the end.

    err: the file to which its standard error is added, else one that goes away.
    """
    with tempfile.TemporaryDirectory(prefix="forked-") as name:
        folder = Path(name)
        given, out, err = folder / "in", folder / "out", err or folder / "err"
        given.write_text(text)
        out.touch()
        err.touch()
        _SERVER.set_forkserver_preload(_PRELOADED)
        told = (dict(surroundings), arguments, given, out, err)
        process = _SERVER.Process(target=_be_hub, args=told, daemon=True)
        await asyncio.to_thread(process.start)
        command = Forked(process, out, err)
        try:
            yield command
        finally:
            command.send_signal(signal.SIGKILL)
            await command.wait()
            process.close()


def _be_hub(
    surroundings: Mapping[str, str], arguments: Sequence[str], given: Path, out: Path, err: Path
) -> None:
    os.environ.clear()  # noqa: TID251 - the process is new, and its environment too
    os.environ.update(surroundings)  # noqa: TID251
    for number, path, flags in (
        (0, given, os.O_RDONLY),
        (1, out, os.O_WRONLY),
        (2, err, os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    ):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(os.dup(0), encoding="utf-8")
    sys.argv = ["hub", *arguments]
    import_module("hub.cli").main()
