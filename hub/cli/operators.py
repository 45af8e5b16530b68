"""`hub operator`: how somebody gets in whom nobody can let in from within."""

import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from hub import clock
from hub.cli.environment import on_installation, outside_url
from hub.cli.output import JsonFlag, answer, say
from hub.cli.root import new_app
from hub.errors import NotFound
from hub.installation import Installation
from hub.operators import audit, passwords, repository, second_factors, setup_links, sign_ins
from hub.operators.access import SYSTEM, Role

app = new_app("People who answer customers.")


@dataclass(frozen=True, slots=True)
class NewOperator:
    """Without a password they get a one-time link to choose one."""

    email: str
    role: Role
    name: str = ""
    locale: str = ""
    password: str = ""


@app.callback()
def operators() -> None:
    """People who answer customers."""


@app.command()
def add(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address to sign in with.")],
    *,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    name: Annotated[str, typer.Option(help="How colleagues and customers see them.")] = "",
    locale: Annotated[str, typer.Option(help="Their language, such as ru.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Add an operator and print their id.

    Asks for a password on a terminal; else prints, before the id, a one-time link to choose one.
    """
    email = repository.email_of(email)
    new = NewOperator(email, role, name, locale, _password(email, name, from_input=password_stdin))
    facts = on_installation(lambda at: store(at, new))
    if facts["setup_url"]:
        say(f"{email} chooses a password at this link, which works once, for three days:")
        if not as_json:
            typer.echo(facts["setup_url"])
    answer(facts["id"], facts, as_json=as_json)


@app.command("remove-second-factor")
def remove_second_factor(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address to sign in with.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """For who has lost phone and recovery codes: the password is enough again."""
    facts = on_installation(lambda at: take_away(at, email))
    answer(facts["id"], facts, as_json=as_json)


async def take_away(at: Installation, email: str) -> dict[str, Any]:
    """{"id", "removed": whether there was one}; they are signed out everywhere."""
    now = clock.now()
    async with at.database.transaction() as session:
        row = await repository.by_email(session, email)
        if row is None:
            raise NotFound("Nobody signs in with this address.")
        removed = await second_factors.remove(session, row.id)
        if removed:
            await sign_ins.revoke_all(session, row.id, now)
            about = ("operator", row.id)
            await audit.record(session, SYSTEM, "second_factor.removed", about=about, now=now)
    return {"id": row.id, "removed": removed}


async def store(at: Installation, new: NewOperator) -> dict[str, Any]:
    """The operator as the API shows one, with `setup_url` when they have no password yet."""
    hashed = await _hash(new.password) if new.password else ""
    now, link = clock.now(), None
    async with at.database.transaction() as session:
        row = await repository.create(
            session,
            new.email,
            new.role,
            name=new.name,
            locale=new.locale,
            password_hash=hashed,
            now=now,
        )
        if not hashed:
            token = await setup_links.invite(session, row.id, now)
            link = f"{outside_url(at.settings)}/setup/{token}"
        about = ("operator", row.id)
        detail = {"role": row.role}
        await audit.record(
            session, SYSTEM, "operator.created", about=about, detail=detail, now=now
        )
    return {**repository.view(row, private=True), "setup_url": link}


def _password(email: str, name: str, *, from_input: bool) -> str:
    """The password in the spelling that is hashed, or nothing: then a link will do."""
    if from_input:
        return passwords.acceptable(sys.stdin.readline().rstrip("\r\n"), email=email, name=name)
    if not sys.stdin.isatty():
        return ""
    typed: str = typer.prompt(
        "Password (none: a link to choose one)",
        default="",
        show_default=False,
        hide_input=True,
        confirmation_prompt=True,
        err=True,
    )
    return passwords.acceptable(typed, email=email, name=name) if typed else ""


async def _hash(password: str) -> str:
    hasher = passwords.Passwords()
    try:
        return await hasher.hash(password)
    finally:
        hasher.close()
