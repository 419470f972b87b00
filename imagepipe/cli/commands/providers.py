"""`imagepipe providers`: what the built-in providers accept, allow and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imagepipe.cli.group import Named
from imagepipe.cli.options import examples
from imagepipe.cli.terminal import data, width

if TYPE_CHECKING:
    from imagepipe.provider import Spec


def _spec(name: str) -> Spec:
    from imagepipe.app.shipped import spec_document  # noqa: PLC0415 - late: start-up time
    from imagepipe.provider import load_spec  # noqa: PLC0415 - late: start-up time

    document = spec_document(name)
    if document is None:
        raise AssertionError(f"{name} was listed a moment ago")
    return load_spec(document)


@click.group(
    "providers",
    cls=Named,
    epilog=examples("imagepipe providers list", "imagepipe providers show runway"),
)
def command() -> None:
    """Say what the built-in providers accept, their limits, their prices, and what is unknown."""


@command.command("list")
def list_() -> None:
    """List the built-in providers with their keys, limits and prices."""
    from imagepipe.app.shipped import builtin_names  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.providers_text import list_text  # noqa: PLC0415 - late: start-up time

    data(list_text([_spec(name) for name in builtin_names()], width()))


@command.command("show")
@click.argument("name")
@click.pass_context
def show(ctx: click.Context, name: str) -> None:
    """Show what one provider accepts, by model, what it costs, and what nobody has published."""
    from imagepipe.app.shipped import builtin_names  # noqa: PLC0415 - late: start-up time
    from imagepipe.document import suggestion  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.providers_text import show_text  # noqa: PLC0415 - late: start-up time

    known = builtin_names()
    if name not in known:
        guess = suggestion(name, known) or f"; known are {', '.join(known)}"
        raise click.UsageError(f"there is no built-in provider {name!r}{guess}", ctx)
    data(show_text(_spec(name), width()))
