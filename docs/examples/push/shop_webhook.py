"""Takes the order webhooks of a shop (WooCommerce's form) and pushes each order to the hub.

Run: HUB=https://hub.example TOKEN=... SHOP_SECRET=... python shop_webhook.py 8090
"""

import base64
import hashlib
import hmac
import json
import os
import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

CALLING = {"BG": "359", "DE": "49", "GB": "44", "KZ": "7", "RU": "7", "US": "1"}
"""What stands before a number at home, by the country of the bill. Add your own."""
TRUNKS = {"BG": "0", "DE": "0", "GB": "0", "KZ": "8", "RU": "8", "US": "1"}
"""The digit that people dial at home instead of it."""
STATUSES = {
    "processing": "confirmed",
    "on-hold": "delayed",
    "completed": "delivered",
    "cancelled": "cancelled",
}
"""Ours by the shop's; what is not here is passed on as it is."""


def is_genuine(body: bytes, signature: str, secret: str) -> bool:
    """X-WC-Webhook-Signature is the base64 of an HMAC-SHA256 of the body."""
    expected = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))
    return hmac.compare_digest(expected, signature.encode())


def is_ping(body: bytes) -> bool:
    """What the shop sends, unsigned, when the webhook is saved: it wants a 200."""
    return re.fullmatch(rb"webhook_id=\d{1,18}", body) is not None


def international(phone: str, country: str) -> str:
    """The number with its country code, which the hub wants: people write 0888 555 727."""
    digits = re.sub(r"[^\d+]", "", phone)
    if digits.startswith("+") or country not in CALLING:
        return digits
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"+{CALLING[country]}{digits.removeprefix(TRUNKS[country])}"


def to_order(shop: dict) -> dict:
    """The shop's order as the hub takes it."""
    billing = shop["billing"]
    phone = international(billing.get("phone", ""), billing.get("country", ""))
    point = f"email:{billing['email']}" if billing.get("email") else f"tel:{phone}"
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


def taken(body: bytes, signature: str) -> int:
    """The status to answer with.

    The shop does not send again, and gives a webhook up after five failures in a row. So what the
    hub will never take is written down here, and no failure.
    """
    if is_ping(body):
        return 200
    if not is_genuine(body, signature, os.environ["SHOP_SECRET"]):
        return 401
    shop = json.loads(body)
    if "status" not in shop:  # it was deleted: its id is all that is said
        return 200
    try:
        push(os.environ["HUB"], os.environ["TOKEN"], str(shop["id"]), to_order(shop))
    except HTTPError as refused:
        said = refused.read().decode()
        print(f"order {shop['id']}: {refused.code} {said}", file=sys.stderr, flush=True)
        return 200 if refused.code in {409, 422} else 502
    except (URLError, TimeoutError) as error:
        print(f"order {shop['id']}: {error}", file=sys.stderr, flush=True)
        return 502
    return 200


class Door(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(taken(body, self.headers.get("X-WC-Webhook-Signature", "")))
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Door).serve_forever()
