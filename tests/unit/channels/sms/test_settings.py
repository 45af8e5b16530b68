"""What an administrator may set, and what is refused with which words."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from channels.sms import gateways, mapping
from channels.sms.settings import SmsSettings
from tests.unit.channels.sms.test_gateways import settings_of


def _refusal(settings: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        SmsSettings.model_validate(settings)
    return "; ".join(fault["msg"] for fault in refused.value.errors())


def test_the_number_is_kept_as_networks_write_it_and_says_its_country() -> None:
    settings = SmsSettings.model_validate({**settings_of("twilio"), "number": "8 (912) 345-67-89"})
    assert (settings.number, settings.region) == ("+79123456789", "RU")
    bulgarian = {**settings_of("twilio"), "number": "0888 123456", "region": "bg"}
    settings = SmsSettings.model_validate(bulgarian)
    assert (settings.number, settings.region) == ("+359888123456", "BG")
    again = SmsSettings.model_validate(settings.model_dump())
    assert again == settings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": "+7912"}, "too short"),
        ({"number": "", "messaging_service_sid": ""}, "number, or messaging_service_sid"),
        ({"account_sid": ""}, "account_sid"),
        ({"auth_token": ""}, "auth_token"),
        ({"gateway": "pigeon"}, "choose one of: generic, twilio"),
        ({"region": "XX"}, "two letters"),
        ({"api_base": "api.twilio.com"}, "an address like"),
        ({"api_base": "https://me:secret@api.twilio.com"}, "without a password"),
        ({"api_base": "https://api.twilio.com/?a=b"}, "from the ? on"),
        ({"sends_per_second": -1}, "greater than or equal to 0"),
        ({"allowed_addresses": "everybody"}, "no address or network"),
        ({"nonsense": 1}, "not permitted"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], words: str) -> None:
    assert words in _refusal({**settings_of("twilio"), **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"request": ""}, "which fields"),
        ({"request": "login"}, "line 1 is not like name = value"),
        ({"request": "to = {phone}"}, "{phone} is none of"),
        ({"webhook_secret": ""}, "anybody could write here"),
        ({"webhook_secret": "short"}, "at least 8"),
        ({"signature_field": ""}, "where is the secret shown"),
        ({"signature_method": "md5", "inbound_signed": "{body}"}, "name the {secret}"),
        ({"signature_method": "sha256", "status_signed": "{id}:{status}"}, "name the {secret}"),
        ({"signature_method": "sha1", "status_signed": ""}, "name the {secret}"),
        ({"errors": "7 = wrong"}, "errors: wrong is none of"),
        ({"statuses": "1 = arrived"}, "statuses: arrived is none of"),
        ({"inbound_from": ""}, "inbound_from and inbound_text"),
    ],
)
def test_what_a_description_lacks_is_said(change: dict[str, Any], words: str) -> None:
    said = _refusal({**settings_of("generic"), **change})
    assert words in said
    assert "a secret word of ours" not in said


@pytest.mark.parametrize(
    ("number", "service", "rate"),
    [
        ("+14155552671", "", 1.0),
        ("+447400123456", "", 10.0),
        ("20202", "", 100.0),
        ("OPTIKA", "", 10.0),
        ("+14155552671", "MG1", 0.0),
    ],
)
def test_a_sender_goes_as_fast_as_its_kind(number: str, service: str, rate: float) -> None:
    given = {**settings_of("twilio"), "number": number, "messaging_service_sid": service}
    assert gateways.open_gateway(SmsSettings.model_validate(given)).sends_per_second == rate
    faster = SmsSettings.model_validate({**given, "sends_per_second": 25})
    assert gateways.open_gateway(faster).sends_per_second == 25


def test_the_form_shows_no_secret_and_offers_the_gateways() -> None:
    settings = SmsSettings.model_validate(settings_of("generic"))
    assert "password at smsc" not in repr(settings) + str(settings)
    schema = json.loads(json.dumps(SmsSettings.model_json_schema()))
    assert schema["properties"]["gateway"]["enum"] == ["generic", "twilio"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", "1"),
        ("b.0.c", "x"),
        ("b.1.c", None),
        ("b.c", None),
        ("t", "true"),
        ("", None),
        ("b", None),
        ("a.b.c", None),
        ("n", None),
        ("b.99999999", None),
    ],
)
def test_paths_into_an_answer(path: str, found: str | None) -> None:
    data = {"a": 1, "b": [{"c": "x"}], "t": True, "n": None}
    assert mapping.look(data, path) == found


def test_dotted_names_make_objects_and_lists() -> None:
    lines = mapping.lines("to = 1\n\n# a remark\nm.0.text = a = b\nm.1.text = c\nx.y.z =")
    assert mapping.nested(lines) == {
        "to": "1",
        "m": [{"text": "a = b"}, {"text": "c"}],
        "x": {"y": {"z": ""}},
    }


def test_templates_fill_in_nothing_twice() -> None:
    values = {"text": "{sender} {{", "sender": "Optika"}
    filled = mapping.fill("{sender}: {text} {{x}} {unknown}", values)
    assert filled == "Optika: {sender} {{ {x} "
