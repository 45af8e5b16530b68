"""Who may do what: roles, scopes, and the viewer every read and write is done for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from hub.errors import Forbidden


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    READER = "reader"


class Scope(StrEnum):
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    ORDERS_WRITE = "orders:write"
    INBOXES_ADMIN = "inboxes:admin"
    RULES_ADMIN = "rules:admin"
    SHARED_WRITE = "shared:write"
    """What all operators share: saved replies, views."""
    ADMIN = "admin"
    """Everything, operators, tokens and audit included."""


_READS = frozenset({Scope.MESSAGES_READ, Scope.CUSTOMERS_READ})
_WRITES = _READS | {Scope.MESSAGES_WRITE, Scope.CUSTOMERS_WRITE}

ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.READER: _READS,
    Role.OPERATOR: _WRITES,
    Role.SUPERVISOR: _WRITES | {Scope.ORDERS_WRITE, Scope.RULES_ADMIN, Scope.SHARED_WRITE},
    Role.ADMINISTRATOR: frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """On whose behalf something is read or done.

    hidden_inboxes: inboxes that belong to teams the viewer is not in. Every query that returns
    entries, conversations, files, search hits or live events leaves these out; nothing else does.
    """

    kind: Literal["operator", "integration", "system"]
    id: UUID | None
    name: str
    scopes: frozenset[Scope]
    hidden_inboxes: frozenset[UUID] = frozenset()
    role: Role | None = None
    system: str = ""
    """Of an integration: the name its orders carry."""
    address: str = ""
    """Where the request came from, for the audit."""

    def may(self, scope: Scope) -> bool:
        return Scope.ADMIN in self.scopes or scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Raises Forbidden, naming what is missing."""
        if not self.may(scope):
            raise Forbidden(
                f"This needs the permission {scope}.",
                remedy="Ask an administrator for a role or a token that has it.",
                extra={"scope": str(scope)},
            )

    def sees(self, inbox_id: UUID | None) -> bool:
        return inbox_id is None or inbox_id not in self.hidden_inboxes


SYSTEM = Viewer("system", None, "Besedka", frozenset({Scope.ADMIN}))
"""The hub itself, acting on no one's behalf."""
