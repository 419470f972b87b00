"""`imagepipe view`: a page to look at pictures, and to decide on them, while a run goes on."""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.cli.options import Places, examples, found_options, manifests_argument
from imagepipe.cli.problems import problem_options


@click.command(
    "view",
    epilog=examples("imagepipe view", "imagepipe view --emulate --no-open --port 8765"),
)
@manifests_argument
@click.option("--emulate", is_flag=True, help="Look at rehearsals (`run --emulate`).")
@found_options
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Listen on this port of 127.0.0.1; by default on any free one.",
)
@click.option(
    "--open/--no-open",
    "opens",
    default=None,
    help="Open the page in a browser, or do not; by default if a person is at the terminal.",
)
@problem_options
def command(
    manifests: tuple[Path, ...],
    *,
    emulate: bool,
    store: Path | None,
    outputs: Path | None,
    port: int,
    opens: bool | None,
) -> None:
    """Serve a page on this machine to look at pictures and to decide on them, until Ctrl-C.

    It follows runs as they go on. Approve, reject with a note, or ask for another try: decisions
    are kept in <manifest>.review.yaml, which Git can show. `run --select review:retry` makes the
    tries, `export` takes what may be used. Only the browser with the printed link gets in.
    """
    from imagepipe.cli.viewing import view  # noqa: PLC0415 - late: start-up time

    view(manifests, Places(emulate=emulate, store=store, out=outputs), port, opens=opens)
