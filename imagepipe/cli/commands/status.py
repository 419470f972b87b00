"""`imagepipe status`: what the store holds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from imagepipe.cli.options import Places, examples, manifest_argument, place_options
from imagepipe.cli.problems import problem_options
from imagepipe.cli.terminal import data, width


@click.command("status", epilog=examples("imagepipe status", "imagepipe status --emulate"))
@manifest_argument
@place_options
@problem_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def command(manifest: Path, places: Places, *, as_json: bool) -> None:
    """Show how far the jobs of a manifest are, what they have cost, and which runs are at work."""
    from imagepipe.app.status import status  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.views import status_json, status_view  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.status_text import status_text  # noqa: PLC0415 - late: start-up time

    project = places.open(manifest)
    found = status(project)
    if as_json:
        data(json.dumps(status_json(found, project, places), indent=2, ensure_ascii=False))
    else:
        data(status_text(status_view(found, project, places), width()))
