"""Counts of conversations, kept by a trigger so that no writer can forget them."""

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

_UPSERT = """
    INSERT INTO conversation_tallies AS kept (status, inbox_id, assignee_id, team_id, shard, count)
    SELECT status, inbox_id, coalesce(assignee_id, nobody), coalesce(team_id, nobody),
           my_shard, sum(step)
    FROM ({rows}) AS changed
    GROUP BY 1, 2, 3, 4
    HAVING sum(step) <> 0
    ORDER BY 1, 2, 3, 4
    ON CONFLICT (status, inbox_id, assignee_id, team_id, shard)
    DO UPDATE SET count = kept.count + excluded.count;
"""
_ADDED = (
    "SELECT status, inbox_id, assignee_id, team_id, 1 AS step FROM added"
    " WHERE merged_into_id IS NULL"
)
_REMOVED = (
    "SELECT status, inbox_id, assignee_id, team_id, -1 AS step FROM removed"
    " WHERE merged_into_id IS NULL"
)

_STATEMENTS = {
    "insert": ("NEW TABLE AS added", _ADDED),
    "delete": ("OLD TABLE AS removed", _REMOVED),
    "update": ("OLD TABLE AS removed NEW TABLE AS added", f"{_ADDED} UNION ALL {_REMOVED}"),
}


def upgrade() -> None:
    for statement, (transition, rows) in _STATEMENTS.items():
        op.execute(f"""
            CREATE FUNCTION tally_conversations_{statement}() RETURNS trigger
            LANGUAGE plpgsql AS $$
            DECLARE
                nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
                -- Transactions of different backends rarely meet on one row.
                my_shard CONSTANT smallint := pg_backend_pid() % 16;
            BEGIN
                {_UPSERT.format(rows=rows)}
                RETURN NULL;
            END $$
        """)
        op.execute(f"""
            CREATE TRIGGER tally_{statement} AFTER {statement} ON conversations
            REFERENCING {transition} FOR EACH STATEMENT
            EXECUTE FUNCTION tally_conversations_{statement}()
        """)


def downgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(f"DROP TRIGGER tally_{statement} ON conversations")
        op.execute(f"DROP FUNCTION tally_conversations_{statement}()")
