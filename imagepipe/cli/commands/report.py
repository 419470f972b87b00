"""`imagepipe report`: a folder with a page that shows every picture, and why it is as it is."""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.cli.group import Defaulting
from imagepipe.cli.options import Places, examples, found_options, manifests_argument
from imagepipe.cli.problems import problem_options

_FOLDER = click.Path(path_type=Path, file_okay=False)
_OUT = click.option(
    "--out",
    type=_FOLDER,
    metavar="DIR",
    help="Write the report into this folder; by default `report`, of rehearsals `report-emulated`.",
)
_OPEN = click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")


@click.command("report")
@manifests_argument
@_OUT
@click.option("--emulate", is_flag=True, help="Report on rehearsals (`run --emulate`).")
@found_options
@click.option(
    "--previews",
    is_flag=True,
    help="Copy pictures of at most 1,600 pixels instead of the originals: a smaller folder.",
)
@_OPEN
@problem_options
def of_manifests(
    manifests: tuple[Path, ...],
    out: Path | None,
    *,
    emulate: bool,
    store: Path | None,
    outputs: Path | None,
    previews: bool,
    opens: bool,
) -> None:
    """Write a page that shows every picture of a manifest with all that is known of it.

    The folder opens from disk, from an artifact of a CI job or from a static host, without a server
    and without network: filters, search, earlier versions, variants, failures, costs and times.
    Nothing is sent, and the store is only read.
    """
    from imagepipe.cli.gallery import report_on  # noqa: PLC0415 - late: start-up time

    places = Places(emulate=emulate, store=store, out=outputs)
    folder = out or Path("report-emulated" if emulate else "report")
    report_on(manifests, places, folder, previews=previews, opens=opens)


@click.command("merge")
@click.argument("parts", nargs=-1, type=_FOLDER, metavar="DIR...", required=True)
@click.option(
    "--out", type=_FOLDER, required=True, metavar="DIR", help="Write it into this folder."
)
@_OPEN
def merge_(parts: tuple[Path, ...], out: Path, *, opens: bool) -> None:
    """Join reports, of shards or of several manifests, into one.

    A picture that several of them show is taken from the one that is furthest with it.
    """
    from imagepipe.cli.gallery import merge  # noqa: PLC0415 - late: start-up time

    merge(parts, out, opens=opens)


command = Defaulting(
    of_manifests,
    [merge_],
    epilog=examples(
        "imagepipe report",
        "imagepipe report --emulate --open",
        "imagepipe report merge shard-1 shard-2 --out report",
    ),
)
