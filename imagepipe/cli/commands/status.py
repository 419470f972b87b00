"""`imagepipe status`: what the store holds, and what its runs are at."""

from __future__ import annotations

import json
from pathlib import Path

import click

from imagepipe.cli.options import Places, examples, looking_options, manifest_argument
from imagepipe.cli.problems import problem_options
from imagepipe.cli.terminal import data, width


@click.command(
    "status",
    epilog=examples(
        "imagepipe status", "imagepipe status --emulate", "imagepipe status --watch --next"
    ),
)
@manifest_argument
@looking_options
@problem_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option(
    "--watch",
    is_flag=True,
    help="Follow the runs that are at work, in whichever process, until they are over; with --json "
    "a line for every change. Nothing is written, and Ctrl-C leaves the runs alone.",
)
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 3_600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: how often to look.",
)
@click.option(
    "--next",
    "upcoming",
    is_flag=True,
    help="With --watch: where no run is at work, wait for the next one instead of telling how the "
    "last one ended.",
)
def command(
    manifest: Path,
    places: Places,
    *,
    as_json: bool,
    watch: bool,
    interval: float,
    upcoming: bool,
) -> int:
    """Show how far the jobs of a manifest are, what they have cost, and which runs are at work.

    --watch shows what a run shows, from another terminal. It ends with the exit code of the run
    that it followed (of several, the worst), with 69 if that is gone without a last word, and with
    130 by Ctrl-C.
    """
    if watch:
        from imagepipe.cli import following  # noqa: PLC0415 - late: start-up time

        how = following.Watching(interval, upcoming, as_json)
        return following.watch(manifest, places, how)
    if upcoming:
        raise click.UsageError("--next is about --watch")
    from imagepipe.app.status import status  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.views import status_json, status_view  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.status_text import status_text  # noqa: PLC0415 - late: start-up time

    project = places.open(manifest)
    found = status(project)
    if as_json:
        data(json.dumps(status_json(found, project, places), indent=2, ensure_ascii=False))
    else:
        data(status_text(status_view(found, project, places), width()))
    return 0
