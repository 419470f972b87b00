"""The group of all commands. A command's module is imported when it is called, or listed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import click

from imagepipe.cli.options import examples

COMMANDS = (
    "init",
    "validate",
    "plan",
    "run",
    "explain",
    "status",
    "pending",
    "store",
    "providers",
    "schema",
    "emulate",
    "completion",
)
"""In the order in which people meet them; each is `command` in the module of its name."""


class Named(click.Group):
    """A group that says what a wrong name could have meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            raise no_such_command(args[0], known, ctx)
        return super().resolve_command(ctx, args)


class Commands(Named):
    """A group that finds its commands by name in `imagepipe.cli.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"imagepipe.cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command


def no_such_command(name: str, known: Sequence[str], ctx: click.Context) -> click.UsageError:
    """Say what it could have meant; a file's name was probably meant for `run`."""
    from difflib import get_close_matches  # noqa: PLC0415 - late: for mistakes only

    near = get_close_matches(name.lower(), known, 1, 0.5)
    guess = f" (did you mean {near[0]!r}?)" if near else ""
    if not near and name.lower().endswith((".yaml", ".yml")):
        guess = f" (did you mean `imagepipe run {name}`?)"
    return click.UsageError(f"there is no command {name!r}{guess}", ctx)


def print_version(ctx: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001
    if not value or ctx.resilient_parsing:
        return
    from imagepipe import __version__  # noqa: PLC0415 - late: not needed by any command

    click.echo(f"imagepipe {__version__}")
    ctx.exit()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples("imagepipe init", "imagepipe run --emulate", "imagepipe run --help")
    + "\n\nExit codes: 0 everything is there, 1 some jobs failed, 2 a mistake in usage or "
    "manifest, 3 something would change, 4 jobs in doubt are left, 5 a provider was stopped, "
    "6 the cost limit, 75 the store is busy, 130 interrupted.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=print_version,
    help="Print the version and exit.",
)
def group() -> None:
    """Product pictures from a catalogue in YAML, through hosted image APIs, paid for once.

    A first look, without a key and without spending anything, is in the examples below.
    """
