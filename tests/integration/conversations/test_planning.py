"""Quiet hours, caps and wishes as they are kept, in what is sent; consent when it leaves."""

from datetime import time
from typing import Any

import pytest

from hub.conversations.draft import Sender
from hub.conversations.merging.by import By
from hub.conversations.merging.reshape import merge, undo
from hub.conversations.outbound.posting import Sent
from hub.conversations.outbound.preferring import prefer
from hub.conversations.outbound.reply import Suppressed
from hub.customers import consents, preferences
from hub.customers.consents import Purpose, Said
from hub.customers.evidence import Evidence
from hub.customers.identify import Home
from hub.customers.quiet import Quiet
from hub.db import kept_settings
from hub.db.engine import WriteSession
from hub.deliveries import policy
from hub.errors import Invalid
from hub.rendering import render
from tests.integration.conversations.stage import Stage
from tests.integration.deliveries.scene import Channel, Turned

NOON = {"from": "11:00", "until": "13:00"}


@pytest.fixture
async def anna(stage: Stage) -> Home:
    """Of Sofia, where it is noon: 9:00 UTC, and three hours more in May."""
    await stage.writes(await stage.inbox(Channel()), "anna", "Hello")
    anna = await stage.contact("anna")
    await stage.execute(
        "UPDATE customers SET time_zone = 'Europe/Sofia' WHERE id = :id", id=anna.root_id
    )
    return anna


async def keep(stage: Stage, **settings: Any) -> None:
    async with stage.database.transaction() as session:
        await kept_settings.lock(session, policy.NAME, stage.clock())
        await kept_settings.store(session, policy.NAME, settings)


async def decided(stage: Stage) -> Any:
    [*_, last] = await stage.execute("SELECT * FROM decisions ORDER BY at, id")
    return last


async def test_what_nobody_wrote_by_hand_waits_for_the_end_of_quiet_hours(
    stage: Stage, anna: Home, clock: Turned
):
    await keep(stage, quiet=NOON)
    sent = await stage.rule_sends(anna, "It is on its way.")
    assert isinstance(sent, Sent)
    assert [one.status for one in sent.deliveries] == ["scheduled"]
    row = await decided(stage)
    assert (row.outcome, row.reason) == ("waiting", "quiet-hours")
    assert row.facts == {"until": "2026-05-04T10:00:00.000000Z", "time_zone": "Europe/Sofia"}
    await stage.sends(anna, await stage.operator("Olga"), "Good morning")
    outbox = stage.outbox()
    await stage.pump(outbox)
    channel = next(iter(stage.open.values())).channel
    assert isinstance(channel, Channel)
    assert channel.texts == ["Good morning"]
    clock.turn(hours=1)
    await stage.pump(outbox)
    assert channel.texts == ["Good morning", "It is on its way."]


async def test_the_customers_own_hours_count_before_the_installations(stage: Stage, anna: Home):
    await keep(stage, quiet=NOON)
    for quiet, status in [("none", "queued"), (Quiet(time(12), time(12, 5)), "scheduled")]:
        async with stage.database.transaction() as session:
            at = stage.clock()
            await prefer(session, anna.root_id, (), quiet, source="link", now=at)  # type: ignore[arg-type]
        sent = await stage.rule_sends(anna, "Hello")
        assert isinstance(sent, Sent)
        assert [one.status for one in sent.deliveries] == [status]


async def test_enough_is_enough(stage: Stage, anna: Home, clock: Turned):
    await keep(stage, caps={"survey": {"most": 1, "days": 30}})
    first = await stage.rule_sends(anna, "How was it?", purpose="survey")
    assert isinstance(first, Sent)
    clock.turn(days=29)
    more = await stage.rule_sends(anna, "How was it?", purpose="survey")
    assert isinstance(more, Suppressed)
    assert (more.outcome, more.reason) == ("suppressed", "frequency-cap")
    assert (await decided(stage)).facts == {"most": 1, "days": 30, "had": 1}
    assert isinstance(await stage.rule_sends(anna, "Soon", purpose="reminder"), Sent)
    clock.turn(days=2)
    assert isinstance(await stage.rule_sends(anna, "How was it?", purpose="survey"), Sent)


async def test_a_no_that_comes_before_it_leaves_is_obeyed(stage: Stage, anna: Home, clock: Turned):
    await keep(stage, quiet=NOON)
    sent = await stage.rule_sends(anna, "Tomorrow at ten.", purpose="reminder")
    assert isinstance(sent, Sent)
    async with stage.database.transaction() as session:
        no = Said(anna.contact_point_id, Purpose.REMINDER, False, "link", stage.clock())
        await consents.add(session, no)
    clock.turn(hours=1)
    await stage.pump(stage.outbox())
    row = await stage.row(sent.deliveries[0].id)
    assert (row.status, row.reason) == ("suppressed", "no-consent")


