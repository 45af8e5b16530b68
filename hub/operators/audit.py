"""Who changed what, from where: written in the transaction of the change, in ids and facts."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.operators.access import Viewer
from hub.operators.tables import AuditRecord


async def record(
    session: WriteSession,
    viewer: Viewer,
    action: str,
    *,
    about: tuple[str, UUID | None] = ("", None),
    detail: Mapping[str, object] | None = None,
    now: datetime,
) -> None:
    """`action` is `<thing>.<done>`; `about` = (kind, id). Never text, never addresses."""
    session.add(
        AuditRecord(
            at=now,
            actor_kind=viewer.kind,
            actor_id=viewer.id,
            action=action,
            object_kind=about[0],
            object_id=about[1],
            detail=dict(detail or {}),
            address=viewer.address,
        )
    )
    await session.flush()


async def last(session: AnySession, action: str, object_id: UUID) -> datetime | None:
    """When this was last done about this object."""
    query = (
        select(AuditRecord.at)
        .where(AuditRecord.object_id == object_id, AuditRecord.action == action)
        .order_by(AuditRecord.id.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def page(
    session: AnySession,
    *,
    actor_id: UUID | None,
    object_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[Json]:
    """Newest first, records older than the id `before`."""
    query = select(AuditRecord).order_by(AuditRecord.id.desc()).limit(limit)
    if actor_id is not None:
        query = query.where(AuditRecord.actor_id == actor_id)
    if object_id is not None:
        query = query.where(AuditRecord.object_id == object_id)
    if before is not None:
        query = query.where(AuditRecord.id < before)
    return [_view(row) for row in (await session.scalars(query)).all()]


def _view(row: AuditRecord) -> Json:
    return {
        "id": row.id,
        "at": row.at,
        "actor": {"kind": row.actor_kind, "id": row.actor_id},
        "action": row.action,
        "object": {"kind": row.object_kind, "id": row.object_id},
        "detail": row.detail,
        "address": row.address,
    }
