"""Answering a customer: where it goes, what it leaves behind, when it is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.conversations.draft import Cause, Note, Sender
from hub.conversations.outbound import unsent
from hub.conversations.outbound.posting import Sent
from hub.conversations.outbound.reply import Suppressed, note
from hub.customers.identify import Home
from hub.errors import Conflict, Invalid, NotFound
from hub.operators.access import Viewer
from hub.ports import Button, Capabilities, PermanentError
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import CAPABILITIES, Channel, Turned


async def test_an_answer_goes_back_where_the_customer_wrote_from(stage: Stage, clock: Turned):
    channel = Channel()
    inbox = await stage.inbox(channel)
    await stage.writes(inbox, "anna", "Where is my parcel?", reply_address="chat 7")
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    clock.turn(minutes=1)
    sent = await stage.sends(anna, olga, "On its way.")
    await stage.pump(stage.outbox())
    (message,) = channel.sent
    assert (message.text, message.reply_address, message.author_name) == (
        "On its way.",
        "chat 7",
        "Olga",
    )
    (conversation,) = await stage.conversations()
    assert sent.conversation_id == conversation.id == message.conversation_id
    assert conversation.waiting_since is None
    assert conversation.first_replied_at == conversation.updated_at == clock()
    assert (conversation.last_position, conversation.status) == (sent.position, "open")
    (decision,) = await stage.execute("SELECT * FROM decisions")
    assert (decision.outcome, decision.reason) == ("sent", "last-inbound")
    assert (decision.id, decision.entry_id) == (sent.decision_id, sent.entry_id)
    assert [one["chosen"] for one in decision.candidates] == [True]
    created = (await stage.events("message.created"))[-1]
    assert created.data["direction"] == "outbound"
    assert created.position == sent.position


async def test_an_answer_names_the_message_it_answers(stage: Stage):
    channel = Channel(replace(CAPABILITIES, subject=True))
    stage.registry.channels["fake"] = channel.capabilities
    inbox = await stage.inbox(channel)
    await stage.writes(inbox, "anna", "?", external_id="<m1@x>", data={"subject": "Parcel"})
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    await stage.sends(anna, olga, "Soon.")
    await stage.writes(inbox, "anna", "?", external_id="<m2@x>", data={"subject": "Re: Parcel"})
    await stage.sends(anna, olga, "Very soon.")
    await stage.pump(stage.outbox())
    assert [(one.subject, one.in_reply_to) for one in channel.sent] == [
        ("Re: Parcel", "<m1@x>"),
        ("Re: Parcel", "<m2@x>"),
    ]


async def test_a_mail_is_answered_with_what_it_said_of_itself(stage: Stage):
    channel = Channel(replace(CAPABILITIES, subject=True, html=True, cc=True))
    stage.registry.channels["fake"] = channel.capabilities
    inbox = await stage.inbox(channel)
    said = {"message_id": "m1@x", "references": ["m0@x"], "subject": "AW: Re: Parcel"}
    await stage.writes(
        inbox,
        "anna",
        "Where is it?",
        sender_name="Anna",
        data={**said, "full_text": "long " * 3_000},
    )
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    sent = await stage.sends(
        anna, olga, "", html="<p>On its <b>way</b>.<script>x</script></p>", quote=True,
        cc=("Kate@X.example",), bcc=("boss@x.example",),
    )  # fmt: skip
    await stage.pump(stage.outbox())
    (mail,) = channel.sent
    assert mail.answered == said
    assert mail.quoted is not None
    assert (mail.quoted.text, mail.quoted.author) == ("Where is it?", "Anna")
    assert (mail.subject, mail.cc, mail.bcc) == (
        "Re: Parcel",
        ("kate@x.example",),
        ("boss@x.example",),
    )
    assert (mail.text, mail.html) == ("On its way.", "<p>On its <b>way</b>.</p>")
    (entry,) = await stage.execute(
        "SELECT text, html, data FROM entries WHERE id = :id", id=sent.entry_id
    )
    assert (entry.text, entry.html) == (mail.text, mail.html)
    assert entry.data == {
        "subject": "Re: Parcel",
        "cc": ["kate@x.example"],
        "bcc": ["boss@x.example"],
    }
    assert await stage.execute("SELECT id FROM contact_points WHERE value LIKE '%x.example'") == []


async def test_a_repeat_of_a_mail_that_waits_and_fails_keeps_its_copies(
    stage: Stage, clock: Turned
):
    channel = Channel(replace(CAPABILITIES, subject=True, html=True, cc=True))
    stage.registry.channels["fake"] = channel.capabilities
    await stage.inbox(channel)
    channel.faults["Later."].append(PermanentError("no"))
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    sent = await stage.sends(
        anna, olga, "Later.", html="<p>Later.</p>", subject="Hi", cc=("kate@x.example",),
        send_at=clock() + timedelta(hours=1),
    )  # fmt: skip
    clock.turn(hours=2)
    outbox = stage.outbox()
    await stage.pump(outbox)
    (delivery,) = sent.deliveries
    async with stage.database.transaction() as session:
        await unsent.retry(session, delivery.id, by=Sender.of(olga), now=clock())
    await stage.pump(outbox)
    (mail,) = channel.sent
    assert mail.delivery_id != delivery.id
    assert (mail.subject, mail.cc, mail.html) == ("Hi", ("kate@x.example",), "<p>Later.</p>")


async def test_writing_first_opens_a_conversation(stage: Stage):
    await stage.inbox(Channel())
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    sent = await stage.sends(anna, olga, "Hello!")
    (conversation,) = await stage.conversations()
    assert (conversation.id, conversation.status) == (sent.conversation_id, "open")
    assert conversation.channels == ["fake"]
    assert len(await stage.events("conversation.opened")) == 1
    again = await stage.sends(anna, olga, "Hello again!")
    assert again.conversation_id == sent.conversation_id


async def test_a_notice_opens_nothing_and_answers_nothing(stage: Stage):
    inbox = await stage.inbox(Channel())
    await stage.writes(inbox, "anna", "Hello?")
    anna = await stage.contact("anna")
    cause = Cause(object_kind="order", object_id=uuid4(), depth=1)
    sent = await stage.rule_sends(anna, "Your order is on its way.", cause=cause)
    assert isinstance(sent, Sent)
    assert sent.conversation_id is None
    (conversation,) = await stage.conversations()
    assert conversation.waiting_since is not None
    (decision,) = await stage.execute("SELECT * FROM decisions")
    assert (decision.object_kind, decision.object_id) == ("order", cause.object_id)
    assert (await stage.events("message.created"))[-1].depth == 1


async def test_send_and_close(stage: Stage, clock: Turned):
    inbox = await stage.inbox(Channel())
    await stage.writes(inbox, "anna", "Hello?")
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    sent = await stage.sends(anna, olga, "Done.", status="closed")
    (conversation,) = await stage.conversations()
    assert (conversation.status, conversation.closed_at) == ("closed", clock())
    (changed,) = await stage.events("conversation.updated")
    assert changed.data == {"changed": {"status": ["open", "closed"]}}
    activities = await stage.execute("SELECT * FROM entries WHERE kind = 'activity'")
    assert [one.data["activity"] for one in activities] == ["conversation.closed"]
    # One more word reopens it.
    await stage.sends(anna, olga, "PS.", conversation_id=sent.conversation_id)
    (conversation,) = await stage.conversations()
    assert (conversation.status, conversation.closed_at) == ("open", None)


async def test_long_text_becomes_several_deliveries_in_order(stage: Stage):
    channel = Channel(replace(CAPABILITIES, max_text_length=20))
    stage.registry.channels["fake"] = channel.capabilities
    await stage.inbox(channel)
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    words = "One two three. Four five six. Seven eight nine."
    sent = await stage.sends(anna, olga, words)
    assert len(sent.deliveries) == 3
    await stage.pump(stage.outbox())
    assert "".join(channel.texts) == words
    statuses = await stage.execute("SELECT status FROM entries WHERE direction = 'outbound'")
    assert [one.status for one in statuses] == ["sent"]


async def test_no_route_names_every_candidate(stage: Stage):
    inbox = await stage.inbox(Channel())
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    await stage.execute("UPDATE contact_points SET opted_out_at = now()")
    with pytest.raises(Invalid) as refused:
        await stage.sends(anna, olga, "Hello!")
    assert refused.value.kind == "no-route"
    line = one_of(refused.value.extra["candidates"])
    assert (line["reason"], line["inbox_id"]) == ("opted-out", str(inbox))
    assert line["contact_point"]["value"] == "anna"
    forced = await stage.sends(anna, olga, "You asked for this one.", force=True)
    (decision,) = await stage.execute("SELECT * FROM decisions")
    assert decision.entry_id == forced.entry_id
    assert decision.candidates[0]["overridden"] == ["opted-out"]


async def test_what_a_rule_may_not_send_is_recorded(stage: Stage):
    await stage.inbox(Channel())
    anna = await stage.contact("anna")
    await stage.execute("UPDATE contact_points SET opted_out_at = now()")
    answer = await stage.rule_sends(anna, "Your order is on its way.")
    assert isinstance(answer, Suppressed)
    (decision,) = await stage.execute("SELECT * FROM decisions")
    assert (decision.id, decision.outcome, decision.reason) == (
        answer.decision_id,
        "suppressed",
        "opted-out",
    )
    assert decision.entry_id is None
    assert await stage.execute("SELECT 1 FROM entries") == []


async def test_a_named_contact_point_must_be_the_customers(stage: Stage):
    await stage.inbox(Channel())
    anna, boris = await stage.contact("anna"), await stage.contact("boris")
    olga = await stage.operator("Olga")
    sent = await stage.sends(anna, olga, "Hello!", contact_point="fake:anna")
    assert sent.deliveries[0].contact_point_id == anna.contact_point_id
    for stranger in ("fake:boris", boris.contact_point_id, "fake:nobody"):
        with pytest.raises(Invalid) as refused:
            await stage.sends(anna, olga, "Hello!", contact_point=stranger)
        assert "contact_point" in refused.value.fields


async def test_what_is_hidden_is_no_candidate_and_no_conversation(stage: Stage):
    inbox = await stage.inbox(Channel())
    await stage.writes(inbox, "anna", "Hello?")
    anna = await stage.contact("anna")
    outsider = await stage.operator("Ivan", hidden=frozenset({inbox}))
    (conversation,) = await stage.conversations()
    with pytest.raises(NotFound):
        await stage.sends(anna, outsider, "Hello!", conversation_id=conversation.id)
    with pytest.raises(Invalid) as refused:
        await stage.sends(anna, outsider, "Hello!")
    assert refused.value.extra["candidates"] == []


async def test_anothers_conversation_cannot_be_named(stage: Stage):
    inbox = await stage.inbox(Channel())
    await stage.writes(inbox, "anna", "Hello?")
    boris, olga = await stage.contact("boris"), await stage.operator("Olga")
    (conversation,) = await stage.conversations()
    with pytest.raises(NotFound):
        await stage.sends(boris, olga, "Hello!", conversation_id=conversation.id)


async def test_nothing_is_not_sent(stage: Stage):
    await stage.inbox(Channel())
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    with pytest.raises(Invalid) as refused:
        await stage.sends(anna, olga, " \n")
    assert "text" in refused.value.fields


async def test_buttons_want_a_channel_that_has_them(stage: Stage):
    plain = Capabilities(frozenset({"fake"}), 4096, can_start=True)
    stage.registry.channels["fake"] = plain
    await stage.inbox(Channel())
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    with pytest.raises(Invalid) as refused:
        await stage.sends(anna, olga, "Yes?", buttons=(Button("Yes", "y"),))
    line = one_of(refused.value.extra["candidates"])
    assert line["reason"] == "no-buttons"


async def test_a_scheduled_answer_waits(stage: Stage, clock: Turned):
    channel = Channel()
    await stage.inbox(channel)
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    sent = await stage.sends(anna, olga, "Good morning!", send_at=clock() + timedelta(hours=9))
    assert sent.deliveries[0].status == "scheduled"
    outbox = stage.outbox()
    clock.turn(hours=8)
    await stage.pump(outbox)
    assert channel.sent == []
    clock.turn(hours=1)
    await stage.pump(outbox)
    assert channel.texts == ["Good morning!"]


def one_of(several: Any) -> Any:
    """The only one of them."""
    (only,) = several
    return only


async def newest(stage: Stage) -> int:
    """The position an operator has seen who has seen everything."""
    rows = await stage.execute("SELECT max(position) AS it FROM entries")
    return int(rows[0].it)


@dataclass
class Cast:
    """Anna wrote; Olga is about to answer; Ivan and a bot may be quicker."""

    stage: Stage
    inbox: UUID
    anna: Home
    olga: Viewer
    ivan: Viewer
    bot: Viewer

    async def ivan_notes(self) -> None:
        async with self.stage.database.transaction() as session:
            await note(
                session,
                self.anna.root_id,
                Note("hm"),
                by=Sender.of(self.ivan),
                now=self.stage.clock(),
            )

    async def then(self, sending: Awaitable[Sent], change: str) -> None:
        sent = await sending
        await self.stage.execute(
            f"UPDATE entries SET {change} WHERE id = :id",  # noqa: S608
            id=sent.entry_id,
        )

    def later(self) -> datetime:
        return self.stage.clock() + timedelta(hours=1)


MEANWHILE: dict[str, tuple[Callable[[Cast], Awaitable[object]], bool]] = {
    "another operator": (lambda c: c.stage.sends(c.anna, c.ivan, "Hi!"), True),
    "a bot": (lambda c: c.stage.sends(c.anna, c.bot, "Hi!"), True),
    "scheduled by another": (
        lambda c: c.stage.sends(c.anna, c.ivan, "Hi!", send_at=c.later()),
        True,
    ),
    "nothing": (lambda _: asyncio.sleep(0), False),
    "inbound": (lambda c: c.stage.writes(c.inbox, "anna", "Hello??"), False),
    "a note": (Cast.ivan_notes, False),
    "an activity, one's own": (
        lambda c: c.stage.sends(c.anna, c.olga, "Hi!", status="closed"),
        False,
    ),
    "a notice": (lambda c: c.stage.rule_sends(c.anna, "Your order is on its way."), False),
    "a bot's reminder": (
        lambda c: c.stage.sends(c.anna, c.bot, "Hi!", purpose="reminder"),
        False,
    ),
    "a bot's automatic word": (
        lambda c: c.stage.sends(c.anna, c.bot, "Hi!", automatic=True),
        False,
    ),
    "an import": (
        lambda c: c.then(c.stage.sends(c.anna, c.ivan, "Hi!"), "imported = true"),
        False,
    ),
    "taken back by another": (
        lambda c: c.then(c.stage.sends(c.anna, c.ivan, "Hi!"), "status = 'cancelled'"),
        False,
    ),
}


@pytest.mark.parametrize("what", MEANWHILE)
async def test_answered_meanwhile(stage: Stage, what: str):
    happens, refused = MEANWHILE[what]
    inbox = await stage.inbox(Channel())
    await stage.writes(inbox, "anna", "Hello?")
    olga = await stage.operator("Olga")
    cast = Cast(
        stage,
        inbox,
        await stage.contact("anna"),
        olga,
        await stage.operator("Ivan"),
        replace(olga, kind="integration", id=uuid4(), name="Bot"),
    )
    seen = await newest(stage)
    await happens(cast)
    if not refused:
        await stage.sends(cast.anna, olga, "Hello!", in_reply_to_position=seen)
        return
    with pytest.raises(Conflict) as conflict:
        await stage.sends(cast.anna, olga, "Hello!", in_reply_to_position=seen)
    assert conflict.value.kind == "answered-meanwhile"
    missing = one_of(conflict.value.extra["missing"])
    assert missing["text"] == "Hi!"
    position = await newest(stage)
    assert conflict.value.extra["position"] == position
    await stage.sends(cast.anna, olga, "Hello!", in_reply_to_position=position)


async def test_two_answers_at_once_and_only_one_is_unaware(stage: Stage):
    inbox = await stage.inbox(Channel())
    await stage.writes(inbox, "anna", "Hello?")
    anna = await stage.contact("anna")
    people = [await stage.operator(name) for name in ("Olga", "Ivan", "Petra")]
    seen = await newest(stage)
    answers = await asyncio.gather(
        *(stage.sends(anna, one, f"I am {one.name}", in_reply_to_position=seen) for one in people),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in answers) == ["Conflict", "Conflict", "Sent"]


async def test_a_note_is_as_visible_as_its_conversation(stage: Stage):
    inbox = await stage.inbox(Channel())
    await stage.writes(inbox, "anna", "Hello?")
    anna, olga = await stage.contact("anna"), await stage.operator("Olga")
    (conversation,) = await stage.conversations()
    ids: list[UUID] = []
    for new in (Note("about her"), Note("about this", conversation.id)):
        async with stage.database.transaction() as session:
            recorded = await note(
                session, anna.root_id, new, by=Sender.of(olga), now=stage.clock()
            )
        ids.append(recorded.id)
    rows = await stage.execute("SELECT id, inbox_id FROM entries WHERE kind = 'note'")
    assert {row.id: row.inbox_id for row in rows} == {ids[0]: None, ids[1]: inbox}
    assert len(await stage.events("note.created")) == 2
