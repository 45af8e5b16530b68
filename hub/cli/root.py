"""The tree of commands: ours by name, the channels' by entry point, imported when typed."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any, cast

import typer
from typer._click import Context, HelpFormatter
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from hub.cli.loading import nothing_collected
from hub.errors import HubError

GROUP = "hub.commands"
"""A channel's typer app under its name: `email = "channels.email.commands:app"`."""

Command = TyperCommand | TyperGroup


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that is listed without being imported."""

    help: str
    load: Callable[[], typer.Typer]


def _ours(module: str, help_: str, app: str = "app") -> Entry:
    return Entry(help_, lambda: cast("typer.Typer", getattr(import_module(module), app)))


OURS = {
    "demo": _ours("hub.cli.demo", "Serve a demo with believable data, all made up."),
    "serve": _ours("hub.cli.serving", "Serve the hub until it is told to stop."),
    "migrate": _ours("hub.cli.schema", "Bring the database to this release's schema."),
    "doctor": _ours("hub.cli.health", "Say what is wrong here, and what to do about it."),
    "operator": _ours("hub.cli.operators", "People who answer customers: add."),
    "token": _ours("hub.cli.tokens", "Keys of programs: add."),
    "secrets": _ours("hub.cli.secrets", "The key that encrypts what is stored: new, rotate."),
    "inbox": _ours("hub.cli.inboxes", "Accounts that customers write to: add, test."),
    "rules": _ours("hub.cli.rules", "What is sent by itself: apply."),
    "explain": _ours("hub.cli.explain", "Say why messages went, wait or did not go."),
    "backup": _ours("hub.cli.copies", "Write everything into one file.", "backup_app"),
    "restore": _ours("hub.cli.copies", "Read a backup into an empty database.", "restore_app"),
}


class Root(TyperGroup):
    """`hub` itself: resolves commands, and lets no error leave as a traceback unless asked to."""

    @override
    def list_commands(self, ctx: Context) -> list[str]:
        return list(_entries())

    @override
    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        entry = _entries().get(cmd_name)
        if entry is None:
            return None
        with nothing_collected():
            command = cast("Command", typer.main.get_command(entry.load()))
        command.name = cmd_name
        return command

    @override
    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in _entries().items()])

    @override
    def invoke(self, ctx: Context) -> Any:
        # Only the names are looked at, when one that was mistyped resembles them.
        self.commands = dict.fromkeys(_entries(), self)
        try:
            return super().invoke(ctx)
        except Exception as error:
            if ctx.params["debug"] or _is_typers(error):
                raise
            raise typer.Exit(_report(error)) from None


def _is_typers(error: Exception) -> bool:
    """Wrong usage, an exit, a pipe that was closed: typer knows what to do with these."""
    return isinstance(
        error, typer.Exit | typer.Abort | typer.TyperException | BrokenPipeError | EOFError
    )


def _report(error: Exception) -> int:
    # Knows the database's errors, which takes long to import: only when there is an error.
    from hub.cli.faults import explain  # noqa: PLC0415

    fault = explain(error)
    typer.echo(f"error: {fault.message}", err=True)
    if fault.remedy:
        typer.echo(f"  {fault.remedy}", err=True)
    return fault.code


def _entries() -> dict[str, Entry]:
    return OURS | {
        point.name: _channels(point)
        for point in entry_points(group=GROUP)
        if point.name not in OURS
    }


def _channels(point: EntryPoint) -> Entry:
    def load() -> typer.Typer:
        try:
            return cast("typer.Typer", point.load())
        # Somebody else's code runs here: whatever it raises ends this command and nothing more.
        except Exception as error:
            raise HubError(
                f"The commands of {point.name!r} could not be loaded: {error}",
                remedy=f"Repair or update the package that offers {point.value}.",
            ) from error

    return Entry(f"Commands of the {point.name} channel.", load)


def new_app(
    help_: str | None = None, *, cls: type[TyperGroup] | None = None, bare_helps: bool = False
) -> typer.Typer:
    """An app for a command or a group of them, in the hub's plain style."""
    return typer.Typer(
        help=help_,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        cls=cls,
        no_args_is_help=bare_helps,
    )


def command() -> Root:
    """The whole command line."""
    app = new_app(cls=Root, bare_helps=True)
    app.callback()(_hub)
    return cast("Root", typer.main.get_command(app))


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer hands it in by position
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(version("besedka"))
        raise typer.Exit


def _hub(
    *,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole traceback of an error.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Besedka: one timeline per customer, whatever channel they write on.

    Settings come from HUB_* variables in the environment; `hub doctor` looks at all of them.
    """
