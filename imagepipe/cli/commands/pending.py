"""`imagepipe pending`: jobs in doubt, and what a person decides about them."""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.cli.group import Named
from imagepipe.cli.options import Places, examples, looking_options, manifest_argument
from imagepipe.cli.problems import problem_options
from imagepipe.cli.terminal import data


@click.group(
    "pending",
    cls=Named,
    epilog=examples(
        "imagepipe pending list",
        "imagepipe pending attach 3f9a1c0b22d4 job-8812",
        "imagepipe pending resubmit 3f9a1c0b22d4",
        "imagepipe pending drop 3f9a1c0b22d4",
    ),
)
def command() -> None:
    """List and settle the jobs that may have been paid for and have no picture.

    A submit whose answer never came is not sent again by itself: that could pay for it twice.
    """


@command.command("list")
@manifest_argument
@looking_options
@problem_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def list_(manifest: Path, places: Places, *, as_json: bool) -> None:
    """List the jobs in doubt, what is known of each, and the commands that settle it."""
    from imagepipe.app.pending import pending  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli import doubts  # noqa: PLC0415 - late: start-up time

    found = pending(places.open(manifest))
    data(
        doubts.as_json(found, places, manifest) if as_json else doubts.page(found, places, manifest)
    )


@command.command("attach")
@click.argument("key")
@click.argument("ticket")
@manifest_argument
@looking_options
@problem_options
def attach_(key: str, ticket: str, manifest: Path, places: Places) -> None:
    """Name the ticket of a job in doubt: the next run fetches its picture and pays nothing.

    KEY is the beginning of a key, as `imagepipe pending list` shows it. TICKET is the provider's
    own id of the job, or `name=value,...` where its spec keeps more than the id.
    """
    from imagepipe.app.pending import attach  # noqa: PLC0415 - late: start-up time

    record = attach(places.open(manifest), key, ticket)
    data(f"{record.key[:12]} has its ticket; next: {places.again('run', manifest)}")


@command.command("drop")
@click.argument("key")
@manifest_argument
@looking_options
@problem_options
def drop_(key: str, manifest: Path, places: Places) -> None:
    """Give a job up: it counts as failed, and its money stays in doubt.

    KEY is the beginning of a key, as `imagepipe pending list` shows it.
    """
    from imagepipe.app.pending import drop  # noqa: PLC0415 - late: start-up time

    record = drop(places.open(manifest), key)
    again = places.again("run", manifest)
    data(f"{record.key[:12]} is given up; `{again} --select status:failed` would try it again")


@command.command("resubmit")
@click.argument("key")
@manifest_argument
@looking_options
@problem_options
def resubmit_(key: str, manifest: Path, places: Places) -> None:
    """Let the next run submit a job again, which may pay for it a second time.

    KEY is the beginning of a key, as `imagepipe pending list` shows it.
    """
    from imagepipe.app.pending import resubmit  # noqa: PLC0415 - late: start-up time

    record = resubmit(places.open(manifest), key)
    data(f"{record.key[:12]} is free; next: {places.again('run', manifest)}")
