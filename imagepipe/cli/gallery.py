"""Writes reports for the command line, and says where they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from imagepipe.app import reporting
from imagepipe.app.disk import check_writable
from imagepipe.app.gallery import Again
from imagepipe.app.project import Project
from imagepipe.app.reporting import Made, Progress, refuse_foreign
from imagepipe.cli import projects
from imagepipe.cli.boundary import failed
from imagepipe.cli.options import Places
from imagepipe.cli.problems import Telling
from imagepipe.cli.terminal import data, shown, tell
from imagepipe.errors import ImagepipeError
from imagepipe.render.text import cost, counted, number

__all__ = ["after_run", "check", "merge", "report_on"]

_EVERY = 5.0
"""Seconds between two lines of progress."""


def report_on(
    manifests: Sequence[Path], places: Places, out: Path, *, previews: bool, opens: bool
) -> None:
    """Report on manifests as they stand."""
    loaded = projects.opened(manifests, places)
    made = reporting.make(
        loaded, out, commands(places), previews=previews, progress=progress_lines()
    )
    _say(made, opens=opens)


def check(folder: Path) -> None:
    """Whether a run can write its report there at the end, before it begins.

    Raises:
        ImagepipeError: it holds other things, or nothing can be written there.
    """
    refuse_foreign(folder)
    check_writable(folder, "the report", "name another folder with --report")


def after_run(projects: Sequence[Project], places: Places, out: Path, shard: str | None) -> int:
    """Report on what a run was about, whatever came of it; the exit code of that alone.

    The run is over, and its own code must not be lost: what goes wrong here is told.
    """
    try:
        made = reporting.make(
            projects, out, commands(places), shard=shard, progress=progress_lines()
        )
    except (ImagepipeError, OSError) as error:
        return failed(error, Telling())
    tell("\n".join(said(made)[1:]))
    return 0


def merge(parts: Sequence[Path], out: Path, *, opens: bool) -> None:
    """Join the reports in these folders."""
    _say(reporting.merge(parts, out, progress=progress_lines()), opens=opens)


def commands(places: Places) -> Callable[[Project], Again]:
    """How the commands in a report begin: as they are typed here, with the same places."""
    return lambda project: lambda verb: places.again(verb, project.where.manifest)


def progress_lines() -> Progress:
    """A line every few seconds; none for a report that is soon done."""
    last = time.monotonic()

    def tell_now(done: int, total: int) -> None:
        nonlocal last
        if done < total and time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            tell(f"report: {number(done)} of {number(total)} pictures")

    return tell_now


def said(made: Made) -> list[str]:
    """What a report comes to, in lines."""
    found = made.totals
    undone = found.pictures - found.done
    lines = [
        f"{counted(found.pictures, 'picture')}: {number(found.done)} done"
        + (f", {number(undone)} not" if undone else "")
        + f"; {cost(found.cost, found.unknown)}."
    ]
    if made.missing:
        lines.append(
            f"{counted(made.missing, 'picture')} could not be shown: neither the store nor the "
            "outputs have the bytes."
        )
    if made.undrawn:
        lines.append(f"{counted(made.undrawn, 'picture')} could not be decoded for a thumbnail.")
    return [*lines, f"Report: {shown(made.page)}"]


def _say(made: Made, *, opens: bool) -> None:
    data("\n".join(said(made)))
    if opens:
        import webbrowser  # noqa: PLC0415 - late: only when asked for

        webbrowser.open(made.page.resolve().as_uri())
