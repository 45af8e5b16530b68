"""A mail that takes the process that reads mails down, or holds it up, costs that mail alone."""

import asyncio
import signal

import pytest
from typing_extensions import override

from channels.email.parsing.reading import Reading
from channels.email.reader import Reader, Unreadable
from hub.ports.fake import RecordingHost
from tests.integration.email.mailboxes import PATIENCE, Box, mail, until
from tests.mail_server import MailServer


class Watched(Reader):
    """The channel's own reader, whose process can be stopped and killed."""

    newest: "Watched"

    def __init__(self) -> None:
        super().__init__()
        self.reading = asyncio.Event()
        Watched.newest = self

    @override
    async def read(self, raw: bytes) -> Reading:
        # Whoever waits for it goes on when the mail is with the process: nothing before yields.
        self.reading.set()
        return await super().read(raw)

    def hold(self) -> None:
        """The process answers nothing from now on."""
        self.reading.clear()
        self._signal(signal.SIGSTOP)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def wait_at_most(self, seconds: float) -> None:
        self._patience = seconds

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@pytest.mark.parametrize(("ends", "why"), [("dies", "died"), ("hangs", "took longer")])
async def test_a_deadly_mail_is_put_aside_and_the_next_one_comes(
    mail_host: MailServer,
    host: RecordingHost,
    monkeypatch: pytest.MonkeyPatch,
    ends: str,
    why: str,
) -> None:
    monkeypatch.setattr("channels.email.channel.Reader", Watched)
    box = Box(mail_host, host)
    async with box.receiving() as faults:
        await box.comes(mail("good"))
        await box.has("good")
        reader = Watched.newest
        reader.hold()
        reader.wait_at_most(0.5 if ends == "hangs" else PATIENCE)
        await box.comes(mail("deadly"))
        await asyncio.wait_for(reader.reading.wait(), PATIENCE)
        if ends == "dies":
            reader.kill()
        await until(lambda: host.sink.quarantined)
        reader.wait_at_most(PATIENCE)
        await box.comes(mail("better"))
        await box.has("good", "better")
        assert not faults
    [kept] = host.sink.quarantined.values()
    assert why in kept.error
    assert b"deadly" in kept.raw


async def test_of_the_mails_in_its_pipe_only_the_one_it_died_of_is_lost() -> None:
    async with Watched() as reader, asyncio.TaskGroup() as tasks:
        assert (await reader.read(mail("first"))).mail.text == "first"
        reader.hold()
        asked = [tasks.create_task(_tried(reader, mail(f"number {n}"))) for n in range(5)]
        await asyncio.wait_for(reader.reading.wait(), PATIENCE)
        # Who gives up meanwhile takes nothing from the others.
        asked[2].cancel()
        reader.kill()
        assert "died" in await asked[0]
        told = [await asked[n] for n in (1, 3, 4)]
    assert told == ["number 1", "number 3", "number 4"]


async def _tried(reader: Reader, raw: bytes) -> str:
    try:
        return (await reader.read(raw)).mail.text
    except Unreadable as error:
        return str(error)
