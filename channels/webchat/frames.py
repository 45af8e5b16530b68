"""The frames a widget may send on its live socket."""

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, RootModel

from channels.webchat.bodies import Body, MarkRead, Position, PostMessage


class Hello(Body):
    """The first frame. `after`: the last position the widget has; null = only what is new.

    `visible`: the page is being looked at.
    """

    type: Literal["hello"]
    token: Annotated[str, Field(max_length=200)]
    after: Position | None = None
    visible: bool = True


class MessageFrame(PostMessage):
    type: Literal["message"]


class ReadFrame(MarkRead):
    type: Literal["read"]


class DeliveredFrame(Body):
    """The widget has the message with this `id` (or at this `position`) in hand."""

    type: Literal["delivered"]
    id: UUID | None = None
    position: Position | None = None


class TypingFrame(Body):
    """`on` false: stopped, which those who watch find out by themselves."""

    type: Literal["typing"]
    on: bool = True


class VisibleFrame(Body):
    """The page has come to the front (`on`), or is no longer looked at."""

    type: Literal["visible"]
    on: bool


class ButtonFrame(Body):
    """The button with `value` under the message `id` was pressed."""

    type: Literal["button"]
    id: UUID
    value: Annotated[str, Field(min_length=1, max_length=200)]


AnyFrame: TypeAlias = Annotated[
    MessageFrame | ReadFrame | DeliveredFrame | TypingFrame | VisibleFrame | ButtonFrame,
    Field(discriminator="type"),
]


class Frame(RootModel[AnyFrame]):
    """Any frame after the hello."""
