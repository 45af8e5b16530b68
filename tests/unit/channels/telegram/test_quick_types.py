"""aiogram's types work though nothing was built when they were imported."""

import subprocess
import sys

import pytest
from aiogram import types
from aiogram.methods import SendMessage
from pydantic import BaseModel

_COUNT = """
from channels.telegram import quick_types
quick_types.load()
from aiogram import types
from pydantic import BaseModel
models = [getattr(types, name) for name in types.__all__]
print(sum(getattr(one, "__pydantic_complete__", False) for one in models))
"""


def test_the_channel_type_comes_without_aiogram() -> None:
    program = "import sys, channels.telegram; print('aiogram' in sys.modules)"
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert found.stdout.strip() == "False"


def test_importing_the_types_builds_few_models() -> None:
    command = [sys.executable, "-c", _COUNT]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert int(found.stdout) < 60


def test_types_are_built_when_they_are_used() -> None:
    update = types.Update.model_validate(
        {
            "update_id": 1,
            "message": {
                "message_id": 1,
                "date": 0,
                "chat": {"id": 1, "type": "private"},
                "photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 2}],
            },
        }
    )
    assert update.message is not None
    assert update.message.photo is not None
    assert update.message.photo[0].height == 2
    button = types.InlineKeyboardButton(text="Yes", callback_data="y")
    keyboard = types.InlineKeyboardMarkup(inline_keyboard=[[button]])
    call = SendMessage(chat_id=1, text="?", reply_markup=keyboard)
    dumped = call.model_dump(exclude_none=True)
    assert dumped["reply_markup"]["inline_keyboard"] == [[{"text": "Yes", "callback_data": "y"}]]


@pytest.mark.parametrize("name", ["Update", "Message", "ChatFullInfo", "InlineQuery", "Gift"])
def test_every_name_in_an_annotation_is_known(name: str) -> None:
    model = getattr(types, name)
    assert issubclass(model, BaseModel)
    assert model.model_rebuild(force=True) is True
