"""`/healthz`: the process answers. `/readyz`: it can work, and if not, what is missing."""

import asyncio

import structlog
from aiohttp import web
from sqlalchemy import text

from hub.db import migrate
from hub.db.base import Json
from hub.db.standing import USABLE, Schema
from hub.web.services import Services

log = structlog.get_logger(__name__)

_PATIENCE = 3.0
_SCHEMA = text("SELECT version_num, oldest FROM alembic_version, schema_floor")
_INBOXES = text("SELECT state, count(*) AS many FROM inboxes GROUP BY state ORDER BY state")


class Health:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._head = migrate.head()

    async def alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True}, headers={"Cache-Control": "no-store"})

    async def ready(self, _request: web.Request) -> web.Response:
        """One bad inbox is not unready: the others work. Nor is a newer schema that bears us."""
        loops = dict(self._services.loops())
        facts: Json = {"database": False, "migrations": False, "inboxes": {}}
        try:
            async with asyncio.timeout(_PATIENCE):
                facts = await self._look()
        except Exception as error:  # noqa: BLE001 - whatever it is: not ready
            log.warning("readiness.failed", error=repr(error))
        ready = facts["database"] and facts["migrations"] and all(loops.values())
        return web.json_response(
            {"ready": ready, **facts, "loops": loops},
            status=200 if ready else 503,
            headers={"Cache-Control": "no-store", **({} if ready else {"Retry-After": "2"})},
        )

    async def _look(self) -> Json:
        database = self._services.database
        async with database.reading() as session:
            rows = await (await session.connection()).execute(_SCHEMA)
            stands, floor = rows.one()
            schema = Schema(stands, floor, self._head)
            usable = schema.standing in USABLE
            inboxes: Json = {}
            if usable:
                counted = await (await session.connection()).execute(_INBOXES)
                inboxes = {row.state: row.many for row in counted}
        said = {"stands": schema.stands, "needed": schema.needed}
        return {"database": True, "migrations": usable, "schema": said, "inboxes": inboxes}
