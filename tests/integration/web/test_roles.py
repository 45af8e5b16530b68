"""Who may do what: every route, every role, every scope, and nobody; then which data they see.

WHO is written by hand beside the declarations: a declaration that slips turns this red.
"""

import re

from hub.operators.access import ROLE_SCOPES, Role, Scope
from hub.web.api import Operation
from hub.web.app import API, build_app, operations
from tests.integration.web.conftest import Client, World

ANYONE, SIGNED_IN, OPERATORS = "anyone", "signed-in", "operators"
WRITERS = "operators who may write"

WHO = {
    "GET /customers": Scope.CUSTOMERS_READ,
    "GET /customers/{id}": Scope.CUSTOMERS_READ,
    "PATCH /customers/{id}": Scope.CUSTOMERS_WRITE,
    "GET /customers/{id}/timeline": Scope.MESSAGES_READ,
    "GET /customers/{id}/files": Scope.MESSAGES_READ,
    "POST /customers/{id}/merge": Scope.CUSTOMERS_WRITE,
    "POST /customers/{id}/unmerge": Scope.CUSTOMERS_WRITE,
    "POST /contact-points/{id}/split": Scope.CUSTOMERS_WRITE,
    "POST /customers/{id}/contact-points": Scope.CUSTOMERS_WRITE,
    "POST /customers/{id}/link-codes": Scope.CUSTOMERS_WRITE,
    "GET /customers/{id}/suggestions": Scope.CUSTOMERS_READ,
    "DELETE /customers/{id}/suggestions/{other_id}": Scope.CUSTOMERS_WRITE,
    "GET /customers/{id}/merges": Scope.CUSTOMERS_READ,
    "GET /customers/{id}/consents": Scope.CUSTOMERS_READ,
    "POST /customers/{id}/consents": Scope.CUSTOMERS_WRITE,
    "GET /customers/{id}/preferences": Scope.CUSTOMERS_READ,
    "PUT /customers/{id}/preferences": Scope.CUSTOMERS_WRITE,
    "GET /settings/sending": Scope.MESSAGES_READ,
    "PATCH /settings/sending": Scope.ADMIN,
    "GET /settings/routing": Scope.MESSAGES_READ,
    "PATCH /settings/routing": Scope.ADMIN,
    "GET /timer-policies": Scope.MESSAGES_READ,
    "POST /timer-policies": Scope.ADMIN,
    "PATCH /timer-policies/{id}": Scope.ADMIN,
    "DELETE /timer-policies/{id}": Scope.ADMIN,
    "GET /business-hours": Scope.MESSAGES_READ,
    "POST /business-hours": Scope.ADMIN,
    "PATCH /business-hours/{id}": Scope.ADMIN,
    "DELETE /business-hours/{id}": Scope.ADMIN,
    "GET /settings/sign-in": Scope.ADMIN,
    "PATCH /settings/sign-in": Scope.ADMIN,
    "GET /settings/oidc": Scope.ADMIN,
    "PATCH /settings/oidc": Scope.ADMIN,
    "DELETE /operators/{id}/identities": Scope.ADMIN,
    "GET /customers/{id}/compare": Scope.CUSTOMERS_READ,
    "PUT /contact-points/{id}/block": Scope.CUSTOMERS_WRITE,
    "DELETE /contact-points/{id}/block": Scope.CUSTOMERS_WRITE,
    "GET /problems": Scope.MESSAGES_READ,
    "GET /problems/counts": Scope.MESSAGES_READ,
    "GET /customers/{id}/routes": Scope.MESSAGES_READ,
    "POST /customers/{id}/messages": Scope.MESSAGES_WRITE,
    "POST /customers/{id}/notes": Scope.MESSAGES_WRITE,
    "GET /conversations": Scope.MESSAGES_READ,
    "GET /conversations/counts": Scope.MESSAGES_READ,
    "GET /conversations/{id}": Scope.MESSAGES_READ,
    "GET /conversations/{id}/entries": Scope.MESSAGES_READ,
    "PATCH /conversations/{id}": Scope.MESSAGES_WRITE,
    "POST /conversations/{id}/merge": Scope.MESSAGES_WRITE,
    "POST /conversations/{id}/split": Scope.MESSAGES_WRITE,
    "POST /conversations/{id}/unmerge": Scope.MESSAGES_WRITE,
    "GET /conversations/{id}/merges": Scope.MESSAGES_READ,
    "GET /labels": Scope.MESSAGES_READ,
    "GET /views": Scope.MESSAGES_READ,
    "POST /views": Scope.MESSAGES_READ,
    "PATCH /views/{id}": Scope.MESSAGES_READ,
    "DELETE /views/{id}": Scope.MESSAGES_READ,
    "GET /presence": Scope.MESSAGES_READ,
    "PUT /conversations/{id}/follow": OPERATORS,
    "DELETE /conversations/{id}/follow": OPERATORS,
    "POST /conversations/{id}/read": OPERATORS,
    "POST /conversations/{id}/unread": OPERATORS,
    "GET /messages/{id}/deliveries": Scope.MESSAGES_READ,
    "PATCH /messages/{id}": Scope.MESSAGES_WRITE,
    "DELETE /messages/{id}": Scope.MESSAGES_WRITE,
    "PUT /messages/{id}/reaction": Scope.MESSAGES_WRITE,
    "POST /messages/{id}/send-now": Scope.MESSAGES_WRITE,
    "GET /messages/{id}/page": Scope.MESSAGES_READ,
    "GET /messages/{id}/answered": Scope.MESSAGES_READ,
    "GET /messages/{id}/source": Scope.MESSAGES_READ,
    "GET /messages/{id}/versions": Scope.MESSAGES_READ,
    "GET /drafts/{conversation_id}": WRITERS,
    "PUT /drafts/{conversation_id}": WRITERS,
    "DELETE /drafts/{conversation_id}": WRITERS,
    "GET /saved-replies": Scope.MESSAGES_READ,
    "POST /saved-replies": Scope.MESSAGES_WRITE,
    "PATCH /saved-replies/{id}": Scope.MESSAGES_WRITE,
    "DELETE /saved-replies/{id}": Scope.MESSAGES_WRITE,
    "POST /deliveries/{id}/retry": Scope.MESSAGES_WRITE,
    "PUT /deliveries/{id}/dismissal": Scope.MESSAGES_WRITE,
    "DELETE /deliveries/{id}/dismissal": Scope.MESSAGES_WRITE,
    "GET /decisions": Scope.MESSAGES_READ,
    "GET /search": Scope.MESSAGES_READ,
    "POST /files": Scope.MESSAGES_WRITE,
    "GET /files/{id}": Scope.MESSAGES_READ,
    "GET /inboxes": Scope.MESSAGES_READ,
    "GET /inboxes/{id}": Scope.MESSAGES_READ,
    "POST /inboxes": Scope.INBOXES_ADMIN,
    "PATCH /inboxes/{id}": Scope.INBOXES_ADMIN,
    "POST /inboxes/{id}/test": Scope.INBOXES_ADMIN,
    "GET /quarantine": Scope.INBOXES_ADMIN,
    "GET /quarantine/{id}/raw": Scope.INBOXES_ADMIN,
    "POST /quarantine/{id}/replay": Scope.INBOXES_ADMIN,
    "POST /quarantine/{id}/dismiss": Scope.INBOXES_ADMIN,
    "GET /channels": Scope.INBOXES_ADMIN,
    "PUT /orders/{external}": Scope.ORDERS_WRITE,
    "GET /orders/{external}": Scope.CUSTOMERS_READ,
    "GET /orders": Scope.CUSTOMERS_READ,
    "PUT /appointments/{external}": Scope.ORDERS_WRITE,
    "GET /appointments/{external}": Scope.CUSTOMERS_READ,
    "GET /appointments": Scope.CUSTOMERS_READ,
    "GET /reminders": Scope.CUSTOMERS_READ,
    "GET /rules": Scope.RULES_ADMIN,
    "PUT /rules": Scope.RULES_ADMIN,
    "GET /rules/{id}": Scope.RULES_ADMIN,
    "GET /rules/{id}/firings": Scope.RULES_ADMIN,
    "GET /rules/{id}/skips": Scope.RULES_ADMIN,
    "GET /rules/{id}/next": Scope.RULES_ADMIN,
    "GET /rules/{id}/why": Scope.RULES_ADMIN,
    "GET /rules/{id}/versions": Scope.RULES_ADMIN,
    "GET /rules/export": Scope.RULES_ADMIN,
    "GET /rules/catalogue": Scope.RULES_ADMIN,
    "POST /rules/check": Scope.RULES_ADMIN,
    "PATCH /rules/{id}": Scope.RULES_ADMIN,
    "DELETE /rules/{id}": Scope.RULES_ADMIN,
    "POST /events": Scope.ORDERS_WRITE,
    "GET /templates": Scope.MESSAGES_READ,
    "GET /templates/fields": Scope.MESSAGES_READ,
    "GET /templates/{name}": Scope.MESSAGES_READ,
    "POST /templates": Scope.RULES_ADMIN,
    "PATCH /templates/{name}": Scope.RULES_ADMIN,
    "DELETE /templates/{name}": Scope.RULES_ADMIN,
    "GET /templates/{name}/versions": Scope.RULES_ADMIN,
    "POST /templates/preview": Scope.RULES_ADMIN,
    "GET /operators": Scope.MESSAGES_READ,
    "POST /operators": Scope.ADMIN,
    "PATCH /operators/{id}": Scope.ADMIN,
    "POST /operators/{id}/setup-link": Scope.ADMIN,
    "DELETE /operators/{id}/sign-ins": Scope.ADMIN,
    "DELETE /operators/{id}/second-factor": Scope.ADMIN,
    "GET /teams": Scope.MESSAGES_READ,
    "POST /teams": Scope.ADMIN,
    "PATCH /teams/{id}": Scope.ADMIN,
    "DELETE /teams/{id}": Scope.ADMIN,
    "GET /tokens": Scope.ADMIN,
    "POST /tokens": Scope.ADMIN,
    "DELETE /tokens/{id}": Scope.ADMIN,
    "GET /webhooks": Scope.ADMIN,
    "POST /webhooks": Scope.ADMIN,
    "GET /webhooks/{id}": Scope.ADMIN,
    "PATCH /webhooks/{id}": Scope.ADMIN,
    "DELETE /webhooks/{id}": Scope.ADMIN,
    "POST /webhooks/{id}/secret": Scope.ADMIN,
    "POST /webhooks/{id}/test": Scope.ADMIN,
    "GET /webhooks/{id}/deliveries": Scope.ADMIN,
    "GET /webhooks/{id}/deliveries/{delivery_id}/attempts": Scope.ADMIN,
    "POST /webhooks/{id}/deliveries/{delivery_id}/retry": Scope.ADMIN,
    "POST /webhooks/{id}/replay": Scope.ADMIN,
    "GET /audit": Scope.ADMIN,
    "GET /notifications": OPERATORS,
    "POST /notifications/read": OPERATORS,
    "GET /me": SIGNED_IN,
    "PATCH /me": OPERATORS,
    "POST /me/alert-test": OPERATORS,
    "POST /me/password": OPERATORS,
    "GET /me/sign-ins": OPERATORS,
    "DELETE /me/sign-ins": OPERATORS,
    "DELETE /me/sign-ins/{id}": OPERATORS,
    "GET /me/second-factor": OPERATORS,
    "POST /me/second-factor": OPERATORS,
    "POST /me/second-factor/confirm": OPERATORS,
    "POST /me/second-factor/recovery-codes": OPERATORS,
    "POST /me/second-factor/remove": OPERATORS,
}

