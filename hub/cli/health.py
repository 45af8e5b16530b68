"""`hub doctor`: the findings for a person or a program; fails when one of them is an error."""

import asyncio
import logging
from dataclasses import asdict

import typer

from hub import clock
from hub.cli.environment import load_settings
from hub.cli.output import JsonFlag, as_text
from hub.cli.root import new_app
from hub.doctor import Finding, Level, examine

app = new_app()
_MARKS = {Level.OK: "ok     ", Level.WARNING: "warning", Level.ERROR: "error  "}


@app.command()
def doctor(*, as_json: JsonFlag = False) -> None:
    """Say what is wrong here, and what to do about it. Changes nothing; fails on an error."""
    found = asyncio.run(examine(load_settings(level=logging.ERROR), clock.now))
    failed = any(one.level is Level.ERROR for one in found)
    if as_json:
        typer.echo(as_text({"ok": not failed, "findings": [asdict(one) for one in found]}))
    else:
        _print(found)
    raise typer.Exit(1 if failed else 0)


def _print(found: list[Finding]) -> None:
    for one in found:
        typer.echo(f"{_MARKS[one.level]}  {one.what}")
        if one.remedy:
            typer.echo(f"         -> {one.remedy}")
    errors = sum(one.level is Level.ERROR for one in found)
    warnings = sum(one.level is Level.WARNING for one in found)
    typer.echo(f"{len(found)} checks: {errors} errors, {warnings} warnings.")
