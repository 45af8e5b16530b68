"""`hub migrate`: what `hub serve` does before it serves, for those who want it apart."""

import asyncio

from hub.cli.environment import load_settings, opened
from hub.cli.output import JsonFlag, answer, say
from hub.cli.root import new_app
from hub.db import migrate as migrations

app = new_app()


@app.command()
def migrate(*, as_json: JsonFlag = False) -> None:
    """Bring the database to this release's schema. Prints the revision it stands at."""
    revision = asyncio.run(_migrated())
    say("The database has the schema of this release.")
    answer(revision, {"revision": revision}, as_json=as_json)


async def _migrated() -> str | None:
    # Opening an installation migrates it.
    async with opened(load_settings()) as installation:
        return await migrations.current(installation.database.engine)