MAY = {
    Role.READER: {Scope.MESSAGES_READ, Scope.CUSTOMERS_READ},
    Role.OPERATOR: {
        Scope.MESSAGES_READ,
        Scope.CUSTOMERS_READ,
        Scope.MESSAGES_WRITE,
        Scope.CUSTOMERS_WRITE,
    },
    Role.SUPERVISOR: set(Scope) - {Scope.ADMIN, Scope.INBOXES_ADMIN},
    Role.ADMINISTRATOR: set(Scope),
}

BESIDE_THE_API = {
    "GET /",
    "GET /sign-in",
    "POST /sign-in",
    "GET /sign-in/code",
    "POST /sign-in/code",
    "GET /sign-in/oidc",
    "GET /sign-in/oidc/back",
    "POST /sign-out",
    "GET /setup/{token}",
    "POST /setup/{token}",
    "GET /stop/{token}",
    "POST /stop/{token}",
    "GET /preferences/{token}",
    "POST /preferences/{token}",
    "GET /appointment/{token}",
    "POST /appointment/{token}",
    "GET /question/{token}",
    "POST /question/{token}",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /static/{path}",
    "* /channels/{inbox}/{tail}",
    "* /chat/{inbox}/{tail}",
    "GET /chat/{inbox}",
    "GET /api/v1/live",
    "GET /api/v1/openapi.json",
}