async def test_who_asks_over_the_api_is_told_of_the_cap(stage: Stage, anna: Home):
    await keep(stage, caps={"marketing": {"most": 1, "days": 1}})
    async with stage.database.transaction() as session:
        yes = Said(anna.contact_point_id, Purpose.MARKETING, True, "link", stage.clock())
        await consents.add(session, yes)
    program = await stage.operator("Shop")
    program = type(program)("integration", program.id, "Shop", program.scopes)
    await stage.sends(anna, program, "Sale", purpose="marketing")
    with pytest.raises(Invalid) as caught:
        await stage.sends(anna, program, "Sale", purpose="marketing")
    assert caught.value.kind == "frequency-cap"
    assert caught.value.extra["facts"] == {"most": 1, "days": 1, "had": 1}


async def test_a_text_leads_to_the_page_of_whoever_gets_it(stage: Stage, anna: Home):
    words = render("Choose: {{ preferences_url }}", {}, locale="en")
    sent = await stage.rule_sends(anna, words, preferences_page=lambda point: f"https://x/{point}")
    assert isinstance(sent, Sent)
    page = f"Choose: https://x/{anna.contact_point_id}"
    assert (await stage.row(sent.deliveries[0].id)).content["text"] == page
    [entry] = await stage.execute("SELECT text FROM entries WHERE direction = 'outbound'")
    assert entry.text == page


async def test_of_merged_records_what_was_said_last_counts_and_an_undo_takes_it_back(
    stage: Stage, anna: Home, clock: Turned
):
    maria, by = await stage.contact("maria"), Sender.of(await stage.operator("Olga")).author
    async with stage.database.transaction() as session:
        for home, channel in ((anna, "sms"), (maria, "email")):
            clock.turn(minutes=1)
            await prefer(session, home.root_id, [channel], "none", source="link", now=clock())
        who = By(by, clock())
        grounds = who.grounds(Evidence.OPERATOR)
        merged = await merge(session, anna.root_id, maria.root_id, grounds, who)
        assert (await preferences.of(session, anna.root_id)).channels == ("email",)
        await undo(session, anna.root_id, merged.edge_id, who)
        assert (await preferences.of(session, anna.root_id)).channels == ("sms",)
        assert (await preferences.of(session, maria.root_id)).channels == ("email",)


async def test_of_merged_records_the_strictest_word_counts_and_an_undo_takes_it_back(
    stage: Stage, anna: Home, clock: Turned
):
    """Of what a person means: a no of one record outlasts the later yes of the other."""
    maria, by = await stage.contact("maria"), Sender.of(await stage.operator("Olga")).author
    points = anna.contact_point_id, maria.contact_point_id

    async def refused(session: WriteSession, purpose: Purpose) -> list[str]:
        said = await consents.standing_of(session, [anna.root_id, maria.root_id])
        mine = {**said.get(anna.root_id, {})}, {**said.get(maria.root_id, {})}
        return [consents.refusal(purpose, *one) for one in zip(points, mine, strict=True)]

    async with stage.database.transaction() as session:
        for given, point in ((False, points[1]), (True, points[0])):
            for purpose in (Purpose.MARKETING, Purpose.SURVEY, Purpose.REMINDER):
                clock.turn(minutes=1)
                line = Said(point, purpose, given, source="operator", at=clock())
                await consents.add(session, line)
        for purpose in (Purpose.MARKETING, Purpose.SURVEY, Purpose.REMINDER):
            assert await refused(session, purpose) == ["", "withdrawn"]
        who = By(by, clock())
        merged = await merge(
            session, anna.root_id, maria.root_id, who.grounds(Evidence.OPERATOR), who
        )
        together = await consents.standing(session, [anna.root_id])
        for purpose in (Purpose.MARKETING, Purpose.SURVEY):
            assert [consents.refusal(purpose, one, together) for one in points] == 2 * [
                "withdrawn"
            ]
        # Where reminders go is a matter of the address: the yes of one, the no of the other.
        reminded = [consents.refusal(Purpose.REMINDER, one, together) for one in points]
        assert reminded == ["", "withdrawn"]
        await undo(session, anna.root_id, merged.edge_id, who)
        assert await refused(session, Purpose.MARKETING) == ["", "withdrawn"]
