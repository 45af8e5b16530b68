"""A chat goes on by mail: when, to whom, with what; never twice, never more than was unread."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from hub.conversations.draft import Note, Sender
from hub.conversations.inbound.attendance import Attendance
from hub.conversations.outbound import reply
from hub.conversations.outbound.chat_mail import KIND, ChatMails
from hub.conversations.outbound.stop_links import StopLinks
from hub.crypto import Keyring
from hub.customers import view
from hub.customers.consents import Purpose
from hub.customers.identify import Home, Seen, identify
from hub.customers.visitors import Place
from hub.deliveries import receipts
from hub.due.queue import Claim, take
from hub.ids import new_id
from hub.operators.access import Viewer
from hub.ports import Address, Capabilities, Proof
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import CAPABILITIES, Channel, Turned

CHAT = replace(CAPABILITIES, awaits_visit=True, can_start=False)
MAIL = Capabilities(
    frozenset({"email"}), 50_000, html=True, subject=True, can_start=True, repeat_is_safe=True
)
LINKS = StopLinks(Keyring("secret"), "https://hub.example")


class Desk:
    """A visitor in a chat, an operator who answers, a mail inbox, and the handler under test."""

    def __init__(self, stage: Stage, chat: UUID, mail: UUID, olga: Viewer) -> None:
        self.stage, self.chat, self.mail, self.olga = stage, chat, mail, olga
        self.letters = Channel(MAIL)
        stage.registry.channels |= {"fake": CHAT, "email": MAIL}
        stage.open_inbox(chat, Channel(CHAT))
        stage.open_inbox(mail, self.letters)

    @property
    def handler(self) -> ChatMails:
        return ChatMails(self.stage.database, self.stage.clock, self.stage.registry, LINKS)

    async def claims(self) -> list[Claim]:
        async with self.stage.database.at_once() as session:
            found = await take(
                session, [KIND], now=self.stage.clock(), limit=10, lease=timedelta(seconds=60)
            )
        return list(found.claims)

    async def look(self) -> list[str]:
        """Do what is due; the texts of the mails that came of it, each sent."""
        before = len(self.letters.sent)
        await self.handler.look(await self.claims())
        await self.stage.pump(self.stage.outbox())
        return self.letters.texts[before:]

    async def visitor(self, email: str = "") -> Home:
        await self.stage.writes(self.chat, "visit", "Hello?")
        home = await self.stage.contact("visit")
        if email:
            await self.claims_address(email)
        return home

    async def claims_address(self, email: str) -> None:
        await self.stage.execute(
            "UPDATE contact_points SET claimed = CAST(:claims AS jsonb) WHERE value = 'visit'",
            claims=orjson.dumps({"email": email, "by": "visitor"}).decode(),
        )

    async def answers(self, home: Home, words: str) -> None:
        await self.stage.sends(home, self.olga, words, contact_point=home.contact_point_id)
        await self.stage.pump(self.stage.outbox())

    async def known(self, address: str, proof: Proof = Proof.PROVIDER) -> Home:
        async with self.stage.database.transaction() as session:
            (home,) = await identify(
                session,
                [Seen("email", address, proof)],
                evidence_by=("system", None),
                now=self.stage.clock(),
            )
        return home

    async def here(self) -> list[bool]:
        """What operators are told of the visitor, for each inbox."""
        home = await self.stage.contact("visit")
        async with self.stage.database.reading() as session:
            (shown,) = await view.load(session, [home.root_id], self.stage.clock())
        return [one["here"] for one in shown["contact_points"][0]["inboxes"]]


@pytest.fixture
async def desk(stage: Stage) -> Desk:
    chat = await stage.inbox(None, name="Shop")
    mail = new_id()
    await stage.execute(
        "INSERT INTO inboxes (id, channel, name, settings, state) "
        "VALUES (:id, 'email', 'Mail', '{}', 'open')",
        id=mail,
    )
    return Desk(stage, chat, mail, await stage.operator("Olga"))


async def test_what_nobody_read_for_ten_minutes_is_mailed_once(desk: Desk, clock: Turned):
    home = await desk.visitor("Anna@Customer.example")
    await desk.answers(home, "It is on its way.")
    clock.turn(minutes=9)
    assert await desk.look() == []
    await desk.answers(home, "It arrives tomorrow.")
    clock.turn(minutes=1, seconds=1)
    (text,) = await desk.look()
    assert "It is on its way." in text
    assert "It arrives tomorrow." in text
    (mail,) = desk.letters.sent
    assert mail.address.value == "anna@customer.example"
    assert mail.subject == "Your chat with Shop"
    assert (mail.automatic, mail.conversation_id is not None) == (True, True)
    assert LINKS.read(mail.unsubscribe_url.rpartition("/")[2]) is not None
    clock.turn(minutes=60)
    assert await desk.look() == []


async def test_who_is_on_the_page_is_mailed_only_once_he_has_left(desk: Desk, clock: Turned):
    home = await desk.visitor("anna@customer.example")
    attendance = [Attendance(desk.stage.database) for _ in range(2)]
    place = Place(desk.chat, "fake", "visit")
    for node in attendance:
        node.note(place, here=True)
        await node.write()
    assert await desk.here() == [True]
    await desk.answers(home, "It is on its way.")
    clock.turn(minutes=11)
    assert await desk.look() == []
    # On one of two nodes only.
    attendance[0].note(place, here=False)
    await attendance[0].write()
    clock.turn(minutes=1, seconds=1)
    assert await desk.look() == []
    # The other one has died: what it said is believed for seconds.
    await desk.stage.execute("UPDATE visitors SET seen_at = now() - interval '51 seconds'")
    assert await desk.here() == [False]
    clock.turn(minutes=1, seconds=1)
    (text,) = await desk.look()
    assert "It is on its way." in text


async def test_who_comes_back_while_it_is_written_down_is_there(desk: Desk):
    await desk.visitor()
    attendance, place = Attendance(desk.stage.database), Place(desk.chat, "fake", "visit")
    attendance.note(place, here=True)
    await attendance.write()
    attendance.note(place, here=False)
    attendance.note(place, here=True)
    # Whom nobody knows yet is no fault.
    attendance.note(Place(desk.chat, "fake", "stranger"), here=True)
    await attendance.write()
    assert await desk.here() == [True]


async def test_what_was_read_is_not_mailed(desk: Desk, clock: Turned):
    home = await desk.visitor("anna@customer.example")
    await desk.answers(home, "It is on its way.")
    (entry,) = await desk.stage.execute(
        "SELECT position FROM entries WHERE direction = 'outbound'"
    )
    async with desk.stage.database.transaction() as session:
        await receipts.read_up_to(
            session,
            desk.chat,
            home.contact_point_id,
            position=entry.position,
            at=clock(),
            now=clock(),
        )
    clock.turn(minutes=11)
    assert await desk.look() == []
    assert await desk.claims() == []


async def test_the_next_mail_waits_a_quarter_of_an_hour_and_brings_only_what_is_new(
    desk: Desk, clock: Turned
):
    home = await desk.visitor("anna@customer.example")
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    assert len(await desk.look()) == 1
    await desk.answers(home, "Two.")
    clock.turn(minutes=11)
    assert await desk.look() == []
    clock.turn(minutes=5)
    (text,) = await desk.look()
    assert "Two." in text
    assert "One." not in text


async def test_two_nodes_with_the_same_work_send_one_mail(desk: Desk, clock: Turned):
    home = await desk.visitor("anna@customer.example")
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    claims = await desk.claims()
    await asyncio.gather(*(desk.handler.look(claims) for _ in range(4)))
    await desk.stage.pump(desk.stage.outbox())
    assert len(desk.letters.sent) == 1


async def test_a_process_that_dies_before_its_commit_leaves_the_work_to_the_next(
    desk: Desk, clock: Turned
):
    home = await desk.visitor("anna@customer.example")
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    assert len(await desk.claims()) == 1
    clock.turn(seconds=61)
    assert len(await desk.look()) == 1


async def test_notes_and_what_machines_said_stay_here(desk: Desk, clock: Turned):
    home = await desk.visitor("anna@customer.example")
    async with desk.stage.database.transaction() as session:
        note = Note("She is a difficult one.")
        await reply.note(session, home.root_id, note, by=Sender.of(desk.olga), now=clock())
    await desk.stage.rule_sends(home, "Your order left.", contact_point=home.contact_point_id)
    await desk.answers(home, "Soon.")
    clock.turn(minutes=11)
    (text,) = await desk.look()
    assert "Soon." in text
    assert "difficult" not in text
    assert "order left" not in text


async def test_without_an_address_nothing_goes_until_one_is_left(desk: Desk, clock: Turned):
    home = await desk.visitor()
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    assert await desk.look() == []
    assert await desk.stage.execute("SELECT * FROM chat_mails") == []
    await desk.claims_address("no address at all")
    await desk.answers(home, "Two.")
    clock.turn(minutes=11)
    assert await desk.look() == []


async def test_a_stranger_whose_address_was_typed_learns_the_unread_words_and_no_more(
    desk: Desk, clock: Turned
):
    stranger = await desk.known("victim@customer.example")
    home = await desk.visitor("victim@customer.example")
    await desk.answers(home, "First.")
    (entry,) = await desk.stage.execute(
        "SELECT position FROM entries WHERE direction = 'outbound'"
    )
    async with desk.stage.database.transaction() as session:
        await receipts.read_up_to(
            session, desk.chat, home.contact_point_id,
            position=entry.position, at=clock(), now=clock(),
        )  # fmt: skip
    await desk.answers(home, "Second.")
    clock.turn(minutes=11)
    (text,) = await desk.look()
    assert "Second." in text
    assert "First." not in text
    assert "Hello?" not in text
    # Nothing joins the two, and nothing of it stands on the stranger's timeline.
    roots = await desk.stage.execute("SELECT DISTINCT root_id FROM streams")
    assert {stranger.root_id, home.root_id} <= {one.root_id for one in roots}
    assert stranger.root_id != home.root_id
    theirs = await desk.stage.execute(
        "SELECT e.id FROM entries e JOIN streams s ON s.id = e.stream_id WHERE s.root_id = :root",
        root=stranger.root_id,
    )
    assert theirs == []


async def test_the_mail_and_its_reason_stand_on_the_visitors_timeline(desk: Desk, clock: Turned):
    home = await desk.visitor("anna@customer.example")
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    await desk.look()
    (mail,) = await desk.stage.execute(
        "SELECT e.*, s.root_id, s.contact_point_id AS home FROM entries e "
        "JOIN streams s ON s.id = e.stream_id WHERE e.purpose = 'chat-mail'"
    )
    # Not in the chat's own stream: that is what the visitor's widget shows.
    assert (mail.root_id, mail.home) == (home.root_id, None)
    assert (mail.channel, mail.automatic, mail.status) == ("email", True, "sent")
    (decision,) = await desk.stage.execute("SELECT * FROM decisions WHERE purpose = 'chat-mail'")
    assert (decision.outcome, decision.reason) == ("sent", "unread-in-chat")
    assert decision.entry_id == mail.id


async def test_who_asked_for_silence_gets_none_and_the_decision_says_so(desk: Desk, clock: Turned):
    await desk.known("anna@customer.example")
    await desk.stage.execute(
        "UPDATE contact_points SET opted_out_at = now() WHERE scheme = 'email'"
    )
    home = await desk.visitor("anna@customer.example")
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    assert await desk.look() == []
    (decision,) = await desk.stage.execute("SELECT * FROM decisions WHERE purpose = 'chat-mail'")
    assert (decision.outcome, decision.reason) == ("suppressed", "opted-out")
    clock.turn(minutes=60)
    assert await desk.look() == []


async def test_a_link_to_stop_that_was_changed_is_nobodys():
    token = LINKS.url(UUID(int=5)).rpartition("/")[2]
    assert LINKS.read(token) == (UUID(int=5), Purpose.ALL)
    for forged in ("", ".", "x.y", f"{UUID(int=6)}.{token.partition('.')[2]}", token + "A"):
        assert LINKS.read(forged) is None


async def mail_from(desk: Desk, sender: str, **changes):
    """An answer by mail, with the signature that the chat's mail carried."""
    (mail,) = desk.letters.sent
    named = {"conversation_id": mail.conversation_id, **changes}
    return await desk.stage.writes(
        desk.mail, "", "By mail now.", address=Address("email", sender), **named
    )


