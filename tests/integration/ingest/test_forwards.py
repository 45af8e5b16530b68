"""What an operator forwards to an inbox stands where it belongs: with whoever wrote it."""

from typing import Any

import pytest
from sqlalchemy import text

from hub.ports import Address, Forwarded, InboundMessage, Proof
from tests.integration.ingest.conftest import Desk, message

INSIDE = Forwarded(
    Address("email", "Boris@home.example"),
    "Boris",
    "The pot is broken.",
    {"forward_note": "Please look."},
)


@pytest.fixture
async def olga(desk: Desk) -> None:
    """An operator, and a mail inbox besides."""
    async with desk.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO operators (email, name, role)"
                " VALUES ('Olga@shop.example', 'Olga', 'operator')"
            )
        )
        await session.execute(
            text(
                "INSERT INTO inboxes (channel, name, settings)"
                """ VALUES ('email', 'Sales', '{"address": "sales@shop.example"}')"""
            )
        )


def forward(name: str = "1", sender: str = "olga@shop.example", **more: Any) -> InboundMessage:
    facts: dict[str, Any] = {
        "address": Address("email", sender),
        "sender_name": "Olga",
        "html": "<p>Please look.</p>",
        "forwarded": INSIDE,
    }
    return message(name, "Please look. The pot is broken.", **{**facts, **more})


async def who(desk: Desk) -> list[dict[str, Any]]:
    return await desk.rows(
        "SELECT p.value, p.proof, e.text, e.html, e.author_name, e.data, e.conversation_id"
        " FROM entries e JOIN contact_points p ON p.id = e.contact_point_id ORDER BY e.position"
    )


@pytest.mark.usefixtures("olga")
async def test_a_forward_stands_with_its_author_unproven_and_says_who_sent_it(desk: Desk):
    await desk.sink.message(forward())
    (entry,) = await who(desk)
    assert (entry["value"], entry["proof"]) == ("boris@home.example", "none")
    assert (entry["text"], entry["html"]) == ("The pot is broken.", "")
    assert entry["author_name"] == "Boris"
    assert entry["data"]["forward_note"] == "Please look."
    by = entry["data"]["forwarded_by"]
    assert (by["name"], by["address"]) == ("Olga", "olga@shop.example")
    assert entry["conversation_id"] is not None
    # Come twice, it is one; and the operator is nobody's contact point.
    await desk.sink.message(forward())
    assert len(await who(desk)) == 1
    assert len(await desk.rows("SELECT 1 FROM contact_points")) == 1


@pytest.mark.usefixtures("olga")
@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "somebody@home.example"},
        {"proof": Proof.NONE},
        {"forwarded": Forwarded(Address("email", "sales@shop.example"), "Sales", "x")},
        {"forwarded": Forwarded(Address("email", "OLGA@shop.example"), "Olga", "x")},
        {"forwarded": Forwarded(Address("email", "no address"), "?", "x")},
    ],
    ids=["no operator", "not proven", "our own inbox", "an operator", "no address"],
)
async def test_whose_forward_is_a_message_of_their_own(desk: Desk, changes: dict[str, Any]):
    await desk.sink.message(forward(**changes))
    (entry,) = await who(desk)
    assert entry["value"] == changes.get("sender", "olga@shop.example")
    assert entry["text"] == "Please look. The pot is broken."


@pytest.mark.usefixtures("olga")
async def test_our_own_address_is_ours_however_its_domain_is_spelled(desk: Desk):
    async with desk.database.transaction() as session:
        await session.execute(
            text('UPDATE inboxes SET settings = \'{"address": "Sales@пример.рф"}\'')
        )
        await session.execute(text("UPDATE operators SET email = 'Olga@xn--e1afmkfd.xn--p1ai'"))
    for at, domain in enumerate(("xn--e1afmkfd.xn--p1ai", "пример.рф")):
        ours = Forwarded(Address("email", f"sales@{domain}"), "Sales", "x")
        for number, inside in enumerate((ours, INSIDE)):
            sender = f"olga@{domain}"
            await desk.sink.message(forward(f"{at}.{number}", sender, forwarded=inside))
    olga = "olga@xn--e1afmkfd.xn--p1ai"
    assert [one["value"] for one in await who(desk)] == [
        value for _ in range(2) for value in (olga, "boris@home.example")
    ]


@pytest.mark.usefixtures("olga")
async def test_an_operator_who_left_forwards_as_anybody(desk: Desk):
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE operators SET disabled_at = now()"))
    await desk.sink.message(forward())
    (entry,) = await who(desk)
    assert entry["value"] == "olga@shop.example"
