"""Brings the lock file up to date with what a run wrote; a rehearsal never touches it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from imagepipe.app.planning import Planned
from imagepipe.errors import SetupError
from imagepipe.model import Output, Record
from imagepipe.store import Entry, Ledger, update_lock

_AT_ONCE = 500
"""Keys that are looked up in one query."""


def update(planned: Planned, ledger: Ledger, run_id: str) -> bool:
    """Merge the outputs that the ledger knows into the lock; says whether it changed.

    Raises:
        SetupError: it cannot be written; the next run brings it up to date.
    """
    project = planned.project
    if project.where.rehearsal is not None:
        return False
    try:
        with ledger.writing():  # one process at a time
            return update_lock(project.lock, _entries(planned, ledger), run_id)
    except OSError as error:
        message = f"cannot write {project.lock}: {error.strerror}"
        hint = "nothing is lost: mend it and run again, and commit the lock then"
        raise SetupError(message, hint=hint) from error


def _entries(planned: Planned, ledger: Ledger) -> Iterator[Entry]:
    """Of this manifest's outputs alone: another manifest may share the root."""
    root = planned.known.root
    ours = (one for one in ledger.outputs(root) if planned.makes(one.path.rpartition(".")[0]))
    while batch := list(islice(ours, _AT_ONCE)):
        records = ledger.records([output.key for output in batch])
        for output in batch:
            record = records.get(output.key)
            if record is not None:
                yield _entry(output, record)


def _entry(output: Output, record: Record) -> Entry:
    return Entry(
        path=output.path,
        output=output.digest,
        blob=output.blob,
        key=output.key,
        provider=record.provider,
        ticket=record.ticket,
        seed=record.seed,
        cost=record.cost,
    )
