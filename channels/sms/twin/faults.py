"""What the provider is told to do wrong next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS: Mapping[str, str] = {
    "answer": "the next send is answered with `status` (429), `code` and `retry_after`",
    "hang": "the next send is taken and never answered",
    "reset": "the next send is taken, then the connection breaks",
    "undelivered": "the next message ends undelivered, with `code` (30003)",
    "failed": "the next message ends failed, with `code` (30008)",
    "twice": "the receipts of the next message come twice",
    "reversed": "the receipts of the next message come in the wrong order",
    "late": "the receipts of the next message come after `seconds` (5)",
    "silent": "the next message gets no receipts",
    "strange": "the next message's receipt has a word nobody knows",
    "repeat": "the next message from a phone is delivered to the hub twice",
    "stop": "`who` is blocked at the provider, and nobody is told",
}
SENDING = ("answer", "hang", "reset")
RECEIPTS = ("undelivered", "failed", "twice", "reversed", "late", "silent", "strange")


@dataclass
class Fault:
    do: str
    times: int = 1
    status: int = 429
    code: int = 0
    retry_after: int = 1
    seconds: float = 5.0


@dataclass
class Faults:
    """Those that wait, the oldest first."""

    waiting: list[Fault] = field(default_factory=list)

    def add(self, wanted: Mapping[str, Any]) -> None:
        """Raises ValueError for one that is not among KINDS; `calm` takes all back."""
        if wanted.get("do") == "calm":
            self.waiting.clear()
            return
        if wanted.get("do") not in KINDS:
            raise ValueError(f"do: one of calm, {', '.join(KINDS)}")
        known = {
            name: _number(wanted[name])
            for name in ("times", "status", "code", "retry_after")
            if name in wanted
        }
        fault = Fault(str(wanted["do"]), **known)
        if "seconds" in wanted:
            fault.seconds = min(float(_number(wanted["seconds"], float)), 600.0)
        self.waiting.append(fault)

    def next_of(self, *kinds: str) -> Fault | None:
        """The oldest of these kinds, used up by being asked for."""
        for fault in self.waiting:
            if fault.do in kinds:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None


def _number(value: object, kind: type = int) -> Any:  # noqa: ANN401 - int or float
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is needed")  # noqa: TRY004 - the port's word for it
    return kind(value)
