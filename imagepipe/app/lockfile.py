"""The lock file and what runs wrote: brought up to date with it, or read in its place.

A rehearsal has no lock: what its store recorded stands in for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from imagepipe.app.planning import Planned
from imagepipe.app.project import Project
from imagepipe.errors import SetupError
from imagepipe.model import Output, Record
from imagepipe.store import Entry, Ledger, Reader, root_name, update_lock
from imagepipe.store.lock import Lock, read_lock, write_lock

_AT_ONCE = 500
"""Keys that are looked up in one query."""


def update(planned: Planned, ledger: Ledger, run_id: str) -> bool:
    """Merge the outputs that the ledger knows into the lock; says whether it has no others now.

    Raises:
        SetupError: it cannot be written; the next run brings it up to date.
    """
    project = planned.project
    if project.where.rehearsal is not None:
        return False
    try:
        with ledger.writing():  # one process at a time
            settle(planned, ledger, run_id)
            entries = _Made(ledger, planned.known.root, planned.makes)
            update_lock(project.lock, entries, run_id)
            return _lines(project.lock) == entries.made
    except OSError as error:
        message = f"cannot write {project.lock}: {error.strerror}"
        hint = "nothing is lost: mend it and run again, and commit the lock then"
        raise SetupError(message, hint=hint) from error


def settle(planned: Planned, ledger: Ledger, run_id: str) -> bool:
    """Leave one line of each path that a merge left several of; says whether the lock changed."""
    project = planned.project
    if project.where.rehearsal is not None or not planned.known.lock.several:
        return False
    with ledger.writing():
        if read_lock(project.lock).entries != planned.known.lock.entries:
            return False  # another run has it in hand
        return write_lock(project.lock, planned.known.lock.settled(planned.known.vouched), run_id)


def lock_of(project: Project) -> Lock:
    """The lock of a project; of a rehearsal, the outputs that its store recorded.

    Raises:
        InputError: the lock cannot be read.
        StoreError: a rehearsal's ledger cannot be used.
    """
    if project.where.rehearsal is None:
        return read_lock(project.lock)
    if not project.layout.ledger.exists():
        return Lock()
    root = root_name(project.outputs, project.layout.root)
    with Reader.open(project.layout, project.stamp) as reader:
        return Lock().merged(_Made(reader, root, lambda _path: True))


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(piece.count(b"\n") for piece in iter(partial(file.read, 2**16), b""))
    except FileNotFoundError:
        return 0


@dataclass(slots=True)
class _Made:
    """Entries of one manifest's outputs alone, by path: another manifest may share the root.

    `made` counts them, as they were asked for last.
    """

    reader: Reader
    root: str
    makes: Callable[[str], bool]
    made: int = 0

    def __iter__(self) -> Iterator[Entry]:
        self.made = 0
        outputs, makes = self.reader.outputs(self.root), self.makes
        ours = (one for one in outputs if makes(one.path.rpartition(".")[0]))
        while batch := list(islice(ours, _AT_ONCE)):
            records = self.reader.records([output.key for output in batch])
            for output in batch:
                record = records.get(output.key)
                if record is not None:
                    self.made += 1
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
