"""`hub rules`: rules from a file, kept by name, all of them or none; and back into a file."""

import sys
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hub import clock
from hub.cli.environment import on_installation
from hub.cli.output import JsonFlag, answer, say
from hub.cli.root import new_app
from hub.db.engine import WriteSession
from hub.errors import Invalid
from hub.inboxes.registry import Registry
from hub.installation import Installation
from hub.operators import audit
from hub.operators.access import SYSTEM
from hub.rules import repository, yaml_text
from hub.rules.spec import Spec
from hub.rules.tables import Rule

app = new_app("What is sent by itself.")


@app.callback()
def rules() -> None:
    """What is sent by itself."""


@app.command()
def apply(
    file: Annotated[str, typer.Argument(metavar="FILE", help="YAML, one or many; - is stdin.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Store the rules of a YAML file by their names and print their ids, the last one last."""
    specs = yaml_text.read(_text(file), file)
    stored = on_installation(lambda at: store(at, specs))
    for rule in stored:
        did = "Stored" if rule["changed"] else "Unchanged"
        say(f"{did}: {rule['name']} (version {rule['version']})")
    bare = "\n".join(rule["id"] for rule in stored)
    answer(bare, {"rules": stored}, as_json=as_json)


@app.command()
def export(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...")] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Print rules as YAML that `hub rules apply` takes: all, or those named."""
    found = on_installation(lambda at: _documents(at, names or []))
    answer(yaml_text.write(found).rstrip("\n"), {"rules": found}, as_json=as_json)


async def store(at: Installation, specs: list[Spec]) -> list[dict[str, Any]]:
    """The rules as the API shows them, with `changed`; in one transaction."""
    now, stored, channels = clock.now(), [], Registry.load().names()
    async with at.database.transaction() as session:
        for spec in specs:
            rule, changed = await _stored(session, spec, channels, now)
            if changed:
                about = ("rule", rule.id)
                detail = {"name": rule.name, "version": rule.version}
                await audit.record(
                    session, SYSTEM, "rule.stored", about=about, detail=detail, now=now
                )
            stored.append({**repository.view(rule), "changed": changed})
    return stored


async def _stored(
    session: WriteSession, spec: Spec, channels: Collection[str], now: datetime
) -> tuple[Rule, bool]:
    """As the repository does; what is wrong is said with the name of the rule: there are many."""
    try:
        return await repository.store(session, spec, channels=channels, now=now)
    except Invalid as error:
        message = f"The rule `{spec.name}`: {error}"
        # What says the same as the message is shown by its place alone.
        fields = {at: message if one == str(error) else one for at, one in error.fields.items()}
        raise Invalid(message, remedy=error.remedy, fields=fields) from error


async def _documents(at: Installation, names: list[str]) -> list[dict[str, Any]]:
    async with at.database.reading() as session:
        return await repository.documents(session, names)


def _text(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
