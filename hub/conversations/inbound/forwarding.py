"""What an operator forwards to an inbox becomes the message of whoever wrote it.

The sender of the forward has to be an operator, and proven: else anybody could put words into a
customer's mouth under a colleague's name. Who wrote the original stays unproven, whatever the
forward says; a mail of our own that is forwarded is nobody's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from hub.conversations.cleaning import clean, clean_json, clean_name
from hub.conversations.inbound.incoming import Incoming
from hub.customers.addresses import normalise
from hub.db.engine import WriteSession
from hub.db.rows import Query
from hub.errors import Invalid
from hub.ports import Forwarded, Proof

# Kept as they were typed: a domain that is not ASCII may be spelled in A-labels (`xn--`) as well.
_OPERATORS = Query("""
    SELECT email AS address, id, name FROM operators
    WHERE (lower(email) = ANY (CAST(:addresses AS text[])) OR email ~ '[^[:ascii:]]')
      AND disabled_at IS NULL
""")

_INBOXES = Query("""
    SELECT settings ->> 'address' AS address FROM inboxes
    WHERE channel = 'email' AND (lower(settings ->> 'address') = ANY (CAST(:addresses AS text[]))
        OR settings ->> 'address' ~ '[^[:ascii:]]')
""")


class _Colleague(NamedTuple):
    id: UUID
    name: str


async def resolve(session: WriteSession, new: Sequence[Incoming]) -> list[Incoming]:
    """The messages, what operators forwarded turned into the original author's."""
    asked = [one for one in new if _may(one)]
    if not asked:
        return list(new)
    values = {"addresses": sorted({name(one) for one in asked for name in (_sender, _author)})}
    operators = {
        _same(row["address"]): _Colleague(row["id"], row["name"])
        for row in await _OPERATORS.rows(session, values)
    }
    ours = operators.keys() | {
        _same(row["address"]) for row in await _INBOXES.rows(session, values)
    }
    return [
        _turned(one, operators[_sender(one)])
        if _may(one) and _sender(one) in operators and _author(one) not in ours
        else one
        for one in new
    ]


def _may(one: Incoming) -> bool:
    return one.message.forwarded is not None and one.message.proof is not Proof.NONE


def _sender(one: Incoming) -> str:
    return _same(one.message.address.value)


def _author(one: Incoming) -> str:
    return _same(one.message.forwarded.address.value) if one.message.forwarded else ""


def _same(address: str) -> str:
    """What all spellings of a mail address have in common; '' when it is none."""
    try:
        return normalise("email", address)
    except Invalid:
        return ""


def _turned(one: Incoming, by: _Colleague) -> Incoming:
    """The message as its original author's; as it is when that is no address we could keep."""
    found = one.message.forwarded
    assert found is not None  # noqa: S101 - `_may` has looked
    try:
        value = normalise(found.address.scheme, found.address.value)
    except Invalid:
        return one
    name = clean_name(found.name)
    told = {"id": str(by.id), "name": by.name, "address": one.message.address.value}
    message = replace(
        one.message,
        address=found.address,
        text=clean(found.text),
        # The colleague's own words stand in it, and answers may quote it.
        html="",
        sender_name=name,
        proof=Proof.NONE,
        reply_address="",
        conversation_id=None,
        answers_delivery=None,
        data={**_facts(found), "forwarded_by": told},
    )
    seen = one.seen._replace(
        scheme=found.address.scheme,
        value=found.address.value,
        proof=Proof.NONE,
        name=name,
        label=name,
    )
    return one._replace(address=(found.address.scheme, value), seen=seen, message=message)


def _facts(found: Forwarded) -> Mapping[str, object]:
    return clean_json(dict(found.data))
