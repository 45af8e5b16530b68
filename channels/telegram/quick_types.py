"""Imports aiogram's types without building the validators of all 360 of them.

`aiogram.types` builds them at import: six seconds of CPU, at every start of every process, for
the dozen we use. pydantic builds a deferred model by itself at its first use, if it finds the
names its annotations mention; aiogram imports those for type checkers only, so they are laid out
here.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Optional, Union

from pydantic import BaseModel

_TYPES = "aiogram.types"


def load() -> None:
    """Before anything else imports aiogram; later it does nothing."""
    if _TYPES in sys.modules:
        return
    with _nothing_built():
        types = importlib.import_module(_TYPES)
    default = importlib.import_module("aiogram.client.default").Default
    names = {"List": list, "Optional": Optional, "Union": Union, "Literal": Literal}
    known = names | {"Default": default} | {name: getattr(types, name) for name in types.__all__}
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{_TYPES}."):
            for word, meant in known.items():
                vars(module).setdefault(word, meant)


@contextmanager
def _nothing_built() -> Iterator[None]:
    built = BaseModel.__dict__["model_rebuild"]

    def rebuild(model: type[BaseModel], /, **how: bool) -> bool | None:
        if model.__module__.startswith(f"{_TYPES}."):
            return None
        done: bool | None = built.__func__(model, **how)
        return done

    BaseModel.model_rebuild = classmethod(rebuild)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        BaseModel.model_rebuild = built  # type: ignore[method-assign]
