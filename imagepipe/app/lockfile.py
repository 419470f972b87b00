"""Brings the lock file up to date with what a run wrote; a rehearsal never touches it."""

from __future__ import annotations

from collections.abc import Iterator

from imagepipe.app.planning import Planned
from imagepipe.store import Entry, Ledger, update_lock


def update(planned: Planned, ledger: Ledger, run_id: str) -> bool:
    """Merge the outputs that the ledger knows into the lock; says whether it changed."""
    project = planned.project
    if project.where.rehearsal is not None:
        return False
    with ledger.writing():  # one process at a time
        return update_lock(project.lock, _entries(planned, ledger), run_id)


def _entries(planned: Planned, ledger: Ledger) -> Iterator[Entry]:
    """Of this manifest's outputs alone: another manifest may share the root."""
    for output in ledger.outputs(planned.known.root):
        if not planned.makes(output.path.rpartition(".")[0]):
            continue
        record = ledger.record(output.key)
        if record is not None:
            yield Entry(
                path=output.path,
                output=output.digest,
                blob=output.blob,
                key=output.key,
                provider=record.provider,
                ticket=record.ticket,
                seed=record.seed,
                cost=record.cost,
            )
