"""The database and what is in it: is it there, does it fit, does anything need a hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from hub.clock import Clock
from hub.db import migrate
from hub.db.cluster import check_database
from hub.db.engine import Database
from hub.db.retry import is_connection_error
from hub.db.standing import USABLE, Standing
from hub.doctor.contents import look_at_contents
from hub.doctor.findings import Finding, fine, problem, warning
from hub.errors import HubError
from hub.installation import database_url
from hub.settings import Settings

_SKEW, _BAD_SKEW = timedelta(seconds=2), timedelta(seconds=30)


async def look_at_installation(settings: Settings, clock: Clock) -> list[Finding]:
    """Each check needs the one before it, so the first error is the last finding."""
    if not settings.database_url and not _has_cluster(settings.data_path):
        return [fine("database", "There is no database yet: the first start makes one.")]
    found: list[Finding] = []
    try:
        async with _connected(settings) as database:
            found.append(fine("database", f"The database answers ({_where(settings)})."))
            await _look(database, settings, clock, found)
    except HubError as error:
        found.append(problem("database", error))
    except Exception as error:
        if not is_connection_error(error):
            raise
        found.append(_unreachable(settings, error))
    return found


async def _look(
    database: Database, settings: Settings, clock: Clock, found: list[Finding]
) -> None:
    async with database.engine.connect() as connection:
        # In a transaction that is never committed: extensions it could add are only tried.
        await check_database(connection)
        version = await connection.scalar(text("SHOW server_version"))
    found.append(fine("database-fit", f"PostgreSQL {version}, its locale and extensions fit."))
    found.append(await _clocks(database, clock))
    found.append(schema := await _schema(database))
    if schema.level == "ok" or (await migrate.schema(database.engine)).standing in USABLE:
        found.extend(await look_at_contents(database, settings, clock))


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[Database]:
    async with database_url(settings) as url, Database.open(url, pool_size=2) as database:
        async with database.reading() as session:
            await session.execute(text("SELECT 1"))
        yield database


def _has_cluster(data_dir: Path) -> bool:
    return (data_dir / "postgres").exists() or (data_dir / "postgres.path").exists()


def _where(settings: Settings) -> str:
    if not settings.database_url:
        return "the embedded one"
    url = make_url(settings.database_url)
    return f"{url.database} at {url.query.get('host') or url.host or 'localhost'}"


def _unreachable(settings: Settings, error: Exception) -> Finding:
    return problem(
        "database",
        f"The database cannot be reached ({_where(settings)}): {error}",
        "Is it running, and are address, user and password in HUB_DATABASE_URL right?",
    )


async def _clocks(database: Database, clock: Clock) -> Finding:
    async with database.reading() as session:
        before = clock()
        theirs = await session.scalar(text("SELECT clock_timestamp()"))
        skew = abs(theirs - (before + (clock() - before) / 2))
    said = f"This machine's clock and the database's differ by {skew.total_seconds():.1f} s."
    remedy = "Let both set their clocks by NTP."
    if skew > _BAD_SKEW:
        return problem("clock", said, remedy)
    return warning("clock", said, remedy) if skew > _SKEW else fine("clock", said)


async def _schema(database: Database) -> Finding:
    found = await migrate.schema(database.engine)
    where = f"The schema stands at {found.stands}; this release needs {found.needed}."
    match found.standing:
        case Standing.SAME:
            return fine("migrations", f"The schema is this release's ({found.needed}).")
        case Standing.EMPTY:
            what, remedy = "The database is empty.", "hub migrate, or the first start, fills it."
            return warning("migrations", what, remedy)
        case Standing.AHEAD:
            what = f"{where} A newer release has migrated it; this one goes on working."
            return warning("migrations", what, "Install the newer release here too.")
        case Standing.BEYOND:
            return problem("migrations", found.refuse())
        case Standing.BEHIND:
            remedy = "hub migrate, or the next start, brings it up to date."
            return problem("migrations", where, remedy)
