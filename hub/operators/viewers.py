"""Who a token or a cookie stands for, and which inboxes they may not see."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping, text

from hub.crypto import token_hash
from hub.db.engine import AnySession, WriteSession
from hub.operators.access import ROLE_SCOPES, Role, Scope, Viewer
from hub.operators.sign_in_rules import NAME as RULES

SIGN_IN_LASTS = timedelta(days=30)
IDLE_LASTS = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
"""`last_used_at` and `seen_at` are that coarse: a busy caller costs one write a minute."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A token or a sign-in that holds, and its viewer. `seen_at` is the last noted use.

    confined: of an operator who has yet to set up the second factor that everybody must have. The
    viewer of such a one may do nothing; what they may all the same says so itself.
    """

    kind: Literal["token", "sign-in"]
    id: UUID
    viewer: Viewer
    seen_at: datetime | None
    confined: bool = False

    def stale(self, now: datetime) -> bool:
        """Whether this use should be noted."""
        return self.seen_at is None or self.seen_at + SEEN_EVERY <= now


_TOKEN = text("""
    SELECT id, name, system, scopes, last_used_at FROM api_tokens
    WHERE token_hash = :hash AND revoked_at IS NULL
""")

# An inbox with teams is hidden from everybody in none of them.
_HIDDEN = """
    ARRAY(SELECT DISTINCT inbox_id FROM team_inboxes EXCEPT
          SELECT inbox_id FROM team_inboxes JOIN team_members USING (team_id)
          WHERE operator_id = o.id)
"""

_SIGN_IN = text(f"""
    SELECT s.id AS sign_in_id, s.seen_at, o.id, coalesce(nullif(o.name, ''), o.email) AS name,
           o.role, {_HIDDEN} AS hidden, NOT s.vouched AND f.confirmed_at IS NULL AND coalesce(
               (SELECT CAST(value ->> 'second_factor' AS boolean) FROM kept_settings
                WHERE kept_settings.name = '{RULES}'), false) AS confined
    FROM sign_ins s JOIN operators o ON o.id = s.operator_id
    LEFT JOIN second_factors f ON f.operator_id = o.id
    WHERE s.token_hash = :hash AND s.revoked_at IS NULL AND s.expires_at > :now
      AND s.seen_at > :idle_since AND o.disabled_at IS NULL
""")  # noqa: S608 - no value is pasted in

_OPERATOR = text(f"""
    SELECT o.id, coalesce(nullif(o.name, ''), o.email) AS name, o.role, {_HIDDEN} AS hidden
    FROM operators o WHERE o.id = :id AND o.disabled_at IS NULL
""")  # noqa: S608 - no value is pasted in

_SEEN = {
    "token": text("""
        UPDATE api_tokens SET last_used_at = :now
        WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :before)
    """),
    "sign-in": text("UPDATE sign_ins SET seen_at = :now WHERE id = :id AND seen_at < :before"),
}


def _operator(row: RowMapping) -> Viewer:
    role = Role(row["role"])
    everything = role in {Role.ADMINISTRATOR, Role.SUPERVISOR}
    return Viewer(
        kind="operator",
        id=row["id"],
        name=row["name"],
        scopes=ROLE_SCOPES[role],
        hidden_inboxes=frozenset() if everything else frozenset(row["hidden"]),
        role=role,
    )


async def by_token(session: AnySession, token: str) -> Credential | None:
    """The program that holds `token`; it sees every inbox."""
    rows = await (await session.connection()).execute(_TOKEN, {"hash": token_hash(token)})
    row = rows.mappings().first()
    if row is None:
        return None
    known = frozenset(Scope(name) for name in row["scopes"] if name in set(Scope))
    viewer = Viewer("integration", row["id"], row["name"], known, system=row["system"])
    return Credential("token", row["id"], viewer, row["last_used_at"])


async def by_sign_in(session: AnySession, token: str, now: datetime) -> Credential | None:
    """The operator whose cookie holds `token`."""
    rows = await (await session.connection()).execute(
        _SIGN_IN, {"hash": token_hash(token), "now": now, "idle_since": now - IDLE_LASTS}
    )
    row = rows.mappings().first()
    if row is None:
        return None
    viewer, confined = _operator(row), row["confined"]
    if confined:
        viewer = replace(viewer, scopes=frozenset())
    return Credential("sign-in", row["sign_in_id"], viewer, row["seen_at"], confined)


async def by_operator(session: AnySession, operator_id: UUID) -> Viewer | None:
    """The viewer an operator is now; None when there is no such operator, or they are disabled."""
    rows = await (await session.connection()).execute(_OPERATOR, {"id": operator_id})
    row = rows.mappings().first()
    return None if row is None else _operator(row)


async def seen(session: WriteSession, credential: Credential, now: datetime) -> None:
    """Note that the credential was used."""
    await (await session.connection()).execute(
        _SEEN[credential.kind], {"id": credential.id, "now": now, "before": now - SEEN_EVERY}
    )
