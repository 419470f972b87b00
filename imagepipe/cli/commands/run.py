"""`imagepipe run`: make the pictures that are missing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from imagepipe.app.collector import no_collections
from imagepipe.cli.log_options import LogOptions, log_options
from imagepipe.cli.options import (
    Chosen,
    Places,
    examples,
    manifests_argument,
    money,
    place_options,
    selection_options,
)
from imagepipe.cli.problems import problem_options


@click.command(
    "run",
    epilog=examples(
        "imagepipe run --emulate",
        "imagepipe run --max-cost 5.00",
        "imagepipe run plan.json",
        "imagepipe run spring.yaml summer.yaml --select status:failed",
    ),
)
@manifests_argument
@selection_options
@place_options
@problem_options
@click.option(
    "--max-cost",
    callback=money,
    metavar="USD",
    help="Spend at most so many US dollars; the manifest's budget holds otherwise.",
)
@click.option(
    "--allow-unknown-cost", is_flag=True, help="Also send jobs whose price nobody published."
)
@click.option(
    "--frozen",
    is_flag=True,
    help="Make no picture and ask no provider: exit with 3 and say what a run would make. Outputs "
    "that are missing are made from the store.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="After a run that ended well, remove the outputs that no job makes any more, and their "
    "lines of the lock; edited ones stay, and so do pictures in the store.",
)
@click.option("--yes", is_flag=True, help="Agree to what --force pays again, instead of asking.")
@click.option(
    "--trust-env", is_flag=True, help="Use the proxies and CA bundles that the environment names."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@click.option(
    "--events",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write every event as a line of JSON into this file.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the jobs and what became of them into this file, as JUnit XML for CI servers.",
)
@click.option(
    "--report",
    "report",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="At the end, write a page with every picture of the manifests into this folder.",
)
@log_options
@click.option(
    "--otel",
    is_flag=True,
    help="Send traces and metrics by OTLP, as the OTEL_* variables say; needs the extra `otel`. On "
    "by itself where they name an endpoint.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print failures and the end only.")
@click.option("-v", "--verbose", is_flag=True, help="Print a line for every job.")
def command(
    manifests: tuple[Path, ...],
    chosen: Chosen,
    places: Places,
    *,
    max_cost: Decimal | None,
    allow_unknown_cost: bool,
    frozen: bool,
    prune: bool,
    yes: bool,
    trust_env: bool,
    as_json: bool,
    events: Path | None,
    junit: Path | None,
    report: Path | None,
    log: LogOptions,
    otel: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Make the pictures that are missing, and pay for nothing twice.

    A second run does nothing; an interrupted one goes on where it stopped. Ctrl-C stops submitting
    and brings in what is paid for, Ctrl-C twice leaves at once; both lose nothing.
    """
    with no_collections():
        from imagepipe.app.run_options import RunOptions  # noqa: PLC0415 - late: start-up time
        from imagepipe.cli import running  # noqa: PLC0415 - late: start-up time

    if prune and chosen.narrows:
        raise click.UsageError("--prune is about all outputs: leave out what selects jobs")
    if frozen and chosen.force:
        raise click.UsageError("--frozen and --force exclude each other")
    options = RunOptions(
        max_cost, allow_unknown_cost, trust_env=trust_env, frozen=frozen, prune=prune
    )
    show = running.Show(
        as_json=as_json,
        events=events,
        junit=junit,
        report=report,
        quiet=quiet,
        verbose=verbose,
        yes=yes,
        log=log,
        otel=otel,
    )
    return running.run_all(manifests, places, chosen, options, show)
