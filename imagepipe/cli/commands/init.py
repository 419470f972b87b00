"""`imagepipe init`: a first manifest to rehearse and to change."""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.cli.options import examples
from imagepipe.cli.terminal import data


@click.command(
    "init", epilog=examples("imagepipe init", "imagepipe init catalog --provider runway")
)
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--provider",
    default="runcrate",
    show_default=True,
    metavar="NAME",
    help="The provider that the example uses: runcrate, runway, goneural, rungen or openai-images.",
)
def command(folder: Path, provider: str) -> None:
    """Write an example into FOLDER: a manifest, its products, and the schema for your editor.

    Nothing that exists is overwritten.
    """
    from imagepipe.app.starting import write_example  # noqa: PLC0415 - late: start-up time

    started = write_example(folder, provider=provider)
    for name in started.written:
        data(f"wrote {folder / name}")
    for name in started.kept:
        data(f"kept  {folder / name} as it was")
    there = "" if folder == Path() else f"cd {folder} && "
    data(f"\nNext:\n  {there}imagepipe run --emulate  # a rehearsal: no key, no cost")
    data("  imagepipe plan  # what a live run would do, and what it would cost")
