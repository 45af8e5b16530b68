"""Signatures as Standard Webhooks writes them down."""

import base64
from datetime import UTC, datetime

from hub.webhooks.signing import headers, new_secret, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
NOW = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'


def test_it_signs_the_example_of_the_specification():
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(SECRET, MESSAGE, 1614265330, BODY) == expected


def test_both_secrets_sign_while_one_takes_over_from_the_other():
    fresh = new_secret()
    carried = headers([fresh, SECRET], MESSAGE, NOW, BODY)
    first, second = carried["webhook-signature"].split(" ")
    assert first == sign(fresh, MESSAGE, 1614265330, BODY)
    assert second == sign(SECRET, MESSAGE, 1614265330, BODY)
    assert carried["webhook-id"] == MESSAGE
    assert carried["webhook-timestamp"] == "1614265330"


def test_a_signature_holds_for_this_call_alone():
    signed = sign(SECRET, MESSAGE, 1614265330, BODY)
    assert signed != sign(SECRET, MESSAGE, 1614265331, BODY)
    assert signed != sign(SECRET, "msg_other", 1614265330, BODY)
    assert signed != sign(SECRET, MESSAGE, 1614265330, BODY + b" ")
    assert signed != sign(new_secret(), MESSAGE, 1614265330, BODY)


def test_a_secret_is_as_receivers_expect_it():
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != new_secret()
