"""Rules over the API: kept in versions, switched, explained, taken out and put in again."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from hub import clock
from hub.errors import Invalid, NotFound
from hub.objects.body import Whose
from hub.rules import repository, skips, why, yaml_text
from hub.rules.custom import NewCustomEvent, tell
from tests.channels import INSTALLED
from tests.integration.rules.shop import Shop, reading

CART = {
    "name": "Carts",
    "trigger": {"on": "custom.cart.abandoned"},
    "conditions": {"all": [{"field": "event.data.total", "above": 10}]},
    "actions": [{"send": {"text": "Your cart of {{ event.data.total }} waits."}}],
    "at_most": {"times": 1, "per": "1w"},
}


async def told(shop: Shop, point: str, total: float) -> None:
    new = NewCustomEvent(
        name="cart.abandoned", customer=Whose(contact_point=point), data={"total": total}
    )
    async with shop.database.transaction() as session:
        await tell(session, "shop", new, by=None, now=clock.now())


async def asked(shop: Shop, rule_id: UUID, customer: UUID) -> dict[str, object]:
    async with shop.database.reading() as session:
        question = why.Question(rule_id, customer)
        return await why.ask(session, question, now=clock.now())


async def in_vain_for(shop: Shop, rule_id: UUID) -> list[tuple[str, str, str]]:
    async with shop.database.reading() as session:
        found = await skips.listed(session, rule_id)
    return [(one["customer_id"], one["outcome"], one["reason"]) for one in found]


async def test_what_another_system_tells_sets_a_rule_off_and_is_explained(shop: Shop) -> None:
    rule_id = await shop.rule(CART)
    irina = await shop.customer("Irina", "en")
    [(customer,)] = await shop.rows("SELECT id FROM customers")
    assert (await asked(shop, rule_id, customer))["would"] == "nothing"
    async with reading(shop.database):
        await told(shop, irina, 5)
        await shop.read_to_the_end()
        poor = await asked(shop, rule_id, customer)
        in_vain = await in_vain_for(shop, rule_id)
        await told(shop, irina, 12.5)
        await shop.read_to_the_end()
    assert await shop.said() == ["Your cart of 12.5 waits."]
    assert poor["would"] == "skipped"
    assert poor["conditions"] == {
        "all": [
            {
                "field": "event.data.total",
                "operator": "above",
                "value": 10,
                "found": 5.0,
                "holds": False,
            }
        ],
        "holds": False,
    }
    assert poor["last_skip"]["outcome"] == "skipped"  # type: ignore[index]
    rich = await asked(shop, rule_id, customer)
    assert rich["would"] == "repeated"
    assert rich["last_firing"]["outcome"] == "fired"  # type: ignore[index]
    # Nothing was written for a rule that merely looked; nor does the list go on after it fired.
    assert in_vain == [(str(customer), "skipped", "conditions")]
    assert await in_vain_for(shop, rule_id) == []
    assert await shop.rows("SELECT rule_id FROM rule_skips") == []


async def test_for_whom_it_did_nothing_is_told_by_pages_newest_first(shop: Shop) -> None:
    rule_id, now = await shop.rule(CART), clock.now()
    for name in ("Asked", "Kept", "Asked again"):
        await shop.customer(name, "en")
    people = dict(await shop.rows("SELECT name, id FROM customers"))
    asked, kept, again = (people[name] for name in ("Asked", "Kept", "Asked again"))

    def late(who: UUID) -> skips.Skip:
        return skips.Skip(rule_id, 1, who, "event", None, "late")

    def offered(who: UUID) -> skips.Offered:
        return skips.Offered("custom.cart.abandoned", who, "event", None)

    async with shop.database.transaction() as session:
        await skips.keep(session, [late(again)], now + timedelta(minutes=1))
        await skips.offer(session, [offered(asked), offered(kept)], now + timedelta(minutes=2))
        await skips.keep(session, [late(kept)], now + timedelta(minutes=3))
        await skips.offer(session, [offered(again)], now + timedelta(minutes=4))
    found: list[tuple[UUID, str]] = []
    place: skips.Place | None = None
    async with shop.database.reading() as reader:
        for _ in range(4):
            page = await skips.listed(reader, rule_id, before=place, limit=1)
            for one in page:
                place = (datetime.fromisoformat(one["at"]), UUID(one["customer_id"]))
                found.append((place[1], one["outcome"]))
    assert found == [(again, "skipped"), (kept, "late"), (asked, "skipped")]


async def test_what_is_exported_is_what_was_stored(shop: Shop) -> None:
    quiet = {**CART, "name": "Quiet", "enabled": False}
    for document in (CART, quiet):
        await shop.rule(document)
    async with shop.database.reading() as session:
        text = yaml_text.write(await repository.documents(session))
    again = yaml_text.read(text, "export")
    assert [one.name for one in again] == ["Carts", "Quiet"]
    async with shop.database.transaction() as session:
        for one in again:
            _, changed = await repository.store(session, one, channels=INSTALLED, now=clock.now())
            assert not changed
        with pytest.raises(NotFound):
            await repository.documents(session, ["Nobody's"])


async def test_versions_are_kept_and_a_switched_off_rule_is_quiet(shop: Shop) -> None:
    rule_id = await shop.rule(CART)
    await shop.rule({**CART, "late": "1h"})
    irina = await shop.customer("Irina", "en")
    async with shop.database.transaction() as session:
        await repository.switch(session, rule_id, enabled=False, now=clock.now())
        assert [one["version"] for one in await repository.versions(session, rule_id)] == [2, 1]
    async with reading(shop.database):
        await told(shop, irina, 12)
        await shop.read_to_the_end()
    assert await shop.said() == []
    async with shop.database.transaction() as session:
        assert await repository.delete(session, rule_id, now=clock.now()) == "Carts"
    assert await shop.rows("SELECT 1 FROM rule_versions") == []


async def test_nobody_who_is_not_there_is_named(shop: Shop) -> None:
    await shop.customer("Irina", "en")
    ask = {"text": "Well?", "answers": [{"value": "a", "label": "A"}]}
    for action, words, place in [
        ({"assign": {"team": "Sales"}}, "no team `Sales`", "assign"),
        ({"assign": {"operator": "a@example.com"}}, "no operator", "assign"),
        ({"webhook": {"name": "erp"}}, "no webhook `erp`", "webhook"),
        ({"send": {"text": "x", "channel": "telegran"}}, "Did you mean `telegram`", "send"),
        ({"ask": {**ask, "channel": "smss"}}, "Did you mean `sms`", "ask"),
        (
            {"send": {"text": "x", "fallback": [{"channel": "emial", "after": "1h"}]}},
            "Did you mean `email`",
            "send",
        ),
        ({"set": {"customer.time_zone": "Europe/Sofja"}}, "Did you mean `Europe/Sofia`", "set"),
        ({"set": {"customer.locale": "ru_RU"}}, "Did you mean `ru-RU`", "set"),
        ({"set": {"customer.locale": "bulgarian"}}, "Did you mean `bg`", "set"),
        ({"set": {"customer.locale": "english"}}, "Did you mean `en`", "set"),
        ({"set": {"customer.locale": "русски"}}, "Did you mean `ru`", "set"),
        ({"set": {"customer.locale": "??"}}, r"no language `\?\?`\.$", "set"),
        ({"if": {"any": []}, "then": [{"note": "x"}]}, "never holds", "if"),
    ]:
        actions = [{"if": {}, "then": [{"note": "x"}, action]}]
        with pytest.raises(Invalid, match=words) as refused:
            await shop.rule({**CART, "actions": actions})
        assert list(refused.value.fields) == [f"actions.0.then.1.{place}"]


@pytest.mark.parametrize("locale", ["bg", "pt-BR", "zh-Hant-TW", "", "{{ event.data.language }}"])
async def test_a_language_that_there_is_may_be_set(shop: Shop, locale: str) -> None:
    actions = [{"set": {"customer.locale": locale}}]
    await shop.rule({**CART, "actions": actions})
    assert len(await shop.rows("SELECT 1 FROM rules")) == 1


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"any": []}, "never holds"),
        ({"field": "conversation.status", "in": []}, "never holds"),
        ({"field": "conversation.status", "is": "opened"}, "Did you mean `open`"),
        ({"field": "conversation.timer", "in": ["first-reply"]}, "Did you mean `first_reply`"),
        ({"field": "message.direction", "is": "in"}, "There are: inbound, outbound"),
        ({"field": "message.status", "is_not": "dilevered"}, "Did you mean `delivered`"),
    ],
)
async def test_what_could_never_hold_is_refused(
    shop: Shop, condition: dict[str, object], words: str
) -> None:
    document = {"name": "Never", "trigger": {"on": "message.created"}, "actions": [{"note": "x"}]}
    tree = {"all": [{"field": "message.text", "contains": "x"}, {"not": condition}]}
    with pytest.raises(Invalid, match=words) as refused:
        await shop.rule({**document, "conditions": tree})
    assert list(refused.value.fields) == ["conditions.all.1.not"]
