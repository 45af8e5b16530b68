"""Receiving from Dovecot: at once, in order, each mail once, whatever is cut in between."""

import asyncio
from datetime import datetime, timedelta

import pytest
from typing_extensions import override

from channels.email.channel import channel_type
from channels.email.imap import Mailbox
from channels.email.positions import from_json
from hub.clock import now
from hub.ports import InboxMisconfigured, TransientError
from hub.ports.fake import RecordingHost
from hub.tasks import background
from tests.integration.email.mailboxes import Box, mail, until
from tests.mail_server import MailServer


@pytest.fixture
def box(mail_host: MailServer, host: RecordingHost) -> Box:
    return Box(mail_host, host)


async def test_mails_come_in_order_and_are_marked_after_the_commit(box: Box) -> None:
    async with box.receiving():
        box.host.sink.gate.clear()
        await box.comes(mail("one"), mail("two"), mail("three"))
        await asyncio.wait_for(box.host.sink.waiting.wait(), 20)
        assert not [one for one in await box.flags() if "\\Seen" in one]
        box.host.sink.gate.set()
        await box.has("one", "two", "three")
        await box.all_seen(3)


async def test_what_was_there_before_is_left_alone(box: Box) -> None:
    await box.comes(mail("old"))
    async with box.receiving():
        await box.comes(mail("new"))
        await box.has("new")
    flags = await box.flags()
    assert "\\Seen" not in flags[0]


async def test_what_comes_between_opening_and_receiving_is_new(box: Box) -> None:
    async with box.open() as channel:
        await box.comes(mail("at once"))
        async with background() as tasks:
            tasks.start(channel.receive(), "receiving")
            await box.has("at once")


async def test_history_is_imported_silently_and_new_mail_is_not_history(
    mail_host: MailServer, host: RecordingHost
) -> None:
    box = Box(mail_host, host, start="P30D")
    await box.comes(*[mail(f"old {number}") for number in range(60)])
    async with box.receiving():
        await box.comes(mail("new"))
        await until(lambda: len(box.messages) == 61)
    imported = [one.text for one in box.messages if one.imported]
    assert imported == [f"old {number}" for number in range(60)]
    assert [one.text for one in box.messages if not one.imported] == ["new"]
    assert not [one for one in (await box.flags())[:60] if "\\Seen" in one]


