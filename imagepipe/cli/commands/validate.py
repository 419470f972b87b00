"""`imagepipe validate`: is the manifest right?"""

from __future__ import annotations

from pathlib import Path

import click

from imagepipe.cli.options import Places, examples, manifests_argument
from imagepipe.cli.problems import problem_options, telling
from imagepipe.cli.terminal import data
from imagepipe.errors import Problem


@click.command(
    "validate",
    epilog=examples(
        "imagepipe validate",
        "imagepipe validate spring.yaml summer.yaml",
        "imagepipe validate --output-format github",
    ),
)
@manifests_argument
@problem_options
@click.option("-q", "--quiet", is_flag=True, help="Say nothing if all is well.")
def command(manifests: tuple[Path, ...], quiet: bool) -> None:  # noqa: FBT001 - click's flags
    """Check manifests, their sources and provider specs, and print everything that is wrong.

    Nothing is sent and nothing is written. The exit code is 2 if there is an error.
    """
    from imagepipe.app.planning import check_manifest  # noqa: PLC0415 - late: start-up time
    from imagepipe.cli import projects  # noqa: PLC0415 - late: start-up time

    told, notes = telling(), list[Problem]()
    for project in projects.opened(manifests, Places()):
        found = check_manifest(project)
        if told.form == "json":
            notes += found
        elif not quiet:
            told.notes(found)
            data(f"{project.where.manifest}: no mistakes found")
    if told.form == "json":
        told.result(notes)
