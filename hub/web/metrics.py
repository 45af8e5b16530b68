"""`/metrics`: what Prometheus scrapes, for administrators' tokens and for this machine only."""

import asyncio
from ipaddress import ip_address

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import QueuePool

from hub.errors import Forbidden
from hub.operators.access import Scope
from hub.web.gate import Gate
from hub.web.gauges import Gauges
from hub.web.proxies import CALLER
from hub.web.services import Services


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
        self._gauges = Gauges(registry)
        self._pool = Gauge(
            "besedka_database_connections",
            "Connections of this node's pool, by state: used, idle, most.",
            ["state"],
            registry=registry,
        )
        self._loops = Gauge(
            "besedka_loop_up", "1 for a loop that runs on this node.", ["loop"], registry=registry
        )

    def observe(self, request: web.Request, status: int, seconds: float) -> None:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        self._requests.labels(request.method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    async def serve(self, request: web.Request) -> web.Response:
        if not _from_here(request):
            await self._require_administrator(request)
        async with self._services.database.reading() as session:
            await self._gauges.fill(session, self._services.clock())
        self._look_at_this_node()
        body = await asyncio.to_thread(generate_latest, self._services.metrics)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _look_at_this_node(self) -> None:
        pool = self._services.database.engine.pool
        if isinstance(pool, QueuePool):
            self._pool.labels("used").set(pool.checkedout())
            self._pool.labels("idle").set(pool.checkedin())
            self._pool.labels("most").set(pool.size())
        for name, runs in self._services.loops().items():
            self._loops.labels(name).set(runs)

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
