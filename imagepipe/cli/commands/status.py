"""`imagepipe status`: what the store holds."""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.cli.options import Places, examples, manifest_argument, place_options
from imagepipe.cli.terminal import data, width


@click.command("status", epilog=examples("imagepipe status", "imagepipe status --emulate"))
@manifest_argument
@place_options
def command(manifest: Path, places: Places) -> None:
    """Show how far the jobs of a manifest are, what they have cost, and which runs are at work."""
    from imagepipe.app.status import status  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli.views import status_view  # noqa: PLC0415 - late: start-up time
    from imagepipe.render.status_text import status_text  # noqa: PLC0415 - late: start-up time

    project = places.open(manifest)
    data(status_text(status_view(status(project), project, places), width()))
