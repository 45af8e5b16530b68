"""What is linked with nobody asked is right; what is only typed links nobody and is suggested."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from uuid import UUID

import pytest

from hub.conversations.inbound import proving
from hub.customers import link_codes, reachability, suggestions
from hub.customers.addresses import normalise
from hub.customers.identify import Home, Seen, identify
from hub.customers.link_codes import Wish
from hub.inboxes.open_inbox import InboxRef
from hub.ports import Address, Proof
from tests import people as crowd
from tests.integration.identity.people import People
from tests.people import Person

COUNT = 10_000
_BATCH = 1_000


async def see(
    people: People,
    owner: dict[UUID, int],
    whom: list[Person],
    scheme: str,
    spelled: Callable[[Person], str],
) -> list[Home]:
    """All of them write from these addresses; whose record each is, is noted in `owner`."""
    proof = Proof.NONE if scheme == "webchat" else Proof.PROVIDER
    homes: list[Home] = []
    for start in range(0, len(whom), _BATCH):
        batch = whom[start : start + _BATCH]
        seen = [Seen(scheme, spelled(one), proof, name=one.name) for one in batch]
        async with people.database.transaction() as session:
            homes += await identify(
                session, seen, evidence_by=("system", None), now=people.clock()
            )
    for one, home in zip(whom, homes, strict=True):
        owner.setdefault(home.record_id, one.number)
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
    provers = [one for one in everybody if one.proves]
    typists = [one for one in everybody if one.claims]
    # Mailboxes and numbers are everybody's: they are what a link can be wrong about. A chat that
    # proves nothing and a visit that claims nothing can be part of no link.
    owner: dict[UUID, int] = {}
    mails = await see(people, owner, everybody, "email", lambda one: one.mails[0])
    await see(people, owner, everybody, "tel", lambda one: one.tels[0])
    chats = await see(people, owner, provers, "telegram", lambda one: one.telegram)
    visits = await see(people, owner, typists, "webchat", lambda one: one.visit)
    await _spelled_anyhow(people, everybody, mails)
    async with people.database.transaction() as session:
        for one, home in zip(typists, visits, strict=True):
            claims = {"email": one.claims, "name": one.name, "by": "visitor"}
            await reachability.set_claimed(session, home.contact_point_id, claims)
    assert await people.execute("SELECT 1 FROM identity_edges WHERE act <> ''") == []

    for one, home in zip(provers, chats, strict=True):
        await prove(people, shop, one, home)
    for row in await people.execute(
        "SELECT s.record_id, substr(p.value, 6)::int AS number FROM contact_points p "
        "JOIN streams s ON s.contact_point_id = p.id WHERE p.value LIKE 'code-%'"
    ):
        owner[row.record_id] = row.number
    await _judged(people, owner, provers)
    by_number = {one.number: home for one, home in zip(everybody, mails, strict=True)}
    await _suggested(
        people,
        [(one, home, by_number[one.number]) for one, home in zip(typists, visits, strict=True)],
    )


async def _spelled_anyhow(people: People, everybody: list[Person], mails: list[Home]) -> None:
    """However an address is spelled it is the same one: of a tenth by rule, and by the rows."""
    for one in everybody[::10]:
        assert len({normalise("email", each) for each in one.mails}) == 1
        assert len({normalise("tel", each, region="RU") for each in one.tels}) == 1
    some = everybody[: _BATCH // 2]
    again = await see(people, {}, some, "email", lambda one: one.mails[-1])
    assert [one.stream_id for one in again] == [one.stream_id for one in mails[: len(some)]]


async def _judged(people: People, owner: Mapping[UUID, int], provers: list[Person]) -> None:
    """Numbers that changed hands are what is wrong, and all that is."""
    made = await people.execute("SELECT * FROM identity_edges WHERE act = 'merge'")
    right = [edge for edge in made if owner[edge.customer_id] == owner[edge.parent_id]]
    kinds = Counter(edge.evidence for edge in made)
    found = {owner[edge.customer_id] for edge in right}
    precision, recall = len(right) / len(made), len(found) / len(provers)
    sys.stdout.write(
        f"{COUNT:,} people, {len(made)} automatic links, {len(right)} right: "
        f"precision {precision:.4f}, recall {recall:.4f} of those who proved something; "
        f"by evidence {dict(kinds)}\n"
    )
    assert kinds.keys() == {"provider", "link-code"}
    assert precision >= 0.995
    assert recall >= 0.98


async def _suggested(people: People, crowd_: list[tuple[Person, Home, Home]]) -> None:
    """Of whom somebody typed a right address, the right customer is the first suggestion."""
    hits: dict[bool, int] = defaultdict(int)
    honest = [entry for entry in crowd_ if entry[0].claims_own][:40]
    async with people.database.reading() as session:
        for _, visit, mail in honest:
            found = await suggestions.suggest(session, visit.root_id, now=people.clock())
            hits[bool(found) and found[0]["customer"]["id"] == str(mail.root_id)] += 1
    assert hits[True] >= 38
