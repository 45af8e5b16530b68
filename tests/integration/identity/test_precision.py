"""What is linked with nobody asked is right; what is only typed links nobody and is suggested."""

import sys
from collections import defaultdict
from uuid import UUID

import pytest

from hub.conversations import proving
from hub.customers import link_codes, reachability, suggestions
from hub.customers.identify import Home, Seen, identify
from hub.customers.link_codes import Wish
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Address, Proof
from tests import people as crowd
from tests.integration.identity.people import People
from tests.people import Person

COUNT = 10_000
_BATCH = 1_000


async def see(people: People, seen: list[Seen]) -> list[Home]:
    homes: list[Home] = []
    for start in range(0, len(seen), _BATCH):
        async with people.database.transaction() as session:
            homes += await identify(
                session,
                seen[start : start + _BATCH],
                evidence_by=("system", None),
                now=people.clock(),
            )
    return homes


async def prove(people: People, shop: UUID, one: Person, home: Home) -> None:
    """As Telegram tells that a number is theirs, or with a code sent back from there."""
    if one.proves == "tel":
        inbox = InboxRef(shop, "fake", "shop", "main")
        async with people.database.transaction() as session:
            address = Address("tel", one.tels[-1])
            await proving.prove(session, inbox, address, home.root_id, people.clock())
        return
    async with people.database.transaction() as session:
        wish, by = Wish("fake"), ("system", None)
        issued = await link_codes.issue(session, home.root_id, wish, by=by, now=people.clock())
    await people.writes(shop, f"code-{one.number}", issued.code, proof=Proof.PROVIDER)


@pytest.mark.timeout(400)
async def test_automatic_links_are_right_and_typed_claims_make_none(people: People) -> None:
    everybody, shop = crowd.people(COUNT), await people.inbox(None)
    owner: dict[UUID, int] = {}
    mails = await see(
        people, [Seen("email", one.mails[0], Proof.PROVIDER, name=one.name) for one in everybody]
    )
    chats = await see(
        people, [Seen("telegram", one.telegram, Proof.PROVIDER) for one in everybody]
    )
    tels = await see(people, [Seen("tel", one.tels[0], Proof.PROVIDER) for one in everybody])
    visits = await see(people, [Seen("webchat", one.visit) for one in everybody])
    for homes in (mails, chats, tels, visits):
        for one, home in zip(everybody, homes, strict=True):
            owner.setdefault(home.record_id, one.number)
    # However an address is spelled, it is the same one: exactly.
    for spelled, homes in ((lambda one: one.mails[-1], mails), (lambda one: one.tels[-1], tels)):
        scheme = "email" if homes is mails else "tel"
        again = await see(people, [Seen(scheme, spelled(one)) for one in everybody])
        assert [one.stream_id for one in again] == [one.stream_id for one in homes]

    async with people.database.transaction() as session:
        for one, home in zip(everybody, visits, strict=True):
            if one.claims:
                claims = {"email": one.claims, "name": one.name, "by": "visitor"}
                await reachability.set_claimed(session, home.contact_point_id, claims)
    assert await people.execute("SELECT 1 FROM identity_edges WHERE act <> ''") == []

    proving_people = [
        (one, home) for one, home in zip(everybody, chats, strict=True) if one.proves
    ]
    for one, home in proving_people:
        await prove(people, shop, one, home)
    for row in await people.execute(
        "SELECT s.record_id, substr(p.value, 6)::int AS number FROM contact_points p "
        "JOIN streams s ON s.contact_point_id = p.id WHERE p.value LIKE 'code-%'"
    ):
        owner[row.record_id] = row.number

    made = await people.execute("SELECT * FROM identity_edges WHERE act = 'merge'")
    assert {edge.evidence for edge in made} == {"provider", "link-code"}
    right = [edge for edge in made if owner[edge.customer_id] == owner[edge.parent_id]]
    assert len(made) > COUNT * crowd.PROVES * 0.8
    sys.stdout.write(f"{len(right)} of {len(made)} automatic links are right\n")
    # Numbers that changed hands are what is wrong, and all that is.
    assert len(right) / len(made) >= 0.995
    await _suggested(people, list(zip(everybody, visits, mails, strict=True)))


async def _suggested(people: People, crowd_: list[tuple[Person, Home, Home]]) -> None:
    """Of whom somebody typed a right address, the right customer is the first suggestion."""
    hits: dict[bool, int] = defaultdict(int)
    honest = [entry for entry in crowd_ if entry[0].claims and entry[0].claims_own][:40]
    async with people.database.reading() as session:
        for _, visit, mail in honest:
            found = await suggestions.suggest(session, visit.root_id, now=people.clock())
            hits[bool(found) and found[0]["customer"]["id"] == str(mail.root_id)] += 1
    assert hits[True] >= 38
