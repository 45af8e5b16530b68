"""The documented recipes push to a served hub what a shop and an ERP say."""

import asyncio
import base64
import hashlib
import hmac
import json
import runpy
from contextlib import closing
from http.client import HTTPConnection
from http.server import HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from hub.operators.access import Scope
from tests.integration.web.conftest import World

RECIPES = Path(__file__).parents[3] / "docs" / "examples" / "push"
SHOP: dict[str, Any] = {
    "id": 727,
    "number": "727",
    "status": "processing",
    "currency": "EUR",
    "total": "29.35",
    "date_modified_gmt": "2026-05-03T08:00:00",
    "billing": {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"},
    "line_items": [{"name": "Lamp", "quantity": 2}],
}
HEAD = "id;phone;name;starts_at;ends_at;place;status;changed_at\n"
ROW = (
    "A/17;+359888123456;Ани;2026-05-05T09:00:00+03:00;2026-05-05T09:30:00+03:00;"
    "Vitosha 10;{status};2026-05-03T{hour}:00:00+03:00\n"
)


def recipe(name: str) -> dict[str, Any]:
    return runpy.run_path(str(RECIPES / f"{name}.py"))


async def test_a_shops_webhook_becomes_an_order(world: World) -> None:
    shop = recipe("shop_webhook")
    body = b'{"id": 727}'
    signature = base64.b64encode(hmac.digest(b"secret", body, hashlib.sha256)).decode()
    assert shop["is_genuine"](body, signature, "secret")
    assert not shop["is_genuine"](body + b" ", signature, "secret")
    token = await world.token(Scope.ORDERS_WRITE)
    order = shop["to_order"](SHOP)
    told = await asyncio.to_thread(shop["push"], world.origin, token, "727", order)
    assert told["applied"]
    assert (told["order"]["status"], told["order"]["total"]) == ("confirmed", "29.35")
    assert not (await asyncio.to_thread(shop["push"], world.origin, token, "727", order))[
        "applied"
    ]


async def test_the_shops_webhook_stays_alive(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop gives it up after five failures in a row, and sends nothing again."""
    shop = recipe("shop_webhook")
    for name, value in {
        "HUB": world.origin,
        "TOKEN": await world.token(Scope.ORDERS_WRITE),
        "SHOP_SECRET": "secret",
    }.items():
        monkeypatch.setenv(name, value)

    def told(body: bytes, signature: str | None = None) -> int:
        digest = hmac.digest(b"secret", body, hashlib.sha256)
        given = base64.b64encode(digest).decode() if signature is None else signature
        door = HTTPServer(("127.0.0.1", 0), shop["Door"])
        with closing(HTTPConnection("127.0.0.1", door.server_port, timeout=20)) as call:
            Thread(target=door.handle_request, daemon=True).start()
            call.request("POST", "/", body, {"X-WC-Webhook-Signature": given.encode("latin-1")})
            status = call.getresponse().status
        door.server_close()
        return status

    def order(**changes: object) -> bytes:
        return json.dumps({**SHOP, **changes}).encode()

    bill = {"first_name": "Ann", "email": "", "phone": "0888 555 727", "country": "BG"}
    for body, signature, status in (
        (b"webhook_id=5", "", 200),
        (order(), "", 401),
        (order(), "\u00e9", 401),
        (order(), None, 200),
        (order(billing=bill, id=728), None, 200),
        (order(billing={**bill, "phone": "12"}, id=729), None, 200),
        (b'{"id": 727}', None, 200),
    ):
        assert await asyncio.to_thread(told, body, signature) == status, body
    monkeypatch.setenv("TOKEN", "wrong")
    assert await asyncio.to_thread(told, order(id=730)) == 502
    client = await world.as_token(Scope.CUSTOMERS_READ)
    items = (await (await client.get("/api/v1/orders")).json())["items"]
    assert {one["external_id"] for one in items} == {"727", "728"}
    found = await (await client.get("/api/v1/customers?contact_point=tel:%2B359888555727")).json()
    assert len(found["items"]) == 1


async def test_an_erps_export_is_pushed_once_and_again_when_it_changes(
    world: World, tmp_path: Path
) -> None:
    erp = recipe("erp_export")
    token = await world.token(Scope.ORDERS_WRITE)
    export = tmp_path / "export.csv"
    export.write_text(HEAD + ROW.format(status="booked", hour="10"), encoding="utf-8-sig")

    async def pushed() -> Any:
        return await asyncio.to_thread(lambda: erp["main"](export, world.origin, token))

    assert await pushed() == (1, 0)
    assert await pushed() == (0, 0)
    export.write_text(HEAD + ROW.format(status="cancelled", hour="11"), encoding="utf-8-sig")
    assert await pushed() == (1, 0)
    client = await world.as_token(Scope.CUSTOMERS_READ)
    [found] = (await (await client.get("/api/v1/appointments")).json())["items"]
    assert (found["external_id"], found["status"]) == ("A/17", "cancelled")


async def test_a_row_that_is_refused_holds_up_no_other(world: World, tmp_path: Path) -> None:
    erp = recipe("erp_export")
    token = await world.token(Scope.ORDERS_WRITE)
    export = tmp_path / "export.csv"
    bad = ROW.format(status="booked", hour="10").replace("A/17", "A/16").replace("+359", "0")
    odd = ROW.format(status="Проведен", hour="10").replace("2026-05-05T09:30:00+03:00", "")
    export.write_text(HEAD + bad + odd, encoding="utf-8-sig")
    assert await asyncio.to_thread(erp["main"], export, world.origin, token) == (1, 1)
    client = await world.as_token(Scope.CUSTOMERS_READ)
    [found] = (await (await client.get("/api/v1/appointments")).json())["items"]
    assert (found["external_id"], found["status"]) == ("A/17", "completed")
