"""The documented recipes push to a served hub what a shop and an ERP say."""

import asyncio
import base64
import hashlib
import hmac
import runpy
from pathlib import Path
from typing import Any

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


async def test_an_erps_export_is_pushed_once_and_again_when_it_changes(
    world: World, tmp_path: Path
) -> None:
    erp = recipe("erp_export")
    token = await world.token(Scope.ORDERS_WRITE)
    export = tmp_path / "export.csv"
    export.write_text(HEAD + ROW.format(status="booked", hour="10"), encoding="utf-8-sig")

    async def pushed() -> Any:
        return await asyncio.to_thread(lambda: erp["main"](export, world.origin, token))

    assert await pushed() == 1
    assert await pushed() == 0
    export.write_text(HEAD + ROW.format(status="cancelled", hour="11"), encoding="utf-8-sig")
    assert await pushed() == 1
    client = await world.as_token(Scope.CUSTOMERS_READ)
    [found] = (await (await client.get("/api/v1/appointments")).json())["items"]
    assert (found["external_id"], found["status"]) == ("A/17", "cancelled")
