"""Settings: checked by the channel's model, secrets encrypted, never shown, kept when not sent."""

from datetime import timedelta
from typing import Annotated

import orjson
import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator

from hub.crypto import Keyring
from hub.errors import HubError, Invalid
from hub.inboxes.settings import accept, restore, shown

KEYRING = Keyring("a key for tests")
SECRET = "xyzzy-the-token"


class Account(BaseModel):
    password: SecretStr = SecretStr("")


class Model(BaseModel):
    token: SecretStr
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    patience: timedelta = timedelta(seconds=5)
    folders: tuple[str, ...] = ("INBOX",)
    second: SecretStr = SecretStr("")
    account: Account = Account()

    @field_validator("token")
    @classmethod
    def _no_spaces(cls, token: SecretStr) -> SecretStr:
        if " " in token.get_secret_value():
            raise ValueError("a token holds no spaces")
        return token


def stored(**settings: object):
    return accept(Model, {"token": SECRET, **settings}, KEYRING)


def test_secrets_are_stored_encrypted_and_come_back():
    row = stored(account={"password": "inner"}, folders=["A", "B"], patience=9)
    assert SECRET not in orjson.dumps(row).decode()
    assert "inner" not in orjson.dumps(row).decode()
    model = restore(Model, orjson.loads(orjson.dumps(row)), KEYRING)
    assert model == Model(
        token=SecretStr(SECRET),
        account=Account(password=SecretStr("inner")),
        folders=("A", "B"),
        patience=timedelta(seconds=9),
    )


def test_a_view_says_only_whether_a_secret_is_set():
    view = shown(stored())
    assert view["token"] == {"set": True}
    assert view["second"] == {"set": False}
    assert view["account"] == {"password": {"set": False}}
    assert view["port"] == 25
    assert SECRET not in repr(view)


def test_what_is_not_sent_stays_and_null_goes_back_to_the_default():
    row = accept(Model, {"port": 26}, KEYRING, stored=stored(folders=["A"]))
    row = accept(Model, {"folders": None}, KEYRING, stored=row)
    model = restore(Model, row, KEYRING)
    assert model == Model(token=SecretStr(SECRET), port=26)


def test_a_view_can_be_sent_back():
    row = accept(Model, shown(stored()) | {"port": 26}, KEYRING, stored=stored())
    assert restore(Model, row, KEYRING) == Model(token=SecretStr(SECRET), port=26)


def test_a_new_secret_replaces_the_old_one():
    row = accept(Model, {"token": "new"}, KEYRING, stored=stored())
    assert restore(Model, row, KEYRING) == Model(token=SecretStr("new"))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"token": SECRET, "port": 0}, "settings.port"),
        ({"token": SECRET, "colour": "red"}, "settings.colour"),
        ({}, "settings.token"),
        ({"token": None}, "settings.token"),
        ({"token": f"{SECRET} {SECRET}"}, "settings.token"),
        ({"token": {"$secret": "forged"}}, "settings.token"),
        ({"token": SECRET, "account": {"password": 1}}, "settings.account.password"),
    ],
)
def test_faults_name_the_field_and_quote_no_secret(sent: dict[str, object], field: str):
    with pytest.raises(Invalid) as refused:
        accept(Model, sent, KEYRING)
    assert field in refused.value.fields
    assert SECRET not in str(refused.value) + str(refused.value.fields)
    assert refused.value.__context__ is None, "the original error quotes the input"


def test_another_secret_key_is_told_field_by_field_and_mended_by_entering_it_again():
    row, other = stored(), Keyring("another key")
    with pytest.raises(HubError, match="HUB_SECRET_KEY"):
        restore(Model, row, other)
    with pytest.raises(Invalid) as refused:
        accept(Model, {"port": 26}, other, stored=row)
    assert refused.value.fields == {"settings.token": "Enter this again."}
    again = accept(Model, {"token": "new", "port": 26}, other, stored=row)
    assert restore(Model, again, other) == Model(token=SecretStr("new"), port=26)


def test_settings_a_newer_version_dropped_are_dropped():
    row = accept(Model, {}, KEYRING, stored=stored() | {"gone": 1})
    assert "gone" not in row
