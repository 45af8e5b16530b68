"""The supervisor: open what is enabled, receive once, say how it is, survive every channel."""

import asyncio
import time
from uuid import UUID

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hub.db.engine import Database
from hub.errors import Unavailable
from hub.inboxes import supervisor as supervising
from hub.inboxes.backoff import Backoff
from hub.inboxes.repository import InboxChanges
from hub.inboxes.ways import carried
from hub.ports import InboxMisconfigured, SinkUnavailable, TransientError
from hub.ports.fake import FakeProvider
from hub.ports.fake import channel_type as fake_type
from tests.integration.inboxes.conftest import House, Probe, for_ever, nothing
from tests.nodes import until

SECRET = "s3cret-of-the-fake"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch):
    """Backoff starts at 50 ms: no test waits for seconds."""
    monkeypatch.setattr(Backoff.__init__, "__defaults__", (0.05, 300.0))


async def test_enabled_inboxes_are_open_and_say_so(house: House):
    inbox = await house.add("probe", {})
    disabled = await house.add("probe", {}, enabled=False)
    async with house.node() as node:
        await house.state_is(inbox, "open")
        opened = node.supervisor.channel(inbox)
        assert opened is not None
        assert opened.name == "The probe"
        assert opened.capabilities.max_text_length == 100
        assert node.supervisor.channel(disabled) is None
        assert (await house.view(disabled))["state"] == "disabled"


async def test_who_calls_an_inbox_that_is_to_be_open_is_never_told_there_is_none(
    house: House, probe: Probe
):
    inbox = await house.add("probe", {})
    disabled = await house.add("probe", {}, enabled=False)
    probe.opening = for_ever
    async with house.node() as node:
        with pytest.raises(Unavailable):
            node.supervisor.called(disabled)  # nobody has looked yet
        await until(lambda: probe.opened)
        with pytest.raises(Unavailable):
            node.supervisor.called(inbox)
        assert node.supervisor.called(disabled) is None
        assert node.supervisor.called(inbox, "chat") is None, "it has no such path"
    async with house.node() as node:
        probe.opening = nothing
        await house.state_is(inbox, "open")
        assert node.supervisor.called(inbox) is node.supervisor.channel(inbox) is not None
        assert node.supervisor.called(inbox, "chat") is None


async def test_opening_is_told_to_what_waits_for_it_and_again_once_every_node_may_know(
    house: House,
):
    told = []

    async def opened(inbox_id: UUID) -> None:
        told.append((inbox_id, (await house.view(inbox_id))["state"]))

    inbox = await house.add("probe", {})
    async with house.node(opened=opened):
        await until(lambda: len(told) == 2)
    assert told == [(inbox, "opening"), (inbox, "open")]


