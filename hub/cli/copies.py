"""`hub backup` and `hub restore`: the whole database in one file, by PostgreSQL's own tools."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from hub.cli.environment import load_settings, opened
from hub.cli.output import JsonFlag, answer, say
from hub.cli.root import new_app
from hub.db import migrate
from hub.db.cluster import hub_lock
from hub.db.cluster.binaries import find_wheel
from hub.errors import Conflict, NotFound, Unavailable
from hub.installation import database_url
from hub.settings import Settings

backup_app = new_app()
restore_app = new_app()

_DUMP = ["--format=custom", "--no-owner", "--no-privileges", "--no-unlogged-table-data"]
_LOAD = [
    "--exit-on-error",
    "--single-transaction",
    "--no-owner",
    "--no-privileges",
    "--no-comments",
]
_TABLES = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")


@backup_app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; must not exist yet.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write everything into one file, as of this moment; the hub may go on working meanwhile."""
    settings = load_settings()
    asyncio.run(write(settings, file))
    _mention_the_key(settings, "Keep it with the backup")
    answer(file, {"file": file, "bytes": file.stat().st_size}, as_json=as_json)


@restore_app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Written by hub backup.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Read a backup into an empty database, and bring it to this release's schema."""
    settings = load_settings()
    if not file.is_file():
        raise NotFound(f"There is no file {file}.")
    revision = asyncio.run(read(settings, file))
    _mention_the_key(settings, "Put the one of the backup there")
    answer(revision, {"revision": revision}, as_json=as_json)


async def write(settings: Settings, file: Path) -> None:
    """`file` appears when it is complete; raises Conflict when there is one."""
    with _complete_or_not(file) as draft:
        async with _there(settings) as url:
            await _run("pg_dump", url, [*_DUMP, f"--file={draft}"])


async def read(settings: Settings, file: Path) -> str | None:
    """The revision the database stands at then; raises Conflict when it is not empty."""
    # No hub on this machine may serve meanwhile from this data directory.
    async with hub_lock(settings.data_path), _there(settings) as url:
        await _expect_empty(url)
        await _run("pg_restore", url, [*_LOAD, f"--dbname={url.database}", str(file)])
    async with opened(settings) as installation:
        return await migrate.current(installation.database.engine)


@contextmanager
def _complete_or_not(file: Path) -> Iterator[Path]:
    """A draft only we can read; it becomes `file` on a clean exit."""
    if file.exists():
        raise Conflict(f"{file} exists already.", remedy="Choose another name.")
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield draft
        # A link refuses to replace a file that somebody made meanwhile.
        os.link(draft, file)
    finally:
        draft.unlink()


@asynccontextmanager
async def _there(settings: Settings) -> AsyncIterator[URL]:
    async with database_url(settings) as url:
        yield make_url(url)


async def _expect_empty(url: URL) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            tables = await connection.scalar(_TABLES)
    finally:
        await engine.dispose()
    if tables:
        raise Conflict(
            "The database is not empty, and a backup is never read over what is there.",
            remedy="Name another HUB_DATA_DIR, or an empty database in HUB_DATABASE_URL.",
        )


async def _run(tool: str, url: URL, options: list[str]) -> None:
    """Run PostgreSQL's `tool` on the database; the password goes by the environment, unseen."""
    process = await asyncio.create_subprocess_exec(
        find_wheel().bin_dir / tool,
        "--no-password",
        *options,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **_connection(url)},
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode:
        words = said.decode(errors="replace").strip()[-2000:]
        raise Unavailable(
            f"{tool} failed: {words}",
            remedy="Nothing was changed. `hub doctor` says whether the database is well.",
        )


def _connection(url: URL) -> dict[str, str]:
    given = {
        "PGHOST": url.query.get("host") or url.host,
        "PGPORT": url.query.get("port") or url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("ssl"),
    }
    return {name: str(value) for name, value in given.items() if value}


def _mention_the_key(settings: Settings, advice: str) -> None:
    if settings.secret_key.get_secret_value():
        say("Its secrets can only be read with the present HUB_SECRET_KEY, which is not in it.")
    else:
        key = settings.data_path / "secret_key"
        say(f"Its secrets can only be read with {key}, which is not in it. {advice}.")
