"""Faults on demand: which calls go wrong, and how.

`POST {page}faults` takes `{"do": KIND}` with, as wished: `method` (a pattern, `send*` unless the
kind has another), `chat_id`, `times` (1; 0 = until told otherwise), `retry_after`, `seconds`,
`migrate_to_chat_id`. `{"do": "nothing"}` ends all of them. `{"do": "limits", "on": false}`
switches the sending limits; `per_second`, `per_chat`, `burst` set them.

too_many, too_many_for_bot   429 with retry_after (5), for the chat or for every send
blocked, no_chat, too_large  403 blocked by the user, 400 chat not found, 413
migrated                     400 with migrate_to_chat_id
html_502, server_error       an HTML page, 500 in JSON: the call was not carried out
cut_json, reset              the call was carried out, then half an answer, or none
reset_before                 the connection ends before anything was done
slow                         the answer comes `seconds` (5) later
unauthorized                 401 for every method, as after a revoked token
conflict                     409 for getUpdates, as with two pollers
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from channels.telegram.twin.calls import Call
from channels.telegram.twin.refusals import Refused, bad_request, conflict, too_many, unauthorized

_PATTERNS = {"unauthorized": "*", "conflict": "getUpdates"}
REFUSALS = (
    *("too_many", "too_many_for_bot", "blocked", "no_chat", "migrated", "too_large"),
    *("unauthorized", "conflict", "server_error"),
)
BROKEN = ("html_502", "cut_json", "reset", "reset_before", "slow")
KINDS = (*REFUSALS, *BROKEN)


@dataclass(slots=True)
class Fault:
    """`left`: how often it still happens, negative for ever."""

    kind: str
    method: str
    chat_id: str
    left: int
    retry_after: int = 5
    seconds: float = 5
    migrate_to: int = 0

    def shown(self) -> dict[str, Any]:
        return {"do": self.kind, "method": self.method, "chat_id": self.chat_id} | (
            {"times": self.left} if self.left > 0 else {}
        )


@dataclass(eq=False)
class Faults:
    arranged: list[Fault] = field(default_factory=list)

    def arrange(self, wish: Mapping[str, Any]) -> None:
        """Raises ValueError for a kind that nobody knows."""
        kind = str(wish.get("do", ""))
        if kind == "nothing":
            self.arranged.clear()
            return
        if kind not in KINDS:
            raise ValueError(f"Unknown fault {kind!r}; known are {', '.join(KINDS)}.")
        self.arranged.append(
            Fault(
                kind,
                method=str(wish.get("method") or _PATTERNS.get(kind, "send*")),
                chat_id=str(wish.get("chat_id", "")),
                left=int(wish.get("times", 1)) or -1,
                retry_after=int(wish.get("retry_after", 5)),
                seconds=float(wish.get("seconds", 5)),
                migrate_to=int(wish.get("migrate_to_chat_id", 0)),
            )
        )

    def strikes(self, call: Call) -> Fault | None:
        """The fault of this call, counted."""
        for fault in self.arranged:
            if fnmatchcase(call.method, fault.method) and fault.chat_id in (
                "",
                call.text("chat_id"),
            ):
                fault.left -= 1
                if fault.left == 0:
                    self.arranged.remove(fault)
                return fault
        return None


def refusal(fault: Fault) -> Refused | None:
    """What the server says for a fault; None for those that are no answer at all."""
    match fault.kind:
        case "too_many" | "too_many_for_bot":
            return too_many(fault.retry_after)
        case "blocked":
            return Refused(403, "Forbidden: bot was blocked by the user")
        case "no_chat":
            return bad_request("chat not found")
        case "migrated":
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            return Refused(400, text, migrate_to_chat_id=fault.migrate_to or -1001000000001)
        case "too_large":
            return Refused(413, "Request Entity Too Large")
        case _:
            return _of_server(fault.kind)


def _of_server(kind: str) -> Refused | None:
    match kind:
        case "unauthorized":
            return unauthorized()
        case "conflict":
            return conflict(
                "terminated by other getUpdates request; make sure that only one bot instance "
                "is running"
            )
        case "server_error":
            return Refused(500, "Internal Server Error")
        case _:
            return None
