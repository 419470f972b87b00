"""`imagepipe check`: whether manifest, lock and pictures agree."""

from __future__ import annotations

import json
from pathlib import Path

import click

from imagepipe.cli.options import Places, examples, looking_options, manifests_argument
from imagepipe.cli.problems import problem_options

WOULD_CHANGE = 3


@click.command(
    "check",
    epilog=examples("imagepipe check", "imagepipe check --json | jq .agrees"),
)
@manifests_argument
@looking_options
@problem_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code says it.")
def command(manifests: tuple[Path, ...], places: Places, *, as_json: bool, quiet: bool) -> int:
    """Compare the manifest with its lock, and the lock with the pictures, byte by byte.

    Nothing is asked and nothing is written; neither store nor key nor network is needed, so that a
    fresh clone can be checked. Exits with 0 if all agree, and with 3 if a picture is stale, missing
    or edited. What no job makes any more is told and changes no exit code.
    """
    from imagepipe.app.checking import check, check_json  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli import projects  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.terminal import data, width  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.views import check_view  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.check_text import check_text  # noqa: PLC0415 - late: start-up time

    checkups = []
    for project in projects.opened(manifests, places):
        checkups.append(check(project))
        projects.show_notes(checkups[-1].notes, quiet=quiet or as_json)
        if not (as_json or quiet):
            data(check_text(check_view(checkups[-1], project, places), width()))
    if as_json:
        data(json.dumps(check_json(checkups), indent=2, ensure_ascii=False))
    return 0 if all(one.agrees for one in checkups) else WOULD_CHANGE
