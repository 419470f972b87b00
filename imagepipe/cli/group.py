"""The group of all commands. A command's module is imported when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from imagepipe.cli.options import examples

COMMANDS = {
    "init": "Write a first manifest: an example, or for your products.",
    "validate": "Check manifests and provider specs.",
    "plan": "Show what a run would do, why, and what it would cost.",
    "run": "Make the pictures that are missing, and pay for nothing twice.",
    "explain": "Show what a picture's key is made of, or what a rule means.",
    "status": "Show how far jobs are, what they cost, and runs at work.",
    "check": "Compare manifest, lock and pictures, offline.",
    "pending": "List and settle jobs that may have been paid for.",
    "report": "Write a page with every picture, to open from disk.",
    "view": "Serve the page to look at pictures and to decide on them.",
    "export": "Copy the pictures that may be used into a folder.",
    "store": "Verify, repair, tidy and count the store of paid pictures.",
    "providers": "List the built-in providers, and what each accepts.",
    "schema": "Print the JSON Schema of manifests, specs, events, reports.",
    "emulate": "Serve the providers' APIs on this machine, for nothing.",
    "completion": "Print a script that completes commands in your shell.",
}
"""In the order in which people meet them; each is `command` in the module of its name.

What is said of each stands here, so that a list of them fits a terminal and imports none.
"""


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"imagepipe.cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command


class Defaulting(Named):
    """A group that is a command of its own, but where the first word names one of its commands."""

    def __init__(
        self, itself: click.Command, commands: Sequence[click.Command], *, epilog: str
    ) -> None:
        super().__init__(
            itself.name,
            commands={command.name or "": command for command in commands},
            params=itself.params,
            help=itself.help,
            epilog=epilog,
            subcommand_metavar="",
        )
        self.itself = itself

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's signature
    ) -> click.Context:
        """The context of the command that is meant; help is the group's, and tells of all."""
        if args[:1] and args[0] in self.commands:
            name = f"{info_name} {args[0]}"
            return self.commands[args[0]].make_context(name, args[1:], parent, **extra)
        if set(args) & {"-h", "--help"}:
            return super().make_context(info_name, args, parent, **extra)
        return self.itself.make_context(info_name, args, parent, **extra)


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