async def customers(desk: Desk) -> dict[str, UUID]:
    rows = await desk.stage.execute(
        "SELECT p.value, s.root_id FROM streams s "
        "JOIN contact_points p ON p.id = s.contact_point_id"
    )
    return {one.value: one.root_id for one in rows}


async def test_the_answer_by_mail_comes_into_the_same_conversation(desk: Desk, clock: Turned):
    home = await desk.visitor("anna@customer.example")
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    await desk.look()
    await mail_from(desk, "anna@customer.example")
    (conversation,) = await desk.stage.conversations()
    (entry,) = await desk.stage.execute("SELECT * FROM entries WHERE text = 'By mail now.'")
    assert entry.conversation_id == conversation.id
    assert set((await customers(desk)).values()) == {home.root_id}
    told = await desk.stage.execute("SELECT data FROM entries WHERE kind = 'activity'")
    (merged,) = [one.data for one in told if one.data["activity"] == "customer.merged"]
    assert merged["evidence"] == "reply"
    # The chat shows what was said in the chat.
    (chat,) = await desk.stage.execute(
        "SELECT count(*) AS n FROM entries WHERE stream_id = :stream AND text = 'By mail now.'",
        stream=home.stream_id,
    )
    assert chat.n == 0


async def test_an_answer_from_yet_another_address_joins_too(desk: Desk, clock: Turned):
    home = await desk.visitor("anna@customer.example")
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    await desk.look()
    await mail_from(desk, "anna@work.example")
    assert (await customers(desk))["anna@work.example"] == home.root_id
    assert len(await desk.stage.conversations()) == 1


