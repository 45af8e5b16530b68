"""Reading appointments, as the API shows them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hub.appointments.tables import Appointment
from hub.db.engine import AnySession
from hub.objects import repository


async def get(session: AnySession, system: str, external_id: str) -> dict[str, Any] | None:
    return await repository.get(session, Appointment, system, external_id)


async def by_ids(session: AnySession, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    return await repository.by_ids(session, Appointment, ids)
