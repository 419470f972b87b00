"""From what the app answers to what a page needs."""

from __future__ import annotations

import os
from pathlib import Path

from imagepipe.app.project import Project
from imagepipe.app.status import Status
from imagepipe.cli.options import Places
from imagepipe.render.status_text import PastRun, Pot, StatusView
from imagepipe.store import Run
from imagepipe.store.money import Sum


def shown(folder: Path) -> str:
    """A folder as people would type it from here."""
    try:
        relative = os.path.relpath(folder)
    except ValueError:  # another drive
        return str(folder)
    return str(folder) if relative.startswith("..") else relative


def status_view(status: Status, project: Project, places: Places) -> StatusView:
    manifest = project.where.manifest
    alive = {run.id for run in status.running}
    return StatusView(
        store=shown(project.layout.root),
        states=status.states,
        outputs=status.outputs,
        outputs_root=shown(project.outputs),
        spent=_pot(status.money.spent),
        reserved=_pot(status.money.reserved),
        in_doubt=_pot(status.money.in_doubt),
        runs=[_past(run, alive=run.id in alive) for run in status.runs],
        run=places.again("run", manifest),
        pending=places.again("pending list", manifest),
        rehearsal=places.rehearsing,
    )


def _pot(amount: Sum) -> Pot:
    return Pot(amount.amount, amount.unknown)


def _past(run: Run, *, alive: bool) -> PastRun:
    process = run.process
    return PastRun(
        run.id, run.started, run.ended, run.manifests, process.host, process.pid, alive=alive
    )
