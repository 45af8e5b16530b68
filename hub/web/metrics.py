"""`/metrics`: what Prometheus scrapes, for administrators' tokens and for this machine only."""

import asyncio
from ipaddress import ip_address

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text

from hub.errors import Forbidden
from hub.operators.access import Scope
from hub.web.gate import Gate
from hub.web.proxies import CALLER
from hub.web.services import Services

_COUNTS = text("""
    SELECT 'due' AS name, kind AS label, count(*) AS many FROM due
     WHERE ready_at <= now() GROUP BY kind
    UNION ALL SELECT 'inboxes', state, count(*) FROM inboxes GROUP BY state
    UNION ALL SELECT 'deliveries', status, count(*) FROM deliveries
     WHERE status IN ('queued', 'sending', 'failed', 'unknown') GROUP BY status
    UNION ALL SELECT 'pending_events', '', count(*) FROM pending_events
    UNION ALL SELECT 'quarantine', '', count(*) FROM quarantine WHERE resolved_at IS NULL
""")


class Metrics:
    """Requests are counted as they pass; what waits in the database is counted when asked."""

    def __init__(self, services: Services, gate: Gate) -> None:
        self._services = services
        self._gate = gate
        registry = services.metrics
        self._requests = Counter(
            "besedka_http_requests", "Requests.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "besedka_http_request_seconds", "Time to answer.", ["route"], registry=registry
        )
        gauges = {
            "due": ("Due work that is ready, by kind.", "kind"),
            "inboxes": ("Inboxes by state.", "state"),
            "deliveries": ("Deliveries that wait or are in trouble, by status.", "status"),
            "pending_events": ("Committed events without a number yet.", "none"),
            "quarantine": ("Unresolved inputs in quarantine.", "none"),
        }
        self._gauges = {
            name: Gauge(f"besedka_{name}", text, [label], registry=registry)
            for name, (text, label) in gauges.items()
        }

    def observe(self, request: web.Request, status: int, seconds: float) -> None:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        self._requests.labels(request.method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    async def serve(self, request: web.Request) -> web.Response:
        if not _from_here(request):
            await self._require_administrator(request)
        async with self._services.database.reading() as session:
            rows = (await (await session.connection()).execute(_COUNTS)).all()
        for gauge in self._gauges.values():
            gauge.clear()
        for row in rows:
            self._gauges[row.name].labels(row.label).set(row.many)
        body = await asyncio.to_thread(generate_latest, self._services.metrics)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _require_administrator(self, request: web.Request) -> None:
        found = await self._gate.credential(request, request[CALLER], self._services.clock())
        if found is None:
            raise Forbidden(
                "This is for this machine, and for tokens with the scope admin.",
                remedy="Give Prometheus a bearer token with that scope.",
            )
        found.viewer.require(Scope.ADMIN)


def _from_here(request: web.Request) -> bool:
    """A local process; not somebody behind a local proxy that we were not told of."""
    forwarded = any(
        name.lower().startswith(("x-forwarded", "forwarded")) for name in request.headers
    )
    try:
        return not forwarded and ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
