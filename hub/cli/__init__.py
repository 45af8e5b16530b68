"""The command line `hub`: what an administrator types beside a running hub, or without one."""


def main() -> None:
    """Run the command in `sys.argv` and exit: 0 done, 1 failed, 2 not understood."""
    # Only the command that was typed is imported, so that `hub --help` answers at once.
    from hub.cli.root import command  # noqa: PLC0415

    command().main(prog_name="hub")
