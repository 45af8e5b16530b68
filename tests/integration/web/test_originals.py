"""What a message came as, and what it said before, for whoever may see it."""

import re
from html import unescape
from uuid import UUID

from hub.conversations.inbound.ingest import Ingest
from hub.inboxes.open_inbox import InboxRef
from hub.operators.access import Role
from hub.ports import Accepted, Address, Attachment, Change, InboundMessage
from tests.integration.web.conftest import World
from tests.integration.web.shop import API, PICTURE, build, json

RAW = b"Subject: Hello\r\n\r\nHel\xfflo\r\n"
FROM = Address("email", "ivan@example.com")


async def written(world: World, inbox: UUID) -> str:
    """A message with its original that was changed once; its id."""
    ingest = Ingest(world.database, world.clock, world.services.files, tell=lambda _: None)
    ref = InboxRef(inbox, "webchat", "Chat", "mails")
    picture = Attachment("logo.png", PICTURE, inline=True, content_id="logo")
    message = InboundMessage(
        "orig",
        FROM,
        "Hello",
        world.clock(),
        html='<p>Hello <img data-cid="logo"></p>',
        attachments=(picture,),
        raw=RAW,
    )
    answer = InboundMessage("answer", FROM, "And?", world.clock(), thread=("orig",))
    accepted = await ingest.sink(ref).message(message)
    assert isinstance(accepted, Accepted)
    await ingest.sink(ref).message(answer)
    change = Change(
        "edit",
        world.clock(),
        FROM,
        "e1",
        external_id="orig",
        text="Hello again",
        html=message.html,
    )
    await ingest.sink(ref).change(change)
    await ingest.close()
    return f"{API}/messages/{accepted.entry_id}"


async def test_the_original_comes_byte_by_byte_and_is_never_shown(world: World):
    shop = await build(world)
    answer = await shop.member.get(f"{await written(world, shop.public.inbox)}/source")
    assert (answer.status, await answer.read()) == (200, RAW)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    # Of what we wrote ourselves there is none.
    kept = await shop.member.get(f"{API}/messages/{shop.public.answer}/source")
    assert kept.status == 404


async def test_a_mail_is_a_page_of_its_own_with_the_pictures_that_came_along(world: World):
    shop = await build(world)
    address = await written(world, shop.public.inbox)
    answer = await shop.member.get(f"{address}/page")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "https:" not in policy
    picture = re.search(r'src="([^"]+)"', await answer.text())
    assert picture
    # By a signature and not by a sign-in: the frame may have no cookie.
    nobody = await world.client()
    shown = await nobody.get(unescape(picture[1]))
    assert (shown.status, await shown.read()) == (200, PICTURE)
    asked = await shop.member.get(f"{address}/page?images=true")
    assert "https:" in asked.headers["Content-Security-Policy"]
    assert (await shop.member.get(f"{API}/messages/{shop.public.answer}/page")).status == 404


async def test_what_was_said_before_is_listed(world: World):
    shop = await build(world)
    address = await written(world, shop.public.inbox)
    (was,) = (await json(await shop.member.get(f"{address}/versions")))["items"]
    assert (was["version"], was["text"], was["ended_by"]["kind"]) == (1, "Hello", "customer")


async def test_what_is_answered_is_found_by_its_answer(world: World):
    shop = await build(world)
    address = await written(world, shop.public.inbox)
    mine = await json(await shop.member.get(f"{API}/customers?contact_point=email:{FROM.value}"))
    timeline = f"{API}/customers/{mine['items'][0]['id']}/timeline"
    first, answer = (await json(await shop.member.get(timeline)))["items"]
    found = await json(await shop.member.get(f"{API}/messages/{answer['id']}/answered"))
    assert found["id"] == first["id"] == address.rpartition("/")[2]
    assert (await shop.member.get(f"{address}/answered")).status == 404


async def test_what_one_may_not_see_is_not_there(world: World):
    shop = await build(world)
    address = await written(world, shop.secret.inbox)
    for name in ("page", "source", "versions"):
        assert (await shop.member.get(f"{address}/{name}")).status == 200
        assert (await shop.outsider.get(f"{address}/{name}")).status == 404
    reader = await world.as_role(Role.READER)
    assert (await reader.get(f"{API}/messages/{shop.public.message}/versions")).status == 200
