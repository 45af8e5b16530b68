"""`hub inbox add` and `hub inbox test`: accounts that customers write to."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from hub import clock
from hub.cli.environment import on_installation, outside_url
from hub.cli.output import JsonFlag, answer, say
from hub.cli.root import new_app
from hub.errors import Invalid
from hub.ids import parse_id
from hub.inboxes.registry import Registry
from hub.inboxes.repository import InboxDraft, InboxRepository
from hub.installation import Installation
from hub.operators import audit
from hub.operators.access import SYSTEM

app = new_app("Accounts that customers write to.")


@app.callback()
def inboxes() -> None:
    """Accounts that customers write to."""


@app.command()
def add(  # noqa: PLR0913 - the options of a command
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="Such as webchat.")],
    *,
    name: Annotated[str, typer.Option(help="How operators call it.")],
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="K=V", help="A setting; repeat for more.")
    ] = None,
    from_files: Annotated[
        list[str] | None,
        typer.Option("--set-file", metavar="K=FILE", help="A setting kept in a file; - is stdin."),
    ] = None,
    pool: Annotated[
        str, typer.Option(help="A customer's conversation goes on in all inboxes of one pool.")
    ] = "main",
    enabled: Annotated[bool, typer.Option(help="Whether to open it at once.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Add an inbox and print its id. A hub that is running opens it within seconds.

    Secrets are better read from a file: other users of the machine see a command line.
    """
    registry = Registry.load()
    schema = registry.type(channel).settings.model_json_schema().get("properties", {})
    settings = dict(_set(given or (), schema)) | dict(_read(from_files or ()))
    draft = InboxDraft(channel, name, settings, pool, enabled)
    facts = on_installation(lambda at: store(at, draft, registry))
    for use, url in facts["urls"].items():
        if url:
            say(f"Its address for {use}: {url}")
    answer(facts["id"], facts, as_json=as_json)


async def store(at: Installation, draft: InboxDraft, registry: Registry) -> dict[str, Any]:
    """The inbox as the API shows one."""
    repository = InboxRepository(registry, at.keyring, outside_url(at.settings))
    now = clock.now()
    async with at.database.transaction() as session:
        inbox = await repository.create(session, draft, now=now)
        detail = {"channel": draft.channel}
        await audit.record(
            session, SYSTEM, "inbox.created", about=("inbox", inbox.id), detail=detail, now=now
        )
    return repository.view(inbox)


def _set(given: Iterable[str], schema: Mapping[str, Any]) -> Iterable[tuple[str, object]]:
    for pair in given:
        key, text = _split(pair, "--set")
        yield key, _value(text, schema.get(key, {}))


def _value(text: str, schema: Mapping[str, Any]) -> object:
    """Lists and objects may be written as JSON, a list also with commas; the rest is as it is."""
    if schema.get("type") not in {"array", "object"}:
        return text
    if text.lstrip().startswith(("[", "{")):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise typer.BadParameter(f"this is no JSON: {error}", param_hint="--set") from error
    return [part.strip() for part in text.split(",") if part.strip()]


def _read(given: Iterable[str]) -> Iterable[tuple[str, object]]:
    for pair in given:
        key, name = _split(pair, "--set-file")
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        yield key, text.rstrip("\r\n")


def _split(pair: str, option: str) -> tuple[str, str]:
    key, found, value = pair.partition("=")
    if not found or not key:
        raise typer.BadParameter(f"write KEY=VALUE, not {pair!r}", param_hint=option)
    return key, value


def id_of(text: str) -> UUID:
    """The id that was typed; raises Invalid."""
    found = parse_id(text)
    if found is None:
        raise Invalid(
            f"{text!r} is no id.", remedy="Ids look like 0198c1de-0000-7000-8000-000000000000."
        )
    return found