NOWHERE = "0198c1de-0000-7000-8000-000000000000"


def test_every_operation_says_who():
    assert {one.name: who(one) for one in operations()} == WHO


def who(operation: Operation) -> str:
    if not operation.operators_only:
        return operation.scope
    return WRITERS if operation.scope is Scope.MESSAGES_WRITE else OPERATORS


def test_every_role_is_what_the_table_says():
    assert {role: set(scopes) for role, scopes in ROLE_SCOPES.items()} == MAY


async def test_there_is_no_other_way_in(services):
    """Whatever the router leads to is in one of the two tables."""
    routes = {
        f"{route.method} {route.resource.canonical}"
        for route in build_app(services).router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    in_api = {name.replace(" ", f" {API}") for name in WHO}
    assert routes == in_api | BESIDE_THE_API


def allowed(who: str, scopes: set[Scope], *, operator: bool) -> bool:
    if who == OPERATORS:
        return operator
    if who == WRITERS:
        return operator and Scope.MESSAGES_WRITE in scopes
    return who == SIGNED_IN or Scope.ADMIN in scopes or who in scopes


async def statuses(client: Client) -> dict[str, int]:
    found = {}
    for name in WHO:
        method, path = name.split()
        address = API + re.sub(r"\{\w+\}", NOWHERE, path)
        body: dict[str, str] | None = None if method == "GET" else {}
        answer = await client.request(method, address, json=body)
        found[name] = answer.status
    return found


async def test_each_role_on_each_route(world: World):
    for role in Role:
        client = await world.as_role(role)
        for name, status in (await statuses(client)).items():
            may = allowed(WHO[name], MAY[role], operator=True)
            assert (status not in {401, 403}) == may, (role, name, status)
            assert may or status == 403, (role, name, status)


async def test_each_scope_on_each_route(world: World):
    for scope in Scope:
        client = await world.as_token(scope)
        for name, status in (await statuses(client)).items():
            may = allowed(WHO[name], {scope}, operator=False)
            assert (status not in {401, 403}) == may, (scope, name, status)
            assert may or status == 403, (scope, name, status)


async def test_nobody_on_each_route(world: World):
    client = await world.client()
    assert set((await statuses(client)).values()) == {401}


async def test_what_is_refused_is_not_even_read(world: World):
    """Who may not learns nothing: not whether the id exists, not what is wrong inside."""
    reader = await world.as_role(Role.READER)
    for name, who in WHO.items():
        if allowed(who, MAY[Role.READER], operator=True):
            continue
        method, path = name.split()
        address = API + re.sub(r"\{\w+\}", "no-id", path)
        answer = await reader.request(method, address, data="{", params={"colour": "red"})
        assert answer.status == 403, name
