"""How an inbox's settings are checked, stored with secrets encrypted, and shown without them.

In the stored JSON a secret is `{"$secret": "<cipher>"}`; in a view it is `{"set": true}`, and
sending that back keeps it.
"""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from hub.crypto import Keyring
from hub.db.base import Json
from hub.errors import HubError, Invalid
from hub.faults import faults_of

_SECRET = "$secret"  # noqa: S105 - the name of a key in JSON
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


def accept(
    model: type[BaseModel],
    sent: Mapping[str, object],
    keyring: Keyring,
    *,
    stored: Mapping[str, object] | None = None,
) -> Json:
    """The JSON to store for what was `sent`, over `stored`; null puts a key back to its default.

    Raises Invalid with `settings.<name>` of each field at fault.
    """
    unknown = {
        f"settings.{key}": "There is no such setting."
        for key in sent
        if key not in model.model_fields
    }
    if unknown:
        raise Invalid("The settings are not right.", fields=unknown)
    earlier = stored or {}
    plain: Json = {}
    for key in model.model_fields:
        if key in sent:
            if sent[key] is not None:
                plain[key] = _resolved(key, sent[key], earlier.get(key), keyring)
        elif key in earlier:
            plain[key] = _read(key, earlier[key], keyring)
    checked = _validate(model, plain)
    return {name: _encrypt(getattr(checked, name), keyring) for name in type(checked).model_fields}


def restore(model: type[BaseModel], stored: Mapping[str, object], keyring: Keyring) -> BaseModel:
    """The settings as the channel gets them; raises HubError when they no longer fit."""
    return _validate(model, {key: _decrypt(value, keyring) for key, value in stored.items()})


def renewed(stored: Mapping[str, object], keyring: Keyring) -> Json:
    """The stored settings with every secret under the present key; equal when all are."""
    return {key: _renew(value, keyring) for key, value in stored.items()}


def shown(stored: Mapping[str, object]) -> Json:
    """The settings without their secrets: each of these only says whether it is set."""
    return {key: _hide(value) for key, value in stored.items()}


def _validate(model: type[BaseModel], plain: Mapping[str, object]) -> BaseModel:
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        fields = {
            f"settings.{place}".rstrip("."): said
            for place, said in faults_of(error, plain, "").items()
        }
    # Outside the handler: the original error quotes the input, and that may be a secret.
    raise Invalid("The settings are not right.", fields=fields)


def _resolved(key: str, sent: object, stored: object, keyring: Keyring) -> object:
    """What was `sent`, with what a view shows of a secret put back to the secret itself."""
    if not isinstance(sent, Mapping):
        return sent
    if set(sent) == {"set"}:
        return _read(key, stored, keyring) if stored is not None else ""
    inner = stored if isinstance(stored, Mapping) else {}
    return {name: _resolved(key, one, inner.get(name), keyring) for name, one in sent.items()}


def _read(key: str, stored: object, keyring: Keyring) -> object:
    try:
        return _decrypt(stored, keyring)
    except HubError as error:
        raise Invalid(
            str(error), remedy=error.remedy, fields={f"settings.{key}": "Enter this again."}
        ) from error


def _encrypt(value: object, keyring: Keyring) -> object:
    if isinstance(value, SecretStr):
        plain = value.get_secret_value()
        return {_SECRET: keyring.encrypt(plain) if plain else ""}
    if isinstance(value, BaseModel):
        return {name: _encrypt(getattr(value, name), keyring) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): _encrypt(one, keyring) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_encrypt(one, keyring) for one in value]
    return cast("object", _ANYTHING.dump_python(value, mode="json"))


def _decrypt(value: object, keyring: Keyring) -> object:
    if isinstance(value, Mapping):
        if set(value) == {_SECRET}:
            cipher = str(value[_SECRET])
            return keyring.decrypt(cipher) if cipher else ""
        return {key: _decrypt(one, keyring) for key, one in value.items()}
    if isinstance(value, list):
        return [_decrypt(one, keyring) for one in value]
    return value


def _renew(value: object, keyring: Keyring) -> object:
    if isinstance(value, Mapping):
        if set(value) == {_SECRET}:
            cipher = str(value[_SECRET])
            return {_SECRET: (cipher and keyring.renewed(cipher)) or cipher}
        return {key: _renew(one, keyring) for key, one in value.items()}
    if isinstance(value, list):
        return [_renew(one, keyring) for one in value]
    return value


def _hide(value: object) -> object:
    if isinstance(value, Mapping):
        if set(value) == {_SECRET}:
            return {"set": bool(value[_SECRET])}
        return {key: _hide(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_hide(one) for one in value]
    return value
