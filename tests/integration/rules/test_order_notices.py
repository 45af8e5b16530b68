"""Order notices: a stored rule over the log, told once, to whoever it concerns, or explained."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub import clock
from hub.db import kept_settings
from hub.db.engine import Database
from hub.deliveries import policy
from hub.rules import repository
from hub.rules.numbers import numbered
from hub.rules.yaml_text import read
from tests.integration.rules.shop import Shop, reading

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "order-status.yaml"
(SPEC,) = read(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
RULE: dict[str, Any] = SPEC.model_dump(mode="json", by_alias=True, exclude_defaults=True)


async def notices(shop: Shop, **changes: object) -> UUID:
    return await shop.rule({**RULE, **changes})


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("ru", "уже в пути"),
        ("en", "is on its way"),
        ("bg", "е на път към вас"),
        ("", "is on its way"),
    ],
)
async def test_a_new_status_is_told_in_the_customers_language(
    shop: Shop, locale: str, words: str
) -> None:
    await notices(shop)
    irina = await shop.customer("Ирина", locale)
    async with reading(shop.database):
        await shop.push(irina, "shipped", 1)
        await shop.read_to_the_end()
    (notice,) = await shop.said()
    assert words in notice
    assert (
        await shop.decided() == [("sent", "conversation")]
        or (await shop.decided())[0][0] == "sent"
    )


async def test_repeats_and_older_versions_are_not_told_again(shop: Shop) -> None:
    rule_id = await notices(shop)
    irina = await shop.customer("Ирина", "ru")
    async with reading(shop.database):
        for version, status in [(1, "confirmed"), (3, "shipped"), (2, "packed"), (3, "shipped")]:
            await shop.push(irina, status, version)
            await shop.read_to_the_end()
        await shop.push(irina, "shipped", 4, tracking_url="https://t.example/1")
        await shop.read_to_the_end()
    assert len(await shop.said()) == 2
    async with shop.database.reading() as session:
        [first, _] = await numbered(session, await repository.firings(session, rule_id))
        assert (first["object"]["kind"], first["object"]["number"]) == ("order", "1043")
        assert await numbered(session, [{"object": None}]) == [{"object": None}]


async def test_a_status_that_comes_back_is_told_once_unless_the_rule_has_another_key(
    shop: Shop,
) -> None:
    await notices(shop)
    await notices(shop, name="Every time", key=["order.id", "order.revision"])
    irina = await shop.customer("Irina", "en")
    async with reading(shop.database):
        for version, status in enumerate(["shipped", "delayed", "shipped"], 1):
            await shop.push(irina, status, version)
            await shop.read_to_the_end()
    assert len(await shop.said()) == 2 + 3


async def test_a_status_that_has_passed_meanwhile_is_not_announced(shop: Shop) -> None:
    await notices(shop)
    irina = await shop.customer("Irina", "en")
    await shop.push(irina, "packed", 1)
    await shop.push(irina, "shipped", 2)
    async with reading(shop.database):
        await shop.read_to_the_end()
    assert ["on its way" in one for one in await shop.said()] == [True]
    assert [outcome for outcome, _ in await shop.decided()] == ["superseded", "sent"]


async def test_a_status_that_has_passed_while_the_night_held_its_notice_is_not_announced(
    shop: Shop,
) -> None:
    await notices(shop)
    irina = await shop.customer("Ирина", "ru")
    begins = clock.now() - timedelta(hours=1)
    quiet = {"from": f"{begins:%H:%M}", "until": f"{begins + timedelta(hours=9):%H:%M}"}
    async with shop.database.transaction() as session:
        await kept_settings.lock(session, policy.NAME, clock.now())
        await kept_settings.store(session, policy.NAME, {"quiet": quiet})
    async with reading(shop.database):
        for version, status in enumerate(("packed", "shipped", "refunded", "packed"), 1):
            await shop.push(irina, status, version)
            await shop.read_to_the_end()
    rows = await shop.rows("""
        SELECT status, text FROM entries WHERE direction = 'outbound' ORDER BY position
    """)
    assert [one.status for one in rows] == ["cancelled", "cancelled", "scheduled"]
    assert rows[2].text == rows[0].text
    fired = await shop.rows("SELECT outcome, reason FROM rule_firings ORDER BY id")
    assert [tuple(one) for one in fired] == [
        ("ended", "superseded"),
        ("ended", "superseded"),
        ("fired", ""),
    ]


async def test_two_nodes_tell_it_once(shop: Shop, database_url: str) -> None:
    await notices(shop)
    irina = await shop.customer("Irina", "en")
    async with (
        Database.open(database_url) as other,
        reading(shop.database),
        reading(other),
    ):
        for version, status in enumerate(["confirmed", "packed", "shipped", "delivered"], 1):
            await shop.push(irina, status, version)
            await shop.read_to_the_end()
    assert len(await shop.said()) == 4


async def test_nobody_to_tell_is_explained(shop: Shop) -> None:
    await notices(shop)
    async with reading(shop.database):
        await shop.push("tel:+79120000000", "shipped", 1)
        await shop.read_to_the_end()
    assert await shop.said() == []
    assert [outcome for outcome, _ in await shop.decided()] == ["no-route"]


async def test_who_asked_for_silence_gets_none(shop: Shop) -> None:
    await notices(shop)
    irina = await shop.customer("Irina", "en")
    async with shop.database.transaction() as session:
        await session.execute(text("UPDATE contact_points SET opted_out_at = now()"))
    async with reading(shop.database):
        await shop.push(irina, "shipped", 1)
        await shop.read_to_the_end()
    assert await shop.said() == []
    assert await shop.decided() == [("suppressed", "opted-out")]


async def test_what_is_late_is_not_sent_but_explained(shop: Shop) -> None:
    await notices(shop, late="1h")
    irina = await shop.customer("Irina", "en")
    await shop.push(irina, "shipped", 1)
    async with shop.database.transaction() as session:
        before = datetime.now(UTC) - timedelta(hours=2)  # noqa: TID251
        await session.execute(
            text("UPDATE pending_events SET occurred_at = :before"), {"before": before}
        )
    async with reading(shop.database):
        await shop.read_to_the_end()
    assert await shop.said() == []
    assert await shop.decided() == [("suppressed", "later than 1h")]


async def test_a_rule_that_fails_is_explained_and_stops_no_other(shop: Shop) -> None:
    await notices(
        shop,
        name="A broken one",
        actions=[{"send": {"text": "{{ customer.attributes.shoe_size }}"}}],
    )
    await notices(shop, name="A good one")
    irina = await shop.customer("Irina", "en")
    async with reading(shop.database):
        await shop.push(irina, "shipped", 1)
        await shop.read_to_the_end()
    assert len(await shop.said()) == 1
    (failed, sent) = await shop.decided()
    assert failed[0] == "suppressed"
    assert "shoe_size" in failed[1]
    assert sent[0] == "sent"


async def test_disabled_rules_and_unmet_conditions_do_nothing(shop: Shop) -> None:
    await notices(shop, name="Off", enabled=False)
    await notices(shop, name="Rich only", conditions={"field": "order.total", "above": 1000})
    irina = await shop.customer("Irina", "en")
    async with reading(shop.database):
        await shop.push(irina, "shipped", 1, total="999.99", currency="EUR")
        await shop.read_to_the_end()
        assert await shop.said() == []
        await shop.push(irina, "delivered", 2, total="1000.01", currency="EUR")
        await shop.read_to_the_end()
    assert len(await shop.said()) == 1
