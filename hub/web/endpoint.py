"""What happens to every API call, in order: who, how often, may they, what, once, do, answer."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from aiohttp import web

from hub.db.engine import WriteSession
from hub.db.retry import retry_serialization
from hub.errors import Forbidden, Unauthenticated
from hub.operators.access import Scope, Viewer
from hub.operators.viewers import Credential
from hub.web import bodies, idempotency, problems
from hub.web.api import Call, Operation, Result
from hub.web.gate import Gate
from hub.web.idempotency import Answer, Once
from hub.web.limits import Allowance, Limits
from hub.web.proxies import CALLER
from hub.web.services import Services

NOBODY = Viewer("integration", None, "", frozenset())
"""On whose behalf an operation for anyone runs."""
_JSON = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class Endpoint:
    """One operation, served."""

    def __init__(
        self, operation: Operation, services: Services, gate: Gate, limits: Limits
    ) -> None:
        self._operation = operation
        self._services = services
        self._gate = gate
        self._limits = limits

    async def serve(self, request: web.Request) -> web.StreamResponse:
        now = self._services.clock()
        headers: dict[str, str] = {}
        try:
            credential, allowance = await self._admit(request, now)
            headers = allowance.headers()
            self._permit(credential)
            response = await self._answer(request, credential, now)
        except Exception as error:
            known = problems.of_error(error)
            if known is None:
                raise
            response = problems.respond(known)
        if not response.prepared:
            response.headers.update(headers)
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    async def _admit(
        self, request: web.Request, now: datetime
    ) -> tuple[Credential | None, Allowance]:
        """Who calls, and how often they still may. A wrong token counts as a stranger's call."""
        caller = request[CALLER]
        stranger = f"stranger:{caller.network}"
        for_anyone = self._operation.scope == "anyone" or self._is_signed(request)
        try:
            credential = None if for_anyone else await self._gate.credential(request, caller, now)
            if credential is None and not for_anyone:
                raise _nobody()
        except Unauthenticated:
            self._limits.take(stranger, self._limits.strangers, now)
            raise
        if credential is None:
            return None, self._limits.take(stranger, self._limits.strangers, now)
        key = f"{credential.kind}:{credential.id}"
        return credential, self._limits.take(key, self._limits.callers, now)

    def _is_signed(self, request: web.Request) -> bool:
        return self._operation.signed and "signature" in request.query

    def _permit(self, credential: Credential | None) -> None:
        if credential is None:
            return
        if credential.confined and not self._operation.confined:
            raise Forbidden(
                "Everybody here signs in with a second factor.",
                remedy="Open the console and set yours up.",
                code="second-factor-missing",
            )
        if isinstance(self._operation.scope, Scope):
            credential.viewer.require(self._operation.scope)
        if self._operation.operators_only and credential.kind != "sign-in":
            raise Forbidden(
                "This is for operators who are signed in, not for tokens.", code="operators-only"
            )

    async def _answer(
        self, request: web.Request, credential: Credential | None, now: datetime
    ) -> web.StreamResponse:
        call, raw = await self._read(request, credential, now)
        operation = self._operation
        if operation.safe:
            return self._respond(await operation.handler(call))
        once = self._once(request, credential)
        if operation.transactional:
            return await retry_serialization(lambda: self._in_transaction(call, once, raw))
        return await self._outside(call, once, raw)

    async def _read(
        self, request: web.Request, credential: Credential | None, now: datetime
    ) -> tuple[Call[Any, Any], bytes]:
        operation = self._operation
        path = bodies.path_of(request.match_info)
        query = bodies.query_of(request, operation.query)
        body, raw, upload = None, b"", None
        if operation.uploads:
            upload = await bodies.upload_of(request)
        elif operation.body is not None:
            body, raw = await bodies.json_of(request, operation.body, operation.max_body)
        viewer = credential.viewer if credential else NOBODY
        call = Call(self._services, viewer, credential, now, path, query, body, upload, request)
        return call, raw

    def _once(self, request: web.Request, credential: Credential | None) -> Once | None:
        key = idempotency.key_of(request.headers.get(idempotency.HEADER))
        if key is None or self._operation.method != "POST" or credential is None:
            return None
        caller = f"{credential.viewer.kind}:{credential.viewer.id}"
        return Once(caller, key, self._operation.secret, self._services.keyring)

    async def _in_transaction(
        self, call: Call[Any, Any], once: Once | None, raw: bytes
    ) -> web.StreamResponse:
        """The work and, for a keyed call, its answer: both are committed or neither."""
        async with self._services.database.transaction() as session:
            call = replace(call, transaction=session)
            if once is None:
                return self._respond(await self._operation.handler(call))
            print_ = _fingerprint(call, raw)
            await idempotency.take(session, once)
            before = await idempotency.answered(session, once, print_, call.now)
            if before is not None:
                return _replay(before)
            result = await self._operation.handler(call)
            return await self._keep(session, once, print_, result, call.now)

    async def _outside(
        self, call: Call[Any, Any], once: Once | None, raw: bytes
    ) -> web.StreamResponse:
        """For work a crash may let be done twice, harming nobody: the answer is kept after it."""
        if once is not None and call.upload is None:
            async with self._services.database.reading() as session:
                print_ = _fingerprint(call, raw)
                before = await idempotency.answered(session, once, print_, call.now)
            if before is not None:
                return _replay(before)
        result = await self._operation.handler(call)
        if once is None:
            return self._respond(result)
        print_ = _fingerprint(call, call.upload.fingerprint if call.upload else raw)
        async with self._services.database.transaction() as session:
            await idempotency.take(session, once)
            before = await idempotency.answered(session, once, print_, call.now)
            if before is not None:
                return _replay(before)
            return await self._keep(session, once, print_, result, call.now)

    async def _keep(
        self, session: WriteSession, once: Once, print_: bytes, result: Result, now: datetime
    ) -> web.StreamResponse:
        if isinstance(result, web.StreamResponse):
            return result
        answer = Answer(self._operation.status, _encode(result))
        await idempotency.keep(session, once, print_, answer, now)
        return _json(answer)

    def _respond(self, result: Result) -> web.StreamResponse:
        if isinstance(result, web.StreamResponse):
            return result
        return _json(Answer(self._operation.status, _encode(result)))


def _nobody() -> Unauthenticated:
    return Unauthenticated(
        "This needs a token or a sign-in.",
        remedy="Send `Authorization: Bearer <token>`; administrators make tokens.",
    )


def _fingerprint(call: Call[Any, Any], body: bytes) -> bytes:
    return idempotency.fingerprint(call.request.method, call.request.path_qs, body)


def _encode(result: Result) -> bytes:
    return b"" if result is None else orjson.dumps(result, option=_JSON, default=str)


def _json(answer: Answer) -> web.Response:
    content_type = "application/json" if answer.body else None
    return web.Response(status=answer.status, body=answer.body or None, content_type=content_type)


def _replay(answer: Answer) -> web.Response:
    response = _json(answer)
    response.headers[idempotency.REPLAYED] = "true"
    return response
