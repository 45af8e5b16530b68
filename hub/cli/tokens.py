"""`hub token add`: a key for a program."""

from typing import Annotated, Any

import typer

from hub import clock
from hub.cli.environment import on_installation
from hub.cli.output import JsonFlag, answer, say
from hub.cli.root import new_app
from hub.errors import Invalid
from hub.installation import Installation
from hub.operators import audit
from hub.operators import tokens as stored_tokens
from hub.operators.access import SYSTEM, Scope

app = new_app("Keys of programs.")


@app.callback()
def tokens() -> None:
    """Keys of programs."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What holds the token.")],
    *,
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat for more.")],
    system: Annotated[str, typer.Option(help="The name its orders carry, if not NAME.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    if not 1 <= len(name.strip()) <= 200:
        raise Invalid("A token's name has 1 to 200 characters.")
    facts = on_installation(lambda at: store(at, name.strip(), scope, system))
    say(f"The token of {facts['name']} ({', '.join(facts['scopes'])}), shown this once:")
    answer(facts["token"], facts, as_json=as_json)


async def store(
    at: Installation, name: str, scopes: list[Scope], system: str = ""
) -> dict[str, Any]:
    """The token as the API shows one, and `token` itself."""
    now = clock.now()
    async with at.database.transaction() as session:
        row, token = await stored_tokens.create(session, name, scopes, system=system, now=now)
        await audit.record(
            session,
            SYSTEM,
            "token.created",
            about=("token", row.id),
            detail={"name": row.name, "scopes": row.scopes},
            now=now,
        )
    return {**stored_tokens.view(row), "token": token}
