"""A mail server that keeps nothing, in a process of its own; prints `READY {"url", "pid"}`.

It answers each command with one line, as soon as it has come: the fastest a client can be served.
"""

import asyncio
import os
import signal
import sys
from typing import cast

import orjson
import uvloop
from typing_extensions import override

_ANSWERS = {
    b"EHLO": b"250-mail.test\r\n250-SIZE 50000000\r\n250 SMTPUTF8\r\n",
    b"DATA": b"354 Go on\r\n",
    b"QUIT": b"221 Bye\r\n",
}
_END = b"\r\n.\r\n"


class Swallow(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting = b""
        self._in_body = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"220 mail.test\r\n")

    @override
    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._waiting += data
        while self._step(self._transport):
            pass

    def _step(self, transport: asyncio.Transport) -> bool:
        end = _END if self._in_body else b"\r\n"
        line, found, rest = self._waiting.partition(end)
        if not found:
            return False
        self._waiting = rest
        verb = line[:4].upper()
        transport.write(b"250 OK\r\n" if self._in_body else _ANSWERS.get(verb, b"250 OK\r\n"))
        self._in_body = not self._in_body and verb == b"DATA"
        return True


async def main() -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(Swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ready = orjson.dumps({"url": f"smtp://127.0.0.1:{port}", "pid": os.getpid()}).decode()
    sys.stdout.write(f"READY {ready}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(main())
