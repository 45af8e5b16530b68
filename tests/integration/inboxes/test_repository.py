"""Inboxes as the API shows and changes them."""

import orjson
import pytest
from sqlalchemy import text

from hub.clock import now
from hub.db.base import Json
from hub.errors import Conflict, Invalid, NotFound
from hub.ids import new_id
from hub.inboxes.registry import Registry
from hub.inboxes.repository import InboxChanges, InboxDraft, InboxRepository
from tests.integration.inboxes.conftest import KEYRING, House


async def test_an_inbox_is_shown_without_its_secrets(house: House):
    inbox = await house.add("fake", {"api_base": "http://a", "secret": "xyzzy"})
    view = await house.view(inbox)
    assert view["id"] == str(inbox)
    assert (view["state"], view["enabled"], view["pool"]) == ("opening", True, "main")
    assert view["settings"]["secret"] == {"set": True}
    assert view["urls"] == {
        "webhook": f"https://hub.example/channels/{inbox}/inbound",
        "status": f"https://hub.example/channels/{inbox}/receipts",
        "chat": None,
    }
    async with house.database.reading() as session:
        stored = await session.scalar(text("SELECT settings::text FROM inboxes"))
    assert "xyzzy" not in str(stored) + orjson.dumps(view).decode()


async def test_web_chat_has_an_address_for_people(house: House):
    repository = InboxRepository(Registry.load(), KEYRING, "https://hub.example")
    async with house.database.transaction() as session:
        inbox = await repository.create(session, InboxDraft("webchat", "Shop", {}), now=now())
    urls = repository.view(inbox)["urls"]
    assert urls == {
        "webhook": None,
        "status": None,
        "chat": f"https://hub.example/chat/{inbox.id}/",
    }


async def test_a_change_raises_the_version_and_clears_the_state(house: House):
    inbox = await house.add("fake", {"api_base": "http://a", "secret": "xyzzy"})
    async with house.database.transaction() as session:
        await session.execute(
            text("UPDATE inboxes SET state = 'down', detail = 'x', remedy = 'y'")
        )
    await house.change(inbox, InboxChanges(name=" Shop ", settings={"api_base": "http://b"}))
    view = await house.view(inbox)
    assert (view["name"], view["state"], view["detail"], view["remedy"]) == (
        "Shop",
        "opening",
        "",
        "",
    )
    assert view["settings"]["api_base"] == "http://b"
    assert view["settings"]["secret"] == {"set": True}
    async with house.database.reading() as session:
        assert await session.scalar(text("SELECT version FROM inboxes")) == 2


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (InboxDraft("pigeon", "A", {}), "channel"),
        (InboxDraft("probe", "  ", {}), "name"),
        (InboxDraft("probe", "A\nB", {}), "name"),
        (InboxDraft("probe", "A", {}, pool=""), "pool"),
        (InboxDraft("fake", "A", {"api_base": "http://a"}), "settings.secret"),
    ],
)
async def test_faults_name_their_field(house: House, draft: InboxDraft, field: str):
    async with house.database.transaction() as session:
        with pytest.raises(Invalid) as refused:
            await house.repository.create(session, draft, now=now())
    assert set(refused.value.fields) == {field}


async def test_what_is_not_there_is_not_found(house: House):
    with pytest.raises(NotFound):
        await house.view(new_id())
    with pytest.raises(NotFound):
        await house.change(new_id(), InboxChanges())


async def test_forms_are_drawn_from_a_schema_that_knows_secrets(house: House):
    schema = house.repository.schema("fake")
    assert schema["properties"]["secret"]["writeOnly"] is True


MAILBOX = {"address": "help@shop.example", "imap_host": "imap.shop.example"}
PROVIDER = {"gateway": "twilio", "account_sid": "AC1", "auth_token": "x"}


@pytest.mark.parametrize(
    ("channel", "first", "same", "another"),
    [
        ("telegram", {"token": "7:AAE-a"}, {"token": "7:BBE-new"}, {"token": "8:AAE-a"}),
        (
            "email",
            MAILBOX | {"folders": ["INBOX", "Shop"]},
            MAILBOX | {"imap_user": "Help@shop.example", "folders": ["shop"]},
            MAILBOX | {"folders": ["Returns"]},
        ),
        (
            "sms",
            PROVIDER | {"number": "+44 7700 900100"},
            PROVIDER | {"number": "+447700900100"},
            PROVIDER | {"number": "+447700900101"},
        ),
    ],
)
async def test_two_inboxes_do_not_share_an_account(
    house: House, channel: str, first: Json, same: Json, another: Json
):
    house.repository = InboxRepository(Registry.load(), KEYRING, "https://hub.example")
    has_it = await house.add(channel, first)
    with pytest.raises(Conflict) as refused:
        await house.add(channel, same)
    assert (refused.value.kind, refused.value.extra) == ("account-in-use", {"id": str(has_it)})
    second = await house.add(channel, another)
    with pytest.raises(Conflict):
        await house.change(second, InboxChanges(settings=same))
    # Its own account is no obstacle; one that is switched off leaves the account to others.
    await house.change(has_it, InboxChanges(name="Shop", settings=first))
    await house.change(has_it, InboxChanges(enabled=False))
    await house.change(second, InboxChanges(settings=same))
    with pytest.raises(Conflict) as back:
        await house.change(has_it, InboxChanges(enabled=True))
    assert back.value.extra == {"id": str(second)}
    await house.change(has_it, InboxChanges(name="Still off"))
