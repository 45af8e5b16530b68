"""What went wrong, as RFC 9457 problems: one place turns errors into statuses."""

from collections.abc import Mapping
from math import ceil

import orjson
import structlog
from aiohttp import web

from hub.db.retry import is_connection_error, is_serialization_failure, sqlstate
from hub.errors import (
    Conflict,
    Forbidden,
    HubError,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from hub.ports import SinkUnavailable
from hub.web.bodies import Malformed, TooLarge, TooSlow, Unsupported

log = structlog.get_logger(__name__)

STATUSES: dict[type[HubError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    TooSlow: 408,
    Unsupported: 415,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}
TITLES = {
    400: "The request cannot be read",
    401: "Who is this?",
    403: "Not allowed",
    404: "Not found",
    405: "This cannot be done here",
    409: "Not any more",
    408: "Too slow",
    413: "Too large",
    415: "Not this type",
    422: "Something in the request is wrong",
    429: "Too many requests",
    500: "The hub made a mistake",
    503: "Try again soon",
}
_TRY_AGAIN_AFTER = 2


def of_error(error: BaseException) -> HubError | None:
    """The error in the hub's own words; None when it is a bug of ours."""
    if isinstance(error, HubError):
        return error
    if isinstance(error, SinkUnavailable) or is_connection_error(error):
        log.warning("request.database_away", error=repr(error))
        return Unavailable("The database cannot be reached at this moment.")
    if is_serialization_failure(error):
        return Unavailable("Too many changes of the same thing at once.")
    return _of_data_error(error)


def _of_data_error(error: BaseException) -> HubError | None:
    """A safety net: what the database refuses although we let it through is still no 5xx."""
    state = sqlstate(error)
    if state[:2] == "22":
        log.warning("input.refused_by_database", sqlstate=state)
        return Invalid("The database cannot store this value.")
    if state == "23503":
        return Invalid("This names something that does not exist, or no longer.")
    if state == "23505":
        return Conflict("There is such a thing already.")
    return None


def status_of(error: HubError) -> int:
    if error.kind == "too-large":
        return 413
    return next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)


def respond(error: HubError) -> web.Response:
    """The problem an error is; see `body` for its shape."""
    status = status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(max(1, ceil(error.retry_after)))
    elif status == 503 or error.kind == "in-progress":
        headers["Retry-After"] = str(_TRY_AGAIN_AFTER)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="besedka"'
    return _response(status, body(status, error), headers)


def body(status: int, error: HubError) -> dict[str, object]:
    """`code` repeats the end of `type`; what `extra` holds (an existing id, ...) stands beside."""
    problem: dict[str, object] = {
        "type": f"urn:besedka:problem:{error.kind}",
        "code": error.kind,
        "title": TITLES[status],
        "status": status,
        "detail": str(error),
    }
    if error.remedy:
        problem["remedy"] = error.remedy
    if error.fields:
        problem["errors"] = [
            {"field": field, "message": message} for field, message in error.fields.items()
        ]
    return {**error.extra, **problem}


def of_http(error: web.HTTPException) -> web.Response:
    """A problem for what aiohttp refused before we saw it: no such route, a body too large."""
    status = error.status if error.status in TITLES else 400
    problem = {
        "type": f"urn:besedka:problem:http-{status}",
        "code": f"http-{status}",
        "title": TITLES[status],
        "status": status,
        "detail": error.text or TITLES[status],
    }
    if not isinstance(error, web.HTTPMethodNotAllowed):
        return _response(status, problem, {})
    taken = ", ".join(sorted(error.allowed_methods))
    told = {"detail": f"{error.method} is not taken here.", "remedy": f"Taken here: {taken}."}
    return _response(status, problem | told, {"Allow": error.headers["Allow"]})


def unexpected(request: web.Request, error: Exception) -> web.Response:
    """Our bug: logged with its traceback, told without."""
    log.error("request.failed", method=request.method, route=_route(request), exc_info=error)
    problem = {
        "type": "urn:besedka:problem:failed",
        "code": "failed",
        "title": TITLES[500],
        "status": 500,
        "detail": "The hub could not do this; the server's log says why.",
    }
    return _response(500, problem, {})


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def _response(status: int, problem: object, headers: Mapping[str, str]) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(problem, default=str),
        content_type="application/problem+json",
        headers=headers,
    )
