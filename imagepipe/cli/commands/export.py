"""`imagepipe export`: the pictures that may be used, in a folder of their own."""

from __future__ import annotations

import json
from pathlib import Path

import click

from imagepipe.cli.options import Places, examples, found_options
from imagepipe.cli.problems import problem_options

RULES = ("approved", "not-rejected", "any")


@click.command(
    "export",
    epilog=examples(
        "imagepipe export to-the-shop",
        "imagepipe export to-the-shop --review approved",
        'imagepipe export spring.yaml to-the-shop --select "image:hero"',
    ),
)
@click.argument(
    "words", nargs=-1, type=click.Path(path_type=Path), metavar="[MANIFEST]... DIR", required=True
)
@click.option(
    "--review",
    "rule",
    type=click.Choice(RULES),
    default="not-rejected",
    help="Which pictures may be used: those that were approved; all but rejected ones and those "
    "for which another try is asked, which is the default; or any.",
)
@click.option("--select", metavar="EXPR", help="Only these jobs; written as for `run`.")
@click.option("--exclude", metavar="EXPR", help="Not these jobs.")
@click.option("--emulate", is_flag=True, help="Export the placeholders of a rehearsal.")
@found_options
@problem_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def command(
    words: tuple[Path, ...],
    *,
    rule: str,
    select: str | None,
    exclude: str | None,
    emulate: bool,
    store: Path | None,
    outputs: Path | None,
    as_json: bool,
) -> int:
    """Copy the pictures that may be used into the folder DIR, by what people decided on them.

    The folder then holds exactly these: what an earlier export put there and may not be used any
    more is removed, and a file that no export wrote is never touched. A decision on a picture in
    whose place another one has come does not count. Nothing is sent. Exits with 3 if a job has no
    picture yet.
    """
    from imagepipe.app.exporting import Rule  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.exports import export_all  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.options import Chosen  # noqa: PLC0415 - late: with what it is for
    from imagepipe.cli.terminal import data  # noqa: PLC0415 - late: likewise

    *manifests, folder = words
    if folder.suffix in (".yaml", ".yml") and not folder.is_dir():
        raise click.UsageError(f"{folder} looks like a manifest: name the folder behind it")
    places = Places(emulate=emulate, store=store, out=outputs)
    done, text = export_all(
        manifests, folder, Rule(rule), places, Chosen(select=select, exclude=exclude)
    )
    data(json.dumps(done.to_json(), indent=2, ensure_ascii=False) if as_json else text)
    return 0 if done.is_whole else 3