async def test_somebody_known_is_not_joined_by_an_answer(desk: Desk, clock: Turned):
    await desk.stage.writes(
        desk.mail, "", "My own matter.", address=Address("email", "victim@customer.example")
    )
    home = await desk.visitor("victim@customer.example")
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    await desk.look()
    await mail_from(desk, "victim@customer.example")
    assert (await customers(desk))["victim@customer.example"] != home.root_id
    (entry,) = await desk.stage.execute("SELECT * FROM entries WHERE text = 'By mail now.'")
    (chat,) = [one for one in await desk.stage.conversations() if one.inbox_id == desk.chat]
    assert entry.conversation_id != chat.id


@pytest.mark.parametrize("changes", [{"automatic": True}, {"imported": True}])
async def test_a_machines_answer_joins_nobody(desk: Desk, clock: Turned, changes: dict[str, bool]):
    home = await desk.visitor("anna@customer.example")
    await desk.answers(home, "One.")
    clock.turn(minutes=11)
    await desk.look()
    await mail_from(desk, "anna@customer.example", **changes)
    assert (await customers(desk))["anna@customer.example"] != home.root_id


async def test_whoever_got_a_copy_is_somebody_else(desk: Desk):
    desk.stage.registry.channels["email"] = replace(MAIL, cc=True)
    await desk.stage.writes(
        desk.mail, "", "My own matter.", address=Address("email", "anna@customer.example"),
        data={"cc": [{"name": "Pit", "address": "Pit@Lawyer.example"}]},
    )  # fmt: skip
    anna = await desk.known("anna@customer.example")
    sent = await desk.stage.sends(anna, desk.olga, "Yes.", cc=("kate@lawyer.example",))
    for lawyer in ("kate@lawyer.example", "pit@lawyer.example"):
        await desk.stage.writes(
            desk.mail, "", "I advise her.", address=Address("email", lawyer),
            conversation_id=sent.conversation_id,
        )  # fmt: skip
        assert (await customers(desk))[lawyer] != anna.root_id


async def test_an_operator_who_answers_a_forwarded_mail_is_no_customer(desk: Desk):
    assert await joined_by(desk, "OLGA@example.com") is False
    assert await joined_by(desk, "olga@home.example") is True


async def test_another_inbox_of_ours_is_no_customer(desk: Desk):
    await desk.stage.execute(
        "INSERT INTO inboxes (id, channel, name, settings) "
        "VALUES (:id, 'email', 'Sales', CAST(:settings AS jsonb))",
        id=new_id(),
        settings='{"address": "Sales@shop.example"}',
    )
    assert await joined_by(desk, "sales@shop.example") is False
    assert await joined_by(desk, "sales@home.example") is True


async def joined_by(desk: Desk, address: str) -> bool:
    """Whether somebody new there joins a customer by a signature of ours."""
    anna = await desk.known(f"anna-{address}")
    sent = await desk.stage.sends(anna, desk.olga, "Yes.")
    await desk.stage.writes(
        desk.mail, "", "I see.", address=Address("email", address),
        conversation_id=sent.conversation_id,
    )  # fmt: skip
    return bool((await customers(desk))[address.lower()] == anna.root_id)
