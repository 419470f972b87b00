"""`imagepipe store`: to look whether the store is sound, to mend it, to tidy it, to count it."""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.cli.group import Named
from imagepipe.cli.options import Places, examples, looking_options, manifest_argument
from imagepipe.cli.problems import problem_options
from imagepipe.cli.terminal import data, width

PROBLEMS, DOUBTS = 1, 4


@click.group(
    "store",
    cls=Named,
    epilog=examples(
        "imagepipe store verify",
        "imagepipe store verify --read-data",
        "imagepipe store repair",
        "imagepipe store gc --dry-run",
    ),
)
def command() -> None:
    """Verify, repair, tidy and count the store of paid pictures.

    None of these sends a request or pays for anything.
    """


@command.command("verify")
@manifest_argument
@looking_options
@problem_options
@click.option("--read-data", is_flag=True, help="Read every byte of every picture as well.")
def verify_(manifest: Path, places: Places, *, read_data: bool) -> int:
    """Look whether the ledger, its second copy and the pictures are what was written.

    Exit code 1 says that problems were found; each is listed with what to do.
    """
    from imagepipe.app.store_care import verify_store  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.terminal import shown  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.store_text import Found, verify_text  # noqa: PLC0415 - late: likewise

    project = places.open(manifest)
    found, store = verify_store(project, read_data=read_data), shown(project.layout.root)
    if not found.there:
        data(f"{store}: there is no store yet.")
        return 0
    problems = [Found(one.what, one.remedy) for one in found.problems]
    notes = [Found(one.what, one.remedy) for one in found.findings if one.note]
    deeper = f"{places.again('store verify', manifest)} --read-data"
    data(verify_text(store, problems, notes, width(), read_data=read_data, deeper=deeper))
    return PROBLEMS if problems else 0


@command.command("repair")
@manifest_argument
@looking_options
@problem_options
@click.option(
    "--hold-unknown",
    is_flag=True,
    help="Put every job in doubt that neither store nor lock knows; for further manifests of a "
    "store that could not be rebuilt whole.",
)
def repair_(manifest: Path, places: Places, *, hold_unknown: bool) -> int:
    """Rebuild what is damaged or missing from what is not. Needs the store alone.

    What is replaced is kept aside. Nothing becomes free to be paid for again: what cannot be
    proven is in doubt afterwards. Exit code 4 says that jobs in doubt or lost are left.
    """
    from imagepipe.app.store_care import repair_store  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.terminal import shown  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.store_text import Mended, repair_text  # noqa: PLC0415 - late: likewise

    project = places.open(manifest)
    done = repair_store(project, hold_unknown=hold_unknown)
    mended = Mended(
        rebuilt=done.rebuilt.jobs if done.rebuilt else None,
        whole=done.rebuilt is None or done.rebuilt.whole,
        recopied=done.recopied,
        taken_back=len(done.taken_back),
        resumed=done.resumed,
        lost=done.lost,
        in_doubt=done.in_doubt,
        aside=shown(done.aside) if done.aside else None,
    )
    run, pending = (places.again(verb, manifest) for verb in ("run", "pending list"))
    data(repair_text(shown(project.layout.root), mended, width(), run=run, pending=pending))
    return DOUBTS if done.lost or done.in_doubt else 0


@command.command("gc")
@manifest_argument
@looking_options
@problem_options
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
def gc_(manifest: Path, places: Places, *, dry_run: bool) -> None:
    """Remove pictures that nobody names, and what dead runs left. Needs the store alone.

    A picture goes if neither the ledger nor a lock file beside the manifest names it, and it is
    older than 24 hours.
    """
    from imagepipe.app.store_care import sweep  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.terminal import shown  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.store_text import sweep_text  # noqa: PLC0415 - late: start-up time

    project = places.open(manifest)
    done = sweep(project, dry=dry_run)
    files = [(one.kind, shown(one.path), one.bytes) for one in done.waste]
    data(sweep_text(shown(project.layout.root), files, done.saved, width(), dry=dry_run))


@command.command("stats")
@manifest_argument
@looking_options
@problem_options
def stats_(manifest: Path, places: Places) -> None:
    """Count what is in the store, and the bytes that it takes."""
    from imagepipe.app.store_care import store_stats  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.terminal import shown  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.store_text import stats_text  # noqa: PLC0415 - late: start-up time

    project = places.open(manifest)
    found, store = store_stats(project), shown(project.layout.root)
    if found is None:
        data(f"{store}: there is no store yet.")
        return
    parts = {name: (part.count, part.bytes) for name, part in found.parts.items()}
    data(stats_text(store, found.rows, found.states, parts, width()))
