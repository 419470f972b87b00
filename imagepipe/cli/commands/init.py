"""`imagepipe init`: a first manifest, of an example or for a catalogue that is there."""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.cli.options import examples
from imagepipe.cli.projects import show_notes
from imagepipe.cli.terminal import data


def _folder(_ctx: click.Context, _option: click.Parameter, folder: Path) -> Path:
    """A file here is what a shell made of `--from *.csv`: only the first belongs to the option."""
    if folder.is_file():
        raise click.UsageError(
            f"{folder} is a file, not a folder to write into; each file of products has its own "
            f"--from: imagepipe init --from FILE --from {folder}"
        )
    return folder


@click.command(
    "init",
    epilog=examples(
        "imagepipe init",
        "imagepipe init catalog --provider runway",
        "imagepipe init --from products_export.csv",
    ),
)
@click.argument("folder", default=".", type=click.Path(path_type=Path), callback=_folder)
@click.option(
    "--from",
    "sources",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Your products: a table, JSON, an export of Shopify, WooCommerce or Google Merchant "
    "Center ... The manifest is then made for them. May be given several times.",
)
@click.option(
    "--provider",
    default="runcrate",
    show_default=True,
    metavar="NAME",
    help="The provider that the example uses: runcrate, runway, goneural, rungen or openai-images.",
)
def command(folder: Path, sources: tuple[Path, ...], provider: str) -> None:
    """Write an example into FOLDER: a manifest, its products, and the schema for your editor.

    With --from the manifest is for your own products: its prompts name the columns that there are,
    and plan and run --emulate work at once. Nothing that exists is overwritten.
    """
    from imagepipe.app.starting import write_example, write_from  # noqa: PLC0415 - late: start-up time

    if sources:
        started = write_from(folder, sources, provider=provider)
        data(f"read  {started.found}")
        show_notes(started.notes, quiet=False)
    else:
        started = write_example(folder, provider=provider)
    for name in started.written:
        data(f"wrote {folder / name}")
    for name in started.kept:
        data(f"kept  {folder / name} as it was")
    there = "" if folder == Path() else f"cd {folder} && "
    few = " --limit 3" if sources else ""
    data(f"\nNext:\n  {there}imagepipe run --emulate{few}  # a rehearsal: no key, no cost")
    data("  imagepipe plan  # what a live run would do, and what it would cost")
