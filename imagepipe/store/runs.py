"""A run as the ledger keeps it: who did it, for whose budget, and whether it may be at work."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from imagepipe.store.liveness import Life, Process, life
from imagepipe.store.rows import Cell, Row


@dataclass(frozen=True, slots=True)
class Run:
    """One process that uses the store.

    `id` is made of letters, digits, `-` and `_`, for it becomes part of file names. `purse` names
    the budget that its claims draw on; without one, `start_run` finds it. `role` is `maintenance`
    for what needs the store alone.
    """

    id: str
    process: Process
    started: str
    manifests: tuple[str, ...] = ()
    purse: str = ""
    role: Literal["run", "maintenance"] = "run"
    ended: str | None = None


Probe: TypeAlias = Callable[[Run], Life]
"""Tells whether a run is alive. An ended run is dead; this is asked about the others."""


def probe(me: Process) -> Probe:
    """How this process tells whether a run is alive."""

    def look(run: Run) -> Life:
        return life(run.process, me)

    return look


def life_of(run: Run, look: Probe) -> Life:
    """Whether a run is at work: what has ended is dead, whatever has its process's number now."""
    return Life.DEAD if run.ended is not None else look(run)


def run_of(cells: Row) -> Run:
    run_id, role, host, boot, space, pid, born, started, ended, purse, manifests = cells
    process = Process(host, boot, space, pid, born)
    return Run(run_id, process, started, tuple(json.loads(manifests)), purse, role, ended)


def run_cells(run: Run) -> tuple[Cell, ...]:
    process = run.process
    return (
        run.id,
        run.role,
        process.host,
        process.boot,
        process.space,
        process.pid,
        process.born,
        run.started,
        run.ended,
        run.purse,
        json.dumps(run.manifests),
    )
