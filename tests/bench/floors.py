"""What the machine can do at best: raw asyncpg, arrays, no validation, no objects."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from hub.db.dedicated import connect_options
from hub.db.engine import Database

Raw: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Records = Sequence[asyncpg.Record]

_COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ORDER BY attnum
"""


@asynccontextmanager
async def raw(database: Database) -> AsyncIterator[Raw]:
    """A bare connection to where `database` is."""
    connection = await asyncpg.connect(**connect_options(database), server_settings={"jit": "off"})
    try:
        yield connection
    finally:
        await connection.close()


class Copy:
    """Writes rows of a table again, into a twin with the same keys and indexes, by `unnest`."""

    def __init__(self, table: str, statement: str) -> None:
        self.table = table
        self._statement = statement

    @classmethod
    async def of(cls, connection: Raw, table: str, *, references: Sequence[str] = ()) -> "Copy":
        """references: foreign keys of the original that the twin shall check too."""
        twin = f"floor_{table}"
        await connection.execute(f"CREATE TABLE {twin} (LIKE {table} INCLUDING ALL)")
        for reference in references:
            await connection.execute(f"ALTER TABLE {twin} ADD FOREIGN KEY {reference}")
        columns = await connection.fetch(_COLUMNS, table)
        names = ", ".join(name for name, _ in columns)
        # jsonb travels as text either way; asyncpg has no arrays of it.
        arrays = ", ".join(
            f"${n}::{'text' if kind == 'jsonb' else kind}[]"
            for n, (_, kind) in enumerate(columns, 1)
        )
        values = ", ".join(f"{name}::jsonb" if kind == "jsonb" else name for name, kind in columns)
        statement = f"""
            INSERT INTO {twin} ({names}) OVERRIDING SYSTEM VALUE
            SELECT {values} FROM unnest({arrays}) AS one({names}) ON CONFLICT DO NOTHING
        """  # noqa: S608 - names of the database's own
        return cls(table, statement)

    async def write(self, connection: Raw, rows: Records) -> None:
        await connection.execute(self._statement, *zip(*(tuple(row) for row in rows), strict=True))


async def write_in_batches(
    connection: Raw, copies: Sequence[tuple[Copy, Records]], batch: int
) -> None:
    """Each `batch` rows of every table in one transaction."""
    most = max(len(rows) for _, rows in copies)
    for start in range(0, most, batch):
        async with connection.transaction():
            for copy, rows in copies:
                if part := rows[start : start + batch]:
                    await copy.write(connection, part)


# --- due work ---------------------------------------------------------------------------------

_DUE = """
    CREATE TABLE floor_due (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, due_at timestamptz NOT NULL,
        state smallint NOT NULL DEFAULT 0, payload jsonb NOT NULL DEFAULT '{}');
    CREATE INDEX floor_due_idx ON floor_due (due_at) WHERE state = 0
"""
_CLAIM = """
    UPDATE floor_due SET state = 1 WHERE id = ANY (ARRAY(
        SELECT id FROM floor_due WHERE state = 0 AND due_at <= now()
        ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING id, payload
"""


async def make_due(connection: Raw) -> None:
    await connection.execute(_DUE)


async def fill_due(connection: Raw, count: int) -> None:
    await connection.execute(
        "INSERT INTO floor_due (due_at) SELECT now() FROM generate_series(1, $1::int)", count
    )


async def drain_due(connection: Raw, batch: int) -> None:
    """Claim and delete everything, two commits a batch."""
    while rows := await connection.fetch(_CLAIM, batch):
        await connection.execute(
            "DELETE FROM floor_due WHERE id = ANY ($1::bigint[])", [row["id"] for row in rows]
        )
