"""What the twin does wrong on demand: which fault meets which command, and how often."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.email.twin.limits import MAX_FAULTS
from channels.email.twin.wire import Gone, Wire


class Fault(BaseModel):
    """One order to misbehave.

    protocol  at                                                what it meets
    imap      connect, or the name of a command: login, select, fetch, idle, ...; `any`
              `done`: the command has been carried out, the answer has not been sent
    smtp      connect, ehlo, auth, mail, rcpt, data (before it is taken), accepted (taken,
              before the answer), later (a bounce), quit; `any`

    do        drop: cut the connection · slow: wait `seconds` first · reply: refuse with `code`
              and `text` (IMAP: `NO` or `BAD`) · cut: send half of the answer, then cut
              (imap fetch) · bounce: send a DSN with `status` after `seconds` (smtp later)
    who       a pattern (`*@example.com`): the recipient at rcpt and later, else who signed in
    times     how often; 0 = until it is taken back
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: Literal["imap", "smtp"]
    at: str = Field(pattern=r"^[a-z]{1,20}$")
    do: Literal["drop", "slow", "reply", "cut", "bounce"]
    code: str = Field(default="", pattern=r"^([245]\d\d|NO|BAD|)$")
    text: str = Field(default="", max_length=300, pattern=r"^[\x20-\x7e]*$")
    seconds: float = Field(default=0, ge=0, le=3600)
    status: str = Field(default="5.1.1", pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")
    who: str = Field(default="*", max_length=300)
    times: int = Field(default=1, ge=0, le=1_000_000)


@dataclass(slots=True)
class Ordered:
    """A fault that is still to come, and how many times."""

    fault: Fault
    left: int


class Faults:
    """Those ordered and not yet met, oldest first."""

    def __init__(self) -> None:
        self._ordered: list[Ordered] = []

    def order(self, wish: Mapping[str, object]) -> Fault:
        """Raises ValueError for what is no fault."""
        try:
            fault = Fault.model_validate(wish)
        except ValidationError as error:
            raise ValueError(str(error)) from error
        if len(self._ordered) >= MAX_FAULTS:
            raise ValueError("Too many faults are ordered already.")
        self._ordered.append(Ordered(fault, fault.times))
        return fault

    def clear(self) -> None:
        self._ordered.clear()

    def waiting(self) -> list[Mapping[str, object]]:
        return [{**one.fault.model_dump(), "left": one.left} for one in self._ordered]

    def take(self, protocol: str, at: str, who: str = "", *, exact: bool = False) -> Fault | None:
        """The fault that is to happen here and now, if any; it is counted. `exact`: no `any`."""
        for one in self._ordered:
            fault = one.fault
            here = fault.at == at or (fault.at == "any" and not exact)
            if fault.protocol == protocol and here and fnmatchcase(who.lower(), fault.who.lower()):
                one.left -= 1
                if one.left == 0:
                    self._ordered.remove(one)
                return fault
        return None

    async def meet(
        self, wire: Wire, protocol: str, at: str, who: str = "", *, exact: bool = False
    ) -> Fault | None:
        """Let it happen: drops and slowness here, what is to be answered is returned."""
        fault = self.take(protocol, at, who, exact=exact)
        if fault is None:
            return None
        if fault.seconds and fault.do != "bounce":
            await asyncio.sleep(fault.seconds)
        if fault.do == "drop":
            wire.drop()
            raise Gone
        return None if fault.do == "slow" else fault
