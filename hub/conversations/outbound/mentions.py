"""Whom a note mentions: operators who may see where it stands, and nobody else."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.db.engine import AnySession
from hub.errors import Invalid
from hub.operators import viewers
from hub.operators.access import Viewer

Mentioned = list[dict[str, str]]
"""[{"id", "name"}] of operators, as they were called then."""


def check(operator: Viewer | None, operator_id: UUID, inbox_id: UUID | None) -> Viewer:
    """Who is mentioned; raises Invalid when they could not read the note."""
    if operator is None:
        raise _invalid(f"There is no operator {operator_id}, or they have left.")
    if not operator.sees(inbox_id):
        raise _invalid(f"{operator.name} is in none of the teams this inbox is kept for.")
    return operator


def _invalid(message: str) -> Invalid:
    return Invalid(message, fields={"mentions": message})


async def named(
    session: AnySession, operator_ids: Sequence[UUID], inbox_id: UUID | None
) -> Mentioned:
    """Those who are mentioned, each once. Raises Invalid, naming who cannot be."""
    found = []
    for one in dict.fromkeys(operator_ids):
        operator = check(await viewers.by_operator(session, one), one, inbox_id)
        found.append({"id": str(operator.id), "name": operator.name})
    return found


def facts(data: Mapping[str, object]) -> dict[str, object]:
    """What the event of a note says of it."""
    mentioned = data.get("mentions")
    if not isinstance(mentioned, list) or not mentioned:
        return {}
    return {"mentions": [one["id"] for one in mentioned]}
