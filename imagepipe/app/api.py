"""The Python API: load a manifest, plan it, run it. The command line does the same, with texts."""

from __future__ import annotations

from pathlib import Path

from imagepipe.app.planning import Planned, make_plan
from imagepipe.app.project import Project, Rehearsal, Where, open_project
from imagepipe.app.running import run, run_async

__all__ = ["load", "plan", "run", "run_async"]


def load(
    path: str | Path,
    *,
    store: str | Path | None = None,
    out: str | Path | None = None,
    emulate: bool = False,
) -> Project:
    """Load a manifest.

    Args:
        path: The manifest's file.
        store: The folder of the store; by default `.imagepipe` beside the manifest.
        out: The folder of the outputs; by default the manifest's `outputs.root`.
        emulate: Rehearse against the emulator, with a store and output folder of its own.

    Raises:
        SetupError: the file cannot be read.
        InputError: something in it is wrong; `problems` has all of it.
    """
    where = Where(
        Path(path),
        store=None if store is None else Path(store),
        out=None if out is None else Path(out),
        rehearsal=Rehearsal.QUICK if emulate else None,
    )
    return open_project(where)


def plan(
    project: Project,
    *,
    select: str | None = None,
    exclude: str | None = None,
    shard: str | None = None,
    limit: int | None = None,
    failed: bool = False,
    sample: int | None = None,
    force: bool = False,
) -> Planned:
    """Judge every job; asks no provider and writes nothing. Close the result, or use `with`.

    `failed` is about jobs that failed, `sample` about so many, chosen alike at every call. A run of
    a plan that was made with `force` pays again for pictures that are there, and asks nobody.

    Raises:
        InputError: jobs, sources or the selection are wrong; `problems` has all of it.
        StoreError: the store cannot be read.
    """
    return make_plan(
        project,
        select=select,
        exclude=exclude,
        shard=shard,
        limit=limit,
        failed=failed,
        sample=sample,
        force=force,
    )
