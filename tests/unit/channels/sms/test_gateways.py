"""Each gateway, against the recorded requests and answers in its folder of `fixtures`.

A new gateway needs settings.json, send.json, and at least one inbound*.json and status*.json.
"""

import hmac
import json
import shlex
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from twilio.request_validator import RequestValidator

from channels.sms import gateways
from channels.sms.errors import Refused
from channels.sms.settings import SmsSettings
from channels.sms.wire import Answer, Gateway, Received, Text

FOLDER = Path(__file__).with_name("fixtures")
DOCS = (Path(__file__).parents[4] / "docs" / "sms.md").read_text("utf-8")
BASE = "https://hub.example/channels/inbox"
REFERENCE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
NOW = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)
OUTGOING = Text(
    "+79123456789", "Заказ в пути", REFERENCE, f"{BASE}/status?delivery={REFERENCE}", 3600
)
Json = dict[str, Any]


def recorded(kind: str) -> list[Path]:
    return sorted(FOLDER.glob(f"*/{kind}*.json"))


def named(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def read(path: Path) -> Json:
    found: Json = json.loads(path.read_text("utf-8"))
    return found


def settings_of(name: str) -> Json:
    return read(FOLDER / name / "settings.json")


def gateway_of(path: Path) -> Gateway:
    return gateways.open_gateway(SmsSettings.model_validate(settings_of(path.parent.name)))


def received(path: Path, request: Json) -> Received:
    query = request.get("query", "")
    url = f"{BASE}/{request['path']}" + (f"?{query}" if query else "")
    form = tuple((name, value) for name, value in request.get("form", []))
    headers = {name.lower(): value for name, value in request["headers"].items()}
    if headers.get("x-twilio-signature") == "SIGNED":
        token = settings_of(path.parent.name)["auth_token"]
        headers["x-twilio-signature"] = RequestValidator(token).compute_signature(url, dict(form))
    pairs = tuple(tuple(one.split("=", 1)) for one in query.split("&") if one)
    body = request.get("body") or urlencode(form)
    return Received("POST", url, pairs, form, headers, body.encode(), "192.0.2.7")


@pytest.mark.parametrize("name", gateways.NAMES)
def test_every_gateway_has_its_recordings(name: str) -> None:
    kinds = {path.stem.partition("-")[0] for path in (FOLDER / name).glob("*.json")}
    assert kinds == {"settings", "send", "inbound", "status"}


def test_the_documented_gateway_is_the_one_that_is_recorded() -> None:
    (example,) = [one for one in DOCS.split("```") if "--set gateway=generic" in one]
    words = shlex.split(example.replace("\\\n", " "))
    pairs = [after for word, after in pairwise(words) if word == "--set"]
    documented = dict(pair.split("=", 1) for pair in pairs)
    own = {"account_sid", "auth_token", "webhook_secret"}
    settings = settings_of("generic")
    assert documented.keys() == settings.keys()
    assert {name: documented[name] for name in documented.keys() - own} == {
        name: settings[name] for name in settings.keys() - own
    }


@pytest.mark.parametrize("path", recorded("inbound"), ids=named)
def test_what_customers_write(path: Path) -> None:
    case, gateway = read(path), gateway_of(path)
    request = received(path, case["request"])
    assert gateway.genuine(request)
    heard = asdict(gateway.inbound(request))
    heard["media"] = list(heard["media"])
    heard["occurred_at"] = heard["occurred_at"] and heard["occurred_at"].isoformat()
    assert heard == case["expected"]


def test_what_is_added_to_the_address_of_a_signed_body_is_not_believed() -> None:
    described = {
        **settings_of("generic"),
        "signature_method": "hmac-sha256",
        "inbound_signed": "",
        "inbound_id": "id",
    }
    settings = SmsSettings.model_validate(described)
    body = urlencode({"phone": "79123456789", "mes": "Hello"})
    secret = settings.webhook_secret.get_secret_value()
    signature = hmac.new(secret.encode(), body.encode(), "sha256").hexdigest()
    form = (("phone", "79123456789"), ("mes", "Hello"))
    request = Received(
        "POST",
        f"{BASE}/inbound?id=another",
        (("id", "another"),),
        form,
        {settings.signature_field.lower(): signature},
        body.encode(),
        "192.0.2.7",
    )
    gateway = gateways.open_gateway(settings)
    assert gateway.genuine(request)
    # Under a name of its own choice a recorded message could be brought in again and again.
    assert gateway.inbound(request).external_id == (
        gateway.inbound(replace(request, query=())).external_id
    )
    assert gateway.inbound(request).external_id != "another"


@pytest.mark.parametrize("path", recorded("status"), ids=named)
def test_what_became_of_a_message(path: Path) -> None:
    case, gateway = read(path), gateway_of(path)
    request = received(path, case["request"])
    assert gateway.genuine(request)
    receipt = gateway.status(request, NOW)
    assert receipt is not None
    facts = asdict(receipt)
    assert facts.pop("occurred_at") == NOW
    facts["delivery_id"] = facts["delivery_id"] and str(facts["delivery_id"])
    assert {name: facts[name] for name in case["expected"]} == case["expected"]


@pytest.mark.parametrize("path", [*recorded("inbound"), *recorded("status")], ids=named)
def test_nobody_else_may_say_so(path: Path) -> None:
    gateway, request = gateway_of(path), received(path, read(path)["request"])
    changed = {"From": "+79000000000", "To": "+79000000000", "phone": "79000000000"}
    altered = tuple((name, changed.get(name, value)) for name, value in request.form)
    unsigned = tuple((name, value) for name, value in request.form if name != "md5")
    assert gateway.genuine(request)
    assert not gateway.genuine(replace(request, form=altered))
    assert not gateway.genuine(replace(request, form=unsigned, headers={}))


@pytest.mark.parametrize("path", recorded("send"), ids=named)
def test_how_a_message_is_handed_over(path: Path) -> None:
    case, gateway = read(path), gateway_of(path)
    call = asdict(gateway.build(OUTGOING))
    call.pop("headers")
    shown = {**call, "form": [list(one) for one in call["form"]], "query": list(call["query"])}
    assert shown == case["expected"]
    taken = case["taken"]
    receipt = gateway.taken(_answer(taken), OUTGOING)
    said = {"external_id": receipt.external_id, "provider_status": receipt.provider_status}
    assert said == taken["receipt"]


@pytest.mark.parametrize(
    ("path", "case"),
    [(path, case) for path in recorded("send") for case in read(path)["refused"]],
    ids=lambda one: one.parent.name if isinstance(one, Path) else f"{one['status']}-{one['code']}",
)
def test_how_a_message_is_refused(path: Path, case: Json) -> None:
    with pytest.raises(Refused) as refused:
        gateway_of(path).taken(_answer(case), OUTGOING)
    assert (refused.value.meaning, refused.value.code) == (case["meaning"], case["code"])
    assert refused.value.words


def _answer(case: Json) -> Answer:
    body = case["body"]
    raw = body if isinstance(body, str) else json.dumps(body)
    return Answer(case["status"], {}, raw.encode())
