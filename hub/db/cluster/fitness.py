"""Which databases the hub agrees to work with: a wrong locale fails silently, so it is asked."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.cluster.errors import DatabaseUnfit

EXTENSIONS = ("btree_gin", "pg_trgm", "unaccent")
OLDEST = 18
_NEW_DATABASE = (
    "Make a new database: CREATE DATABASE besedka TEMPLATE template0 ENCODING 'UTF8'"
    " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';"
    " then name it in HUB_DATABASE_URL."
)


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a database says of itself; the two samples show its locale at work.

    `version` as server_version_num (180006), `lower_sample` = lower('Ж'), `similarity_sample`
    = similarity('Журавлев', 'журавлёв'), None where pg_trgm is missing.
    """

    version: int
    encoding: str
    lower_sample: str
    missing_extensions: tuple[str, ...]
    similarity_sample: float | None


def judge(facts: DatabaseFacts) -> None:
    """Raise `DatabaseUnfit` for the first fault, the most basic one first."""
    if facts.version < OLDEST * 10_000:
        raise DatabaseUnfit(
            f"The database is PostgreSQL {facts.version // 10_000}; the hub needs {OLDEST}.",
            remedy="Upgrade the server, or unset HUB_DATABASE_URL to use the embedded one.",
        )
    if facts.encoding != "UTF8":
        raise DatabaseUnfit(
            f"The database stores text as {facts.encoding}, not as UTF8.", remedy=_NEW_DATABASE
        )
    if facts.lower_sample != "ж":
        raise DatabaseUnfit(
            "The database's locale knows only Latin letters: lower('Ж') is not 'ж'.",
            remedy=_NEW_DATABASE,
        )
    if facts.missing_extensions:
        names = ", ".join(facts.missing_extensions)
        commands = " ".join(f"CREATE EXTENSION {name};" for name in facts.missing_extensions)
        raise DatabaseUnfit(
            f"The database lacks what search needs, and this user may not add it: {names}.",
            remedy="Install PostgreSQL's contrib modules, then as the database's superuser: "
            + commands,
        )
    if not facts.similarity_sample:
        raise DatabaseUnfit(
            "The database finds no Cyrillic name by its spelling: pg_trgm makes no trigrams"
            " under its LC_CTYPE.",
            remedy=_NEW_DATABASE,
        )


async def check_database(connection: AsyncConnection) -> None:
    """Refuse (`DatabaseUnfit`) a database in which the hub would store or search text wrongly.

    Adds missing extensions where it may, in the caller's transaction: commit to keep them.
    """
    basic = (
        await connection.execute(
            text(
                "SELECT current_setting('server_version_num')::int,"
                " current_setting('server_encoding'), lower('Ж')"
            )
        )
    ).one()
    missing = [name for name in EXTENSIONS if not await _have_extension(connection, name)]
    similarity = None
    if "pg_trgm" not in missing:
        similarity = await connection.scalar(text("SELECT similarity('Журавлев', 'журавлёв')"))
    judge(DatabaseFacts(basic[0], basic[1], basic[2], tuple(missing), similarity))


async def _have_extension(connection: AsyncConnection, name: str) -> bool:
    if await _is_installed(connection, name):
        return True
    try:
        async with connection.begin_nested():
            await connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {name}"))
    except DBAPIError:
        # No right to, no such file, or another node added it at this very moment.
        return await _is_installed(connection, name)
    return True


async def _is_installed(connection: AsyncConnection, name: str) -> bool:
    found = await connection.scalar(
        text("SELECT true FROM pg_extension WHERE extname = :name"), {"name": name}
    )
    return found is not None
