"""Runs the group inside the boundary; the result is the exit code of the process."""

from __future__ import annotations

from collections.abc import Sequence

from imagepipe.cli.boundary import guarded
from imagepipe.cli.group import group
from imagepipe.cli.problems import Telling


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; never raises for what a person did."""
    telling = Telling()
    words = list(arguments)
    return guarded(
        lambda: group.main(words, prog_name="imagepipe", standalone_mode=False, obj=telling),
        telling,
    )
