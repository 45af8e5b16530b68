"""`hub rules apply`: rules from a file, kept by name, all of them or none."""

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from hub import clock
from hub.cli.environment import on_installation
from hub.cli.output import JsonFlag, answer, say
from hub.cli.root import new_app
from hub.errors import HubError, Invalid
from hub.installation import Installation
from hub.operators import audit
from hub.operators.access import SYSTEM
from hub.rules import repository
from hub.rules.spec import Spec, parse

app = new_app("What is sent by itself.")
_LARGEST = 1024 * 1024


class _Loader(yaml.SafeLoader):
    """YAML 1.2 in the one point that matters here: `on` is a word, only true and false are not."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


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
    specs = read(_text(file), file)
    stored = on_installation(lambda at: store(at, specs))
    for rule in stored:
        did = "Stored" if rule["changed"] else "Unchanged"
        say(f"{did}: {rule['name']} (version {rule['version']})")
    bare = "\n".join(rule["id"] for rule in stored)
    answer(bare, {"rules": stored}, as_json=as_json)


def read(text: str, source: str) -> list[Spec]:
    """Every document of `text`; raises Invalid saying which one is wrong and where."""
    if len(text) > _LARGEST:
        raise Invalid(f"{source} is larger than any set of rules.")
    try:
        # Safe: the loader is SafeLoader's child.
        documents = [one for one in yaml.load_all(text, _Loader) if one is not None]
    except yaml.YAMLError as error:
        raise Invalid(f"{source} is not YAML: {error}") from error
    if not documents:
        raise Invalid(f"{source} holds no rule.")
    return [_spec(document, number, source) for number, document in enumerate(documents, 1)]


def _spec(document: object, number: int, source: str) -> Spec:
    try:
        return parse(document)
    except HubError as error:
        raise Invalid(f"{source}, document {number}: {error}", remedy=error.remedy) from error


async def store(at: Installation, specs: list[Spec]) -> list[dict[str, Any]]:
    """The rules as the API shows them, with `changed`; in one transaction."""
    now, stored = clock.now(), []
    async with at.database.transaction() as session:
        for spec in specs:
            rule, changed = await repository.store(session, spec, now=now)
            if changed:
                about = ("rule", rule.id)
                detail = {"version": rule.version}
                await audit.record(
                    session, SYSTEM, "rule.stored", about=about, detail=detail, now=now
                )
            stored.append({**repository.view(rule), "changed": changed})
    return stored


def _text(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
