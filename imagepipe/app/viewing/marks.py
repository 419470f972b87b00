"""What tells that something has changed, without looking at what: counts, sizes and times.

A run of another process raises the ledger's own count of changes with everything it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from imagepipe.app.project import Project
from imagepipe.store import Life, Reader, life_of, probe, this_process

_State: TypeAlias = "tuple[int, int] | None"


@dataclass(frozen=True, slots=True)
class Mark:
    """Of one manifest and its store. `changes` is the ledger's count, `runs` how many are alive.

    `world` is whatever else a plan rests on; if it is another one, all has to be looked at.
    """

    world: tuple[object, ...]
    review: _State
    changes: str
    runs: int


def mark_of(project: Project, listed: Mapping[str, str] | None) -> Mark:
    """The mark of a project as it stands.

    Args:
        project: Whose manifest, review file, lock and ledger.
        listed: What its manifest read, with digests; None if nobody knows.

    Raises:
        StoreError: the store cannot be read.
    """
    files = tuple(map(_stat, (project.where.manifest, project.lock)))
    store, changes, runs, alive = _ledger(project)
    changed = listed is None or bool(project.inputs.changed(listed))
    return Mark((*files, *store, *runs, changed), _stat(project.review), changes, alive)


def _ledger(project: Project) -> tuple[tuple[str, ...], str, tuple[str, ...], int]:
    """Which ledger it is, its count of changes, the runs that have not ended, those alive."""
    if not project.layout.ledger.exists():
        return (), "", (), 0
    with Reader.open(project.layout, project.stamp) as reader:
        store, changes, file = reader.version()
        runs = reader.runs(unfinished=True)
        look = probe(this_process()) if runs else None
        alive = sum(look is not None and life_of(run, look) is not Life.DEAD for run in runs)
        return (store, file), changes, tuple(run.id for run in runs), alive


def _stat(path: Path) -> _State:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
