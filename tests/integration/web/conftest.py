"""A served application on a database of the test's own, and clients of every kind."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from sqlalchemy import text

from hub.crypto import Keyring
from hub.db.engine import AnySession, Database
from hub.inboxes.outgoing_http import outgoing_http
from hub.inboxes.registry import Registry
from hub.operators import repository, tokens
from hub.operators.access import Role, Scope
from hub.operators.passwords import Passwords
from hub.operators.sign_ins import Browser, Door
from hub.ports import Finding
from hub.settings import Settings
from hub.timeline.files import FileStore
from hub.timeline.links import FileLinks
from hub.timeline.live import LiveFeed
from hub.web.app import build_app
from hub.web.gate import COOKIE
from hub.web.services import Services

Client = TestClient[web.Request, web.Application]
PASSWORD = "four unrelated words"
# Argon2 with the least work: these tests are not about its strength.
WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """Time that stands still until a test moves it."""

    now: datetime = field(default_factory=lambda: datetime(2026, 5, 3, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class World:
    """The hub as seen from outside, with people and programs to be."""

    services: Services
    clock: Clock
    server: TestServer
    clients: list[Client]

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def origin(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def client(self, **options: object) -> Client:
        client = TestClient(self.server, cookie_jar=CookieJar(unsafe=True), **options)
        self.clients.append(client)
        return client

    async def operator(
        self,
        role: Role = Role.OPERATOR,
        email: str = "",
        *,
        name: str = "",
        password: str = PASSWORD,
    ) -> UUID:
        hashed = await self.services.passwords.hash(password)
        async with self.database.transaction() as session:
            row = await repository.create(
                session,
                email or f"{role}@example.com",
                role,
                name=name or role.title(),
                password_hash=hashed,
                now=self.clock(),
            )
        return row.id

    async def as_operator(self, operator_id: UUID) -> Client:
        """A browser that is signed in."""
        door = Door(self.database, self.services.passwords, self.services.keyring)
        async with self.database.transaction() as session:
            row = await repository.get(session, operator_id)
            signed_in = await door.open(session, row, Browser("192.0.2.1"), self.clock())
        return await self.client(cookies={COOKIE: signed_in.token})

    async def as_role(self, role: Role) -> Client:
        return await self.as_operator(await self.operator(role))

    async def token(self, *scopes: Scope, name: str = "shop") -> str:
        async with self.database.transaction() as session:
            _, token = await tokens.create(session, name, scopes, now=self.clock())
        return token

    async def as_token(self, *scopes: Scope) -> Client:
        """A program with these scopes."""
        token = await self.token(*scopes)
        return await self.client(headers={"Authorization": f"Bearer {token}"})


async def no_summaries(
    _session: AnySession, _ids: Sequence[UUID]
) -> Mapping[UUID, Mapping[str, Any]]:
    return {}


async def findings(_inbox: UUID) -> Sequence[Finding]:
    return [Finding("ok", "The settings were tried.")]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
async def services(
    database: Database, clock: Clock, settings: Settings
) -> AsyncIterator[Services]:
    passwords, keyring = Passwords(WEAK), Keyring("a secret for tests")
    async with outgoing_http(settings.allow_hosts) as http:
        yield Services(
            http=http,
            settings=settings,
            database=database,
            clock=clock,
            keyring=keyring,
            passwords=passwords,
            feed=LiveFeed(database, clock, summaries=no_summaries),
            files=FileStore(database, max_bytes=100_000),
            links=FileLinks(keyring, settings.public_url, clock),
            registry=Registry.load(),
            check_inbox=findings,
            open_inbox=lambda _inbox, _path: None,
        )
    passwords.close()


@pytest.fixture
async def world(services: Services, clock: Clock) -> AsyncIterator[World]:
    server = TestServer(build_app(services))
    await server.start_server()
    made = World(services, clock, server, [])
    yield made
    for client in made.clients:
        await client.close()
    await server.close()


@asynccontextmanager
async def database_away(database: Database) -> AsyncIterator[None]:
    """Every connection is cut, and for a while none can be made."""
    name = database.engine.url.database
    server = database.engine.url.set(database="postgres").render_as_string(hide_password=False)
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    async with Database.open(server) as outside, outside.reading() as session:
        await session.execute(cut, {"name": name})
        await session.execute(text(f"ALTER DATABASE {name} RENAME TO {name}_away"))
        try:
            yield
        finally:
            await session.execute(text(f"ALTER DATABASE {name}_away RENAME TO {name}"))
