"""`imagepipe plan`: what a run would do, and why."""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.app.collector import no_collections
from imagepipe.cli.options import (
    Chosen,
    Places,
    examples,
    looking_options,
    manifests_argument,
    selection_options,
)
from imagepipe.cli.problems import problem_options


@click.command(
    "plan",
    epilog=examples(
        "imagepipe plan",
        'imagepipe plan -v --select "image:hero product:MUG-*"',
        "imagepipe plan --json | jq .cost",
        "imagepipe plan --save plan.json",
    ),
)
@manifests_argument
@selection_options
@looking_options
@problem_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("-v", "--verbose", is_flag=True, help="List every job with its reason.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 3 if a run would do something, and with 0 only if it would not.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan: `imagepipe run FILE` carries it out as it is, or refuses it if anything "
    "has changed.",
)
def command(
    manifests: tuple[Path, ...],
    chosen: Chosen,
    places: Places,
    *,
    as_json: bool,
    verbose: bool,
    detailed_exitcode: bool,
    save: Path | None,
) -> int:
    """Show what a run would do, why, and what it would cost; nothing is sent or written.

    Without a MANIFEST, imagepipe.yaml of the current folder is planned.
    """
    with no_collections():
        from imagepipe.cli import planning  # noqa: PLC0415 - late: start-up time

    show = planning.Show(as_json, verbose, detailed_exitcode, save)
    return planning.plan_all(manifests, places, chosen, show)