async def test_who_could_not_be_told_that_it_opened_is_told_as_soon_as_that_works(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(supervising, "LOOK_EVERY", 0.05)
    tries = []

    async def opened(inbox_id: UUID) -> None:
        tries.append(inbox_id)
        if len(tries) < 5:
            raise RuntimeError

    inbox = await house.add("probe", {})
    async with house.node(opened=opened) as node:
        await house.state_is(inbox, "open")
        assert node.supervisor.channel(inbox) is not None
        await until(lambda: len(tries) >= 5)
        # Another look or two later.
        await house.state_is(await house.add("probe", {}), "open")
    assert tries.count(inbox) == 5, "and no more than that"


async def test_a_driver_that_hides_the_cancellation_does_not_keep_it_open(
    house: House, probe: Probe
):
    telling = asyncio.Event()

    async def opened(_inbox_id: object) -> None:
        telling.set()
        try:
            await for_ever()
        except asyncio.CancelledError:
            raise ConnectionError("The rollback failed on the way out.") from None

    await house.add("probe", {})
    async with house.node(opened=opened), asyncio.timeout(30):
        await telling.wait()
    assert (probe.open_now, probe.most_receivers) == (0, 0)


async def test_an_inbox_added_changed_or_disabled_later_is_followed_at_once(
    house: House, probe: Probe, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(supervising, "LOOK_EVERY", 600.0)

    async def take_a_while() -> None:
        await asyncio.sleep(0.1)

    probe.closing = take_a_while
    async with house.node() as node:
        inbox = await house.add("probe", {"mark": "one"})
        await house.state_is(inbox, "open", within=20)
        await house.change(inbox, InboxChanges(settings={"mark": "two"}))
        await until(lambda: probe.opened == ["one", "two"], within=20)
        await house.state_is(inbox, "open", within=20)
        await house.change(inbox, InboxChanges(enabled=False))
        await until(lambda: node.supervisor.channel(inbox) is None, within=20)
        await until(lambda: probe.open_now == 0, within=20)
        assert (await house.view(inbox))["state"] == "disabled"
    assert probe.most_open == 1, "first close, then open anew"


async def test_wrong_credentials_close_it_until_the_settings_change(house: House):
    async with FakeProvider.open(SECRET) as provider, house.node() as node:
        inbox = await house.add("fake", {"api_base": provider.api_base, "secret": "wrong"})
        view = await house.state_is(inbox, "misconfigured")
        assert view["detail"] == "The provider refuses the secret."
        assert view["remedy"] == "Enter the secret again."
        assert node.supervisor.channel(inbox) is None
        (scheme,) = fake_type.capabilities.address_schemes
        assert not await carried(house.database, house.registry, scheme), "promise nothing"
        await house.change(inbox, InboxChanges(settings={"secret": SECRET}))
        view = await house.state_is(inbox, "open")
        assert await carried(house.database, house.registry, scheme)
        assert (view["detail"], view["remedy"]) == ("", "")


async def test_misconfigured_is_not_tried_again_by_itself(house: House, probe: Probe):
    async def refuse() -> None:
        raise InboxMisconfigured("The password is wrong.", remedy="Enter it again.")

    probe.opening = refuse
    inbox = await house.add("probe", {})
    async with house.node():
        await house.state_is(inbox, "misconfigured")
        await asyncio.sleep(0.3)
        assert len(probe.opened) == 1


async def test_sending_that_finds_the_settings_wrong_closes_it(house: House, probe: Probe):
    inbox = await house.add("probe", {})
    async with house.node() as node:
        await house.state_is(inbox, "open")
        opened = node.supervisor.channel(inbox)
        assert opened is not None
        opened.misconfigured(InboxMisconfigured("The token was revoked.", remedy="Make one."))
        opened.misconfigured(InboxMisconfigured("Said twice.", remedy=""))
        view = await house.state_is(inbox, "misconfigured")
        assert view["detail"] == "The token was revoked."
        assert node.supervisor.channel(inbox) is None
        assert probe.open_now == 0
        await house.change(inbox, InboxChanges())
        await house.state_is(inbox, "open")


async def test_a_lost_connection_is_opened_again(house: House, probe: Probe):
    lost = asyncio.Event()

    async def receive() -> None:
        await lost.wait()
        lost.clear()
        raise TransientError("The server hung up.")

    probe.receiving = receive
    inbox = await house.add("probe", {})
    async with house.node():
        await house.state_is(inbox, "open")
        lost.set()
        await until(lambda: len(probe.opened) == 2)
        await house.state_is(inbox, "open")


async def test_down_says_why(house: House, probe: Probe):
    async def fail() -> None:
        raise TransientError("The server does not answer.")

    probe.opening = fail
    inbox = await house.add("probe", {})
    async with house.node():
        view = await house.state_is(inbox, "down")
        assert view["detail"] == "The server does not answer."
        assert view["remedy"]


async def test_the_words_of_an_unknown_error_stay_in_the_log(house: House, probe: Probe):
    async def fail() -> None:
        raise RuntimeError("https://user:hunter2@provider.example")

    probe.opening = fail
    inbox = await house.add("probe", {})
    async with house.node():
        view = await house.state_is(inbox, "down")
        assert "hunter2" not in repr(view)
        assert "RuntimeError" in view["detail"]


async def test_a_flapping_inbox_is_logged_once_and_slows_down(house: House, probe: Probe):
    failing = True

    async def receive() -> None:
        if failing:
            raise TransientError("The server hung up.")
        await for_ever()

    probe.receiving = receive
    inbox = await house.add("probe", {})
    with capture_logs() as lines:
        async with house.node(stable_after=0.3):
            await until(lambda: len(probe.opened) == 5)
            assert [line["event"] for line in lines if "inbox" in line["event"]] == ["inbox.down"]
            failing = False
            await until(lambda: any(line["event"] == "inbox.back" for line in lines))
            await house.state_is(inbox, "open")
    assert [line["event"] for line in lines if "inbox." in line["event"]] == [
        "inbox.down",
        "inbox.back",
    ]


async def test_opening_alone_does_not_forget_earlier_failures(house: House, probe: Probe):
    async def receive() -> None:
        raise TransientError("The server hung up.")

    probe.receiving = receive
    await house.add("probe", {})
    async with house.node():
        started = time.monotonic()
        await until(lambda: len(probe.opened) == 6)
        # 0.05 + 0.1 + 0.2 + 0.4 + 0.8 s, each shortened by half at most.
        assert time.monotonic() - started > 0.7


async def test_a_database_that_is_away_does_not_count_against_the_inbox(
    house: House, probe: Probe, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hub.inboxes.upkeep._DATABASE_AWAY", 0.01)

    async def receive() -> None:
        raise SinkUnavailable

    probe.receiving = receive
    await house.add("probe", {})
    async with house.node():
        await until(lambda: len(probe.opened) == 12, within=20)


async def test_one_broken_inbox_never_hurts_another(house: House, probe: Probe):
    async def hang() -> None:
        await for_ever()

    probe.opening = hang
    hanging = await house.add("probe", {})
    async with FakeProvider.open(SECRET) as provider, house.node() as node:
        inbox = await house.add("fake", {"api_base": provider.api_base, "secret": SECRET})
        await house.state_is(inbox, "open")
        assert node.supervisor.channel(hanging) is None
        assert (await house.view(hanging))["state"] == "opening"


async def test_an_unusable_channel_says_what_to_do(house: House, database: Database):
    inbox = await house.add("probe", {})
    async with database.transaction() as session:
        await session.execute(text("UPDATE inboxes SET channel = 'pigeon'"))
    async with house.node():
        view = await house.state_is(inbox, "misconfigured")
        assert "pigeon" in view["detail"]
        assert "Install it" in view["remedy"]


async def test_settings_under_another_secret_key_are_told(house: House, database: Database):
    inbox = await house.add("probe", {"token": "abc"})
    async with database.transaction() as session:
        await session.execute(
            text("""UPDATE inboxes SET settings = jsonb_set(settings, '{token,$secret}', '"x"')""")
        )
    async with house.node():
        view = await house.state_is(inbox, "misconfigured")
        assert "HUB_SECRET_KEY" in view["detail"]


async def test_every_node_has_it_open_and_one_receives(house: House, probe: Probe):
    inbox = await house.add("probe", {})
    async with house.node() as one, house.node() as other:
        await until(lambda: one.supervisor.channel(inbox) and other.supervisor.channel(inbox))
        await until(lambda: probe.receivers == 1)
        await house.state_is(inbox, "open")
        await one.stop()
        await until(lambda: probe.receivers == 1 and probe.open_now == 1, within=5)
        await house.state_is(inbox, "open")
    assert probe.most_receivers == 1


async def test_a_node_without_the_lease_does_not_speak_for_the_inbox(house: House, probe: Probe):
    inbox = await house.add("probe", {})
    async with house.node():
        await house.state_is(inbox, "open")

        async def fail() -> None:
            raise TransientError("This node has no network.")

        probe.opening = fail
        async with house.node() as other:
            await until(lambda: len(probe.opened) >= 4)
            assert other.supervisor.channel(inbox) is None
            assert (await house.view(inbox))["state"] == "open"


async def test_a_state_is_written_and_announced_once(house: House, database: Database):
    inbox = await house.add("probe", {})
    async with house.node(), house.node():
        await house.state_is(inbox, "open")
        await asyncio.sleep(0.3)
    async with database.reading() as session:
        states = list(
            await session.scalars(
                text("""SELECT data->>'state' FROM pending_events
                        WHERE type = 'inbox.state_changed' ORDER BY n""")
            )
        )
    assert states == ["opening", "open"]


async def test_stopping_does_not_wait_for_a_channel_that_hangs(
    house: House, probe: Probe, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(supervising, "CLOSE_WITHIN", 0.2)
    released = asyncio.Event()

    async def hang() -> None:
        await released.wait()

    probe.closing = hang
    inbox = await house.add("probe", {})
    async with house.node() as node:
        await house.state_is(inbox, "open")
        # It would hang for as long as the channel does.
        await node.stop()
        assert not released.is_set()
        released.set()


async def test_what_has_expired_is_swept(house: House, database: Database):
    inbox = await house.add("probe", {})
    async with database.transaction() as session:
        await session.execute(
            text("""INSERT INTO channel_state (inbox_id, key, expires_at)
                    VALUES (:id, 'old', now() - interval '1 second'),
                           (:id, 'new', now() + interval '1 hour'), (:id, 'kept', NULL)"""),
            {"id": inbox},
        )
    async with house.node():
        await house.state_is(inbox, "open")
        async with database.reading() as session:
            keys = set(await session.scalars(text("SELECT key FROM channel_state")))
    assert keys == {"new", "kept"}
