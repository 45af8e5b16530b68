"""JSON as the published Bot API shapes it, made of aiogram's types of it."""

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, ForwardRef, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """The model's fields with the types that they have: built late, they are only named."""
    model.model_rebuild()
    assert not any(isinstance(one.annotation, ForwardRef) for one in model.model_fields.values())
    return model.model_fields


def sample(kind: Any, depth: int) -> Any:
    """A value of the type: with optional fields down to `depth`, below it only what must be."""
    parts = [one for one in get_args(kind) if one is not NoneType]
    origin = get_origin(kind)
    if origin in (Annotated, Union, UnionType):
        return sample(parts[0], depth)
    if origin is list:
        return [sample(parts[0], depth)]
    if origin is Literal:
        return parts[0]
    return _plain(kind, depth)


def _plain(kind: Any, depth: int) -> Any:
    if not isinstance(kind, type) or (issubclass(kind, str) and not issubclass(kind, Enum)):
        return "words"
    if issubclass(kind, BaseModel):
        return {
            field.alias or name: sample(field.annotation, depth - 1)
            for name, field in fields(kind).items()
            if field.is_required() or depth > 0
        }
    if issubclass(kind, Enum):
        return next(iter(kind)).value
    return kind is bool or 7