async def test_history_is_searched_once_and_goes_on_where_it_was_cut(
    mail_host: MailServer, host: RecordingHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[int] = []

    class Counting(Mailbox):
        @override
        async def uids(
            self, first: int, last: int | None = None, since: datetime | None = None
        ) -> list[int]:
            if last is not None:
                searched.append(first)
            return await super().uids(first, last, since)

    monkeypatch.setattr("channels.email.imap_connect.Mailbox", Counting)
    monkeypatch.setattr("channels.email.receiving.BATCH", 10)
    box = Box(mail_host, host, start="P30D")
    await box.comes(*[mail(f"old {number}") for number in range(60)])
    host.sink.gate.clear()
    async with box.receiving() as faults:
        await asyncio.wait_for(host.sink.waiting.wait(), 20)
        await asyncio.to_thread(box.server.cut)
        host.sink.gate.set()
        await until(lambda: len(set(box.texts)) == 60)
        assert sorted(set(box.texts)) == sorted(f"old {number}" for number in range(60))
        assert faults
        assert searched[0] == 1
        assert len(searched) <= 1 + len(faults)


async def test_several_folders_are_watched(mail_host: MailServer, host: RecordingHost) -> None:
    box = Box(mail_host, host, folders="INBOX, Support")
    async with box.receiving():
        await box.comes(mail("to support"), folder="Support")
        await box.has("to support")
        await box.comes(mail("to all"))
        await box.has("to support", "to all")


async def test_a_killed_server_is_noticed_in_idle_and_come_back_to(box: Box) -> None:
    async with box.receiving() as faults:
        await box.comes(mail("before"))
        await box.has("before")
        await box.all_seen(1)
        await asyncio.to_thread(box.server.cut)
        await until(lambda: faults)
        assert isinstance(faults[0], TransientError)
        await box.comes(mail("after"))
        await box.has("before", "after")


async def test_a_server_that_goes_away_for_good_is_waited_for(box: Box) -> None:
    async with box.receiving() as faults:
        await asyncio.to_thread(box.server.stop_imap)
        try:
            await until(lambda: len(faults) > 2)
        finally:
            await asyncio.to_thread(box.server.start_imap)
        await box.comes(mail("back again"))
        await box.has("back again")


async def test_new_numbers_bring_no_mail_twice(box: Box) -> None:
    await box.comes(mail("from before the hub"), at=now() - timedelta(minutes=1))
    async with box.receiving():
        await box.comes(mail("one"), mail("two"))
        await box.has("one", "two")
        await box.all_seen(2)
    before = from_json(box.host.sink.checkpoints["folder:INBOX"])
    known = [name for one in box.messages for name in one.names]
    await asyncio.to_thread(box.server.renumber, box.address)
    await box.comes(mail("three"))
    async with box.receiving():
        await until(lambda: "three" in box.texts)
        position = from_json(box.host.sink.checkpoints["folder:INBOX"])
    assert position.validity != before.validity
    # The hub knows the two by their other names; the recording sink only shows they are the same.
    again = [one.external_id for one in box.messages if one.text in {"one", "two"}]
    assert [one for one in again[2:] if one not in known] == []
    assert "from before the hub" not in box.texts


async def test_new_numbers_bring_no_large_mail_twice(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.email.receiving.MAX_MAIL", 5_000)
    async with box.receiving():
        await box.comes(mail("x" * 10_000, "Subject: Plans"))
        await until(lambda: len(box.messages) == 1)
        await box.all_seen(1)
    await asyncio.to_thread(box.server.renumber, box.address)
    async with box.receiving():
        await until(lambda: len(box.messages) == 2)
    first, again = box.messages
    assert again.data["subject"] == "Plans"
    assert again.external_id in first.names


async def test_one_bad_mail_never_stops_the_next(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.email.bringing.RISKY", 0)
    async with box.receiving():
        await box.comes(mail("good"))
        await box.has("good")
        uid = from_json(box.host.sink.checkpoints["folder:INBOX"])
        box.host.sink.risky_refused.add(uid.name("INBOX", uid.uid + 1))
        await box.comes(mail("deadly"), mail("better"))
        await box.has("good", "better")
    assert len(box.host.sink.quarantined) == 1


async def test_ten_thousand_mails_in_one_folder(
    mail_host: MailServer, host: RecordingHost
) -> None:
    box = Box(mail_host, host)
    inside = box.server.home(box.address) / "Maildir" / "cur"

    def fill() -> None:
        with box.server.login(box.address) as imap:
            imap.select("INBOX")
        for number in range(10_000):
            (inside / f"1700000000.M{number}.host:2,S").write_bytes(b"Subject: old\n\nold\n")

    await asyncio.to_thread(fill)
    async with box.receiving():
        await box.comes(mail("the newest"))
        await box.has("the newest")


async def test_a_wrong_password_says_what_to_do(box: Box) -> None:
    wrong = box.settings.model_copy(
        update={"imap_password": type(box.settings.imap_password)("no")}
    )
    with pytest.raises(InboxMisconfigured) as refused:
        async with channel_type.open(wrong, box.host):
            pass
    assert refused.value.remedy
    [told] = [one for one in await channel_type.check(wrong, box.host) if "Receiving" in one.what]
    assert told.level == "error"
    assert told.remedy


async def test_a_folder_that_is_not_there_is_named_with_those_that_are(box: Box) -> None:
    wrong = box.settings.model_copy(update={"folders": ("INBOX", "Поддержка")})
    with pytest.raises(InboxMisconfigured, match="Поддержка"):
        async with channel_type.open(wrong, box.host):
            pass
    found = await channel_type.check(wrong, box.host)
    [told] = [one for one in found if one.level == "error"]
    assert "Support" in told.remedy


async def test_a_folder_of_another_alphabet_is_read(
    mail_host: MailServer, host: RecordingHost
) -> None:
    box = Box(mail_host, host, folders="Поддержка & co")

    def make() -> None:
        with box.server.login(box.address) as imap:
            assert imap.create('"&BB8EPgQ0BDQENQRABDYEOgQw- &- co"')[0] == "OK"

    await asyncio.to_thread(make)
    async with box.receiving():
        await box.comes(mail("hier"), folder='"&BB8EPgQ0BDQENQRABDYEOgQw- &- co"')
        await box.has("hier")


@pytest.mark.parametrize("tls", ["starttls", "none"])
async def test_other_ways_to_connect(mail_host: MailServer, host: RecordingHost, tls: str) -> None:
    box = Box(mail_host, host, imap_tls=tls, imap_port=mail_host.imap_port)
    async with box.receiving():
        await box.comes(mail(tls))
        await box.has(tls)


async def test_a_server_nobody_vouches_for_is_refused(box: Box) -> None:
    stranger = box.settings.model_copy(update={"ca_file": ""})
    with pytest.raises(TransientError, match="certificate"):
        async with channel_type.open(stranger, box.host):
            pass


async def test_what_died_between_commit_and_mark_is_marked_later(box: Box) -> None:
    async with box.receiving():
        await box.comes(mail("one"), mail("two"))
        await box.has("one", "two")
        await box.all_seen(2)

    def unmark() -> None:
        with box.server.login(box.address) as imap:
            imap.select("INBOX")
            imap.store("2", "-FLAGS", "(\\Seen)")

    # As if the hub had been killed after the last commit: its mark is missing, the position
    # stands. What came in an earlier batch was marked before.
    await asyncio.to_thread(unmark)
    async with box.receiving():
        await box.all_seen(2)
    assert box.texts == ["one", "two"]


async def test_a_mail_too_large_is_announced(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.email.receiving.MAX_MAIL", 5_000)
    async with box.receiving():
        await box.comes(mail("x" * 10_000, "Subject: Plans"), mail("small"))
        await until(lambda: len(box.messages) == 2)
    large, small = box.messages
    assert large.data["subject"] == "Plans"
    assert int(str(large.data["too_large"])) > 10_000
    assert small.text == "small"


async def test_a_cut_in_the_middle_of_a_mail_loses_nothing(box: Box) -> None:
    big = mail("y" * 8_000_000)
    async with box.receiving() as faults:
        await box.comes(mail("first"))
        await box.has("first")
        await box.comes(big)
        await asyncio.to_thread(box.server.cut)
        await until(lambda: len(box.messages) == 2)
        assert all(isinstance(one, TransientError) for one in faults)
    assert len(box.messages[1].text) == 8_000_000 or box.messages[1].text.startswith("yyy")


async def test_the_hub_away_moves_nothing(box: Box) -> None:
    async with box.receiving():
        box.host.sink.available = False
        await box.comes(mail("one"), mail("two"))
        await asyncio.wait_for(box.host.sink.waiting.wait(), 20)
        assert not [one for one in await box.flags() if "\\Seen" in one]
        box.host.sink.available = True
        await box.has("one", "two")
