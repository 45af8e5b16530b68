"""The OpenAPI 3.1 document, made of the declarations the router serves."""

import asyncio
import inspect
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

import hub
from hub.db.base import Json
from hub.operators.access import Scope
from hub.web.api import AnyCall, Operation
from hub.web.problems import TITLES

_SCHEMAS = "#/components/schemas/{model}"
_PLACE = re.compile(r"\{(\w+)\}")
_ALWAYS = (400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 503)
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a repeat of this call harmless for 24 hours: same key, same answer.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}


class Fault(BaseModel):
    """One field that is wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457. Further members stand beside these: the `id` of what exists, `candidates`, ..."""

    type: str
    code: str = Field(description="The last part of `type`.")
    title: str
    status: int
    detail: str = Field(description="What happened.")
    remedy: str | None = Field(default=None, description="What to do about it.")
    errors: list[Fault] | None = None


def document(operations: Sequence[Operation], server: str) -> Json:
    """The whole document; `server` is the URL that `/api/v1` hangs on."""
    schemas = _Schemas(operations)
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(
            operation, schemas
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Besedka",
            "version": hub.__version__,
            "description": "One timeline per customer, whatever the channel. "
            "Ids are UUIDv7, times RFC 3339 in UTC.",
        },
        "servers": [{"url": f"{server}/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {f"Problem{code}": _problem(code) for code in _ALWAYS},
            "securitySchemes": _security(),
        },
    }


class OpenApi:
    """The document as an operation of the API itself: `GET /openapi.json`, for anyone."""

    def __init__(self, operations: Sequence[Operation], public_url: str) -> None:
        self.operation = Operation("GET", "/openapi.json", self._serve, "openapi", "anyone")
        self._operations = [*operations, self.operation]
        self._public_url = public_url

    @cached_property
    def _document(self) -> Json:
        return document(self._operations, self._public_url)

    async def _serve(self, call: AnyCall) -> Json:
        """This document."""
        # Made when first asked for, beside the event loop: it takes a third of a second.
        made = await asyncio.to_thread(lambda: self._document)
        return {**made, "servers": [{"url": f"{call.public_url}/api/v1"}]}


class _Schemas:
    """The JSON Schemas of every model, and how to refer to each."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        wanted: list[tuple[Any, JsonSchemaMode]] = [(Problem, "serialization")]
        for operation in operations:
            if operation.body is not None:
                wanted.append((operation.body, "validation"))
            if operation.out is not None:
                wanted.append((operation.out, "serialization"))
        adapters: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = [
            (kind, mode, TypeAdapter(kind)) for kind, mode in dict.fromkeys(wanted)
        ]
        self._refs, definitions = TypeAdapter.json_schemas(
            adapters, ref_template=_SCHEMAS, schema_generator=GenerateJsonSchema
        )
        self.components: Json = definitions.get("$defs", {})

    def ref(self, kind: object, mode: JsonSchemaMode) -> Json:
        found: Json = self._refs[kind, mode]
        return found


def _describe(operation: Operation, schemas: _Schemas) -> Json:
    summary, _, description = (inspect.getdoc(operation.handler) or "").partition("\n")
    described: Json = {
        "operationId": operation.handler.__name__.lstrip("_"),
        "tags": [operation.tag],
        "summary": summary,
        "description": "\n\n".join(
            part for part in (description.strip(), _needs(operation)) if part
        ),
        "parameters": _parameters(operation),
        "security": _demanded(operation),
        "responses": _responses(operation, schemas),
    }
    if operation.body is not None:
        schema = schemas.ref(operation.body, "validation")
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if operation.uploads:
        described["requestBody"] = _upload_body()
    return described


def _needs(operation: Operation) -> str:
    if isinstance(operation.scope, Scope):
        return f"Needs the scope `{operation.scope}`."
    return "For operators who are signed in." if operation.operators_only else ""


def _demanded(operation: Operation) -> list[Json]:
    if operation.scope == "anyone":
        return [{}]
    free: list[Json] = [{}] if operation.signed else []
    cookie: list[Json] = [{"cookie": []}, {"secureCookie": []}]
    return cookie if operation.operators_only else [{"token": []}, *cookie, *free]


def _parameters(operation: Operation) -> list[Json]:
    places = [_path_parameter(name) for name in _PLACE.findall(operation.path)]
    key = [_KEY_HEADER] if operation.method == "POST" else []
    return [*places, *_query_parameters(operation.query), *key]


def _path_parameter(name: str) -> Json:
    is_id = name == "id" or (name.endswith("_id") and name != "external_id")
    schema = (
        {"type": "string", "format": "uuid"}
        if is_id
        else {"type": "string", "minLength": 1, "maxLength": 300}
    )
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(model: type[BaseModel] | None) -> list[Json]:
    if model is None:
        return []
    schema = model.model_json_schema(mode="validation")
    required, definitions = schema.get("required", []), schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": facts.get("description", ""),
            "schema": _plain(facts, definitions),
        }
        for name, facts in schema["properties"].items()
    ]


def _plain(facts: Json, definitions: Json) -> Json:
    """A parameter's schema without references, and without `null`: a query cannot say it."""
    if "$ref" in facts:
        return dict(definitions[facts["$ref"].rpartition("/")[2]])
    if "anyOf" not in facts:
        return facts
    ways = [_plain(one, definitions) for one in facts["anyOf"] if one.get("type") != "null"]
    kept = {key: value for key, value in facts.items() if key not in {"anyOf", "default"}}
    return {**kept, **(ways[0] if len(ways) == 1 else {"anyOf": ways})}


def _upload_body() -> Json:
    anything = {"type": "string", "contentMediaType": "application/octet-stream"}
    form = {"type": "object", "required": ["file"], "properties": {"file": anything}}
    return {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": form},
            "application/octet-stream": {"schema": anything},
        },
    }


def _responses(operation: Operation, schemas: _Schemas) -> Json:
    found: Json = {str(operation.status): _success(operation, schemas)}
    for code in _ALWAYS:
        found[str(code)] = {"$ref": f"#/components/responses/Problem{code}"}
    for code, meaning in operation.also.items():
        found[str(code)] = _problem(code, meaning) if code >= 400 else {"description": meaning}
    return found


def _success(operation: Operation, schemas: _Schemas) -> Json:
    if operation.media_type != "application/json":
        return {"description": "Done.", "content": {operation.media_type: {"schema": {}}}}
    if operation.out is None:
        return {"description": "Done."}
    schema = schemas.ref(operation.out, "serialization")
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _problem(code: int, meaning: str = "") -> Json:
    schema = {"$ref": _SCHEMAS.format(model="Problem")}
    headers: Json = {}
    if code in {429, 503}:
        headers = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return {
        "description": meaning or TITLES[code],
        "headers": headers,
        "content": {"application/problem+json": {"schema": schema}},
    }


def _security() -> Json:
    return {
        "token": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "besedka"},
        "secureCookie": {"type": "apiKey", "in": "cookie", "name": "__Host-besedka"},
    }
