"""What the hub gives to a channel: memory of its own, signatures of its own."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.db.engine import Database
from hub.ids import new_id
from hub.inboxes.host import StoredState
from hub.inboxes.open_inbox import InboxRef
from hub.ports import SinkUnavailable
from tests.integration.inboxes.conftest import House

NOW = datetime(2026, 5, 3, 9, 14, tzinfo=UTC)


async def test_state_is_kept_by_inbox_and_key(house: House):
    one, other = await house.add("probe", {}), await house.add("probe", {})
    state = StoredState(house.database, one, lambda: NOW)
    assert await state.get("offset") is None
    await state.put("offset", {"n": 1})
    await state.put("offset", {"n": 2, "word": "да"})
    assert await state.get("offset") == {"n": 2, "word": "да"}
    assert await StoredState(house.database, other, lambda: NOW).get("offset") is None
    await state.delete("offset")
    assert await state.get("offset") is None


async def test_state_expires_to_the_moment(house: House):
    moment = NOW
    state = StoredState(house.database, await house.add("probe", {}), lambda: moment)
    await state.put("visit", {"a": 1}, expires_at=NOW + timedelta(seconds=10))
    moment = NOW + timedelta(seconds=9)
    assert await state.get("visit") == {"a": 1}
    moment = NOW + timedelta(seconds=10)
    assert await state.get("visit") is None
    await state.put("visit", {"a": 2})
    assert await state.get("visit") == {"a": 2}, "no longer expiring"


async def test_a_change_brings_nothing_back(house: House):
    moment = NOW
    state = StoredState(house.database, await house.add("probe", {}), lambda: moment)
    assert not await state.update("visit", {"a": 1})
    assert await state.get("visit") is None
    await state.put("visit", {"a": 1}, expires_at=NOW + timedelta(seconds=10))
    assert await state.update("visit", {"a": 2}, expires_at=NOW + timedelta(seconds=20))
    moment = NOW + timedelta(seconds=15)
    assert await state.get("visit") == {"a": 2}
    moment = NOW + timedelta(seconds=20)
    assert not await state.update("visit", {"a": 3}), "it has expired"


async def test_which_of_many_are_there(house: House):
    moment = NOW
    one, other = await house.add("probe", {}), await house.add("probe", {})
    state = StoredState(house.database, one, lambda: moment)
    await state.put("a", {})
    await state.put("b", {}, expires_at=NOW + timedelta(seconds=10))
    await StoredState(house.database, other, lambda: NOW).put("c", {})
    assert await state.present(["a", "b", "c"]) == {"a", "b"}
    moment = NOW + timedelta(seconds=10)
    assert await state.present(["a", "b", "c"]) == {"a"}
    assert await state.present([]) == frozenset()


async def test_a_database_that_is_away_is_unavailable():
    async with Database.open("postgresql+asyncpg://nobody@127.0.0.1:1/none") as away:
        state = StoredState(away, new_id(), lambda: NOW)
        with pytest.raises(SinkUnavailable):
            await state.get("offset")
        with pytest.raises(SinkUnavailable):
            await state.put("offset", {})
        with pytest.raises(SinkUnavailable):
            await state.update("offset", {})
        with pytest.raises(SinkUnavailable):
            await state.present(["offset"])


async def test_a_signature_is_worth_nothing_at_another_inbox_or_for_another_purpose(house: House):
    one = house._host(InboxRef(await house.add("probe", {}), "probe", "One", "main"))
    other = house._host(InboxRef(await house.add("probe", {}), "probe", "Other", "main"))
    signature = one.sign("reply", "text")
    assert one.verify("reply", "text", signature)
    assert not one.verify("reply", "texts", signature)
    assert not one.verify("visit", "text", signature)
    assert not other.verify("reply", "text", signature)
