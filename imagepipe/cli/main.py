"""Runs the group inside the boundary; the result is the exit code of the process."""

from __future__ import annotations

from collections.abc import Sequence

from imagepipe.cli.boundary import guarded
from imagepipe.cli.group import group


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; never raises for what a person did."""
    return guarded(
        lambda: group.main(list(arguments), prog_name="imagepipe", standalone_mode=False)
    )
