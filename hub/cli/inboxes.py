"""`hub inbox add` and `hub inbox test`: accounts that customers write to."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from hub import clock
from hub.cli.environment import on_installation, outside_url
from hub.cli.output import JsonFlag, answer, id_of, say
from hub.cli.root import new_app
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


@app.command("test")
def try_out(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The inbox.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Try an inbox's settings against its provider; fails when something is wrong."""
    # Half of the hub, which `add` has no use for.
    from hub.node.parts import try_inbox  # noqa: PLC0415

    inbox_id = id_of(identifier)
    found = on_installation(lambda at: try_inbox(at, inbox_id))
    failed = any(one.level == "error" for one in found)
    for one in found:
        say(f"{one.level:8} {one.what}")
        if one.remedy:
            say(f"         -> {one.remedy}")
    facts = {"id": inbox_id, "ok": not failed, "findings": [asdict(one) for one in found]}
    answer(inbox_id, facts, as_json=as_json)
    raise typer.Exit(1 if failed else 0)


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
