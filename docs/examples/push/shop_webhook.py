"""Takes the order webhooks of a shop (WooCommerce's form) and pushes each order to the hub.

Run: HUB=https://hub.example TOKEN=... SHOP_SECRET=... python shop_webhook.py 8090
"""

import base64
import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote
from urllib.request import Request, urlopen

STATUSES = {
    "processing": "confirmed",
    "on-hold": "delayed",
    "completed": "delivered",
    "cancelled": "cancelled",
}
"""Ours by the shop's; what is not here is passed on as it is."""


def is_genuine(body: bytes, signature: str, secret: str) -> bool:
    """X-WC-Webhook-Signature is the base64 of an HMAC-SHA256 of the body."""
    expected = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    return hmac.compare_digest(expected, signature)


def to_order(shop: dict) -> dict:
    """The shop's order as the hub takes it."""
    billing = shop["billing"]
    point = f"email:{billing['email']}" if billing.get("email") else f"tel:{billing['phone']}"
    return {
        "customer": {
            "contact_point": point,
            "name": f"{billing.get('first_name', '')} {billing.get('last_name', '')}".strip(),
        },
        "status": STATUSES.get(shop["status"], shop["status"]),
        # The shop counts no versions: the time of the change says what is newer.
        "occurred_at": f"{shop['date_modified_gmt']}Z",
        "number": str(shop["number"]),
        "total": shop["total"],
        "currency": shop["currency"],
        "items": [
            {"name": one["name"], "quantity": str(one["quantity"])} for one in shop["line_items"]
        ],
    }


def push(hub: str, token: str, external_id: str, order: dict) -> dict:
    """PUT it; the hub tells whether it was news."""
    request = Request(
        f"{hub}/api/v1/orders/{quote(external_id, safe='')}",
        data=json.dumps(order).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="PUT",
    )
    with urlopen(request, timeout=30) as answer:
        return json.load(answer)


class Door(BaseHTTPRequestHandler):
    """Answers 2xx only when the hub has the order: else the shop sends it again."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        signature = self.headers.get("X-WC-Webhook-Signature", "")
        if not is_genuine(body, signature, os.environ["SHOP_SECRET"]):
            self.send_response(401)
        else:
            shop = json.loads(body)
            push(os.environ["HUB"], os.environ["TOKEN"], str(shop["id"]), to_order(shop))
            self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Door).serve_forever()
