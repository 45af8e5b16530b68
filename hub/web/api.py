"""Declaring the API: one declaration an operation, read by router, checks, docs and tests.

    routes = Routes("customers")

    @routes.op("POST", "/customers/{id}/notes", body=NewNote, out=Entry, status=201,
               scope=Scope.MESSAGES_WRITE)
    async def add_note(call: Call[NewNote]) -> Json:
        \"\"\"Write a note that only operators see.\"\"\"
        return await notes.add(call.session, call.id, call.body, now=call.now)

`{id}` (and every `{..._id}`) in a path is a UUID, anything else there a short text; what does not
fit is a 404. An operation with an unsafe method runs in one transaction, `call.session`, which is
committed when the handler returns and takes the Idempotency-Key's answer with it.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypedDict
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel
from typing_extensions import TypeVar, Unpack

from hub.db.base import Json
from hub.db.engine import Driver, ReadSession, WriteSession
from hub.db.rows import lent
from hub.operators.access import Scope, Viewer
from hub.operators.viewers import Credential
from hub.web.bodies import Upload
from hub.web.proxies import CALLER
from hub.web.services import Services

B = TypeVar("B", default=None)
Q = TypeVar("Q", default=None)
B_co = TypeVar("B_co", default=None, covariant=True)
Q_co = TypeVar("Q_co", default=None, covariant=True)

Anyone = Literal["anyone"]
SignedIn = Literal["signed-in"]
Access = Scope | Anyone | SignedIn
"""Who may call: holders of a scope, everybody whose token or cookie holds, or everybody."""

Result = Json | web.StreamResponse | None
KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call(Generic[B_co, Q_co]):
    """One request that has passed every check."""

    services: Services
    viewer: Viewer
    credential: Credential | None
    now: datetime
    path: Mapping[str, UUID | str]
    query: Q_co
    body: B_co
    upload: Upload | None
    request: web.Request
    transaction: WriteSession | None = None

    @property
    def id(self) -> UUID:
        """The `{id}` of the path."""
        value = self.path["id"]
        assert isinstance(value, UUID)  # noqa: S101 - `bodies.path_of` made it one
        return value

    @property
    def session(self) -> WriteSession:
        """The operation's transaction."""
        if self.transaction is None:
            raise LookupError("Only an operation that changes something has a transaction.")
        return self.transaction

    @property
    def public_url(self) -> str:
        """Where the hub is reached: HUB_PUBLIC_URL, else as this caller reached it."""
        return self.services.settings.public_url or self.request[CALLER].origin

    def reading(self) -> AbstractAsyncContextManager[ReadSession]:
        return self.services.database.reading()

    def lent(self) -> AbstractAsyncContextManager[Driver]:
        """For what every click reads: `reading()` without the weight of a session."""
        return lent(self.services.database)


AnyCall = Call[object, object]
Handler = Callable[[Call[B, Q]], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Operation:
    """What is known about an operation without running it."""

    method: str
    path: str
    handler: Handler[Any, Any]
    tag: str
    scope: Access
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    out: Any = None
    status: int = 200
    operators_only: bool = False
    """A program has no such thing (read marks, a password)."""
    transactional: bool = True
    """False: the handler talks to somebody else meanwhile, and opens its own transactions."""
    signed: bool = False
    """Also for whoever holds a signed address: the handler checks the signature."""
    uploads: bool = False
    """The body is a file, raw or multipart."""
    secret: bool = False
    """The answer holds a secret: kept for repeats only encrypted."""
    confined: bool = False
    """Also for who has yet to set up the second factor that everybody must have."""
    max_body: int = MIB
    media_type: str = "application/json"
    also: Mapping[int, str] = field(default_factory=dict)
    """Statuses that mean something particular here, with what they mean."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def safe(self) -> bool:
        return self.method == "GET"


class Facts(TypedDict, total=False):
    """The fields of `Operation` that have a default."""

    out: Any
    status: int
    operators_only: bool
    transactional: bool
    signed: bool
    uploads: bool
    secret: bool
    confined: bool
    max_body: int
    media_type: str
    also: Mapping[int, str]


class Routes:
    """The operations of one resource, in the order they are declared."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.operations: list[Operation] = []

    def op(
        self,
        method: str,
        path: str,
        *,
        scope: Access,
        body: type[B] | None = None,
        query: type[Q] | None = None,
        **facts: Unpack[Facts],
    ) -> Callable[[Handler[B, Q]], Handler[B, Q]]:
        """Register a handler under this declaration."""

        def register(handler: Handler[B, Q]) -> Handler[B, Q]:
            self.operations.append(
                Operation(method, path, handler, self.tag, scope, body, query, **facts)  # type: ignore[arg-type]
            )
            return handler

        return register
