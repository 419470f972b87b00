"""What no job makes any more, removed after a run that was asked to.

A file goes only if it is as a run left it and the store has its picture; an edited one stays and is
named. Pictures in the store stay, so that a product that comes back costs nothing here.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from imagepipe.app.clock import utc_now
from imagepipe.app.planning import Planned
from imagepipe.app.report import Report
from imagepipe.app.store_care import committed_row
from imagepipe.events import Listener, Note
from imagepipe.finish.inspect import inspect
from imagepipe.model import Digest, Picture
from imagepipe.store import Blobs, Ledger, Orphan, Outputs
from imagepipe.store.lock import read_lock, write_lock
from imagepipe.store.orphans import named_beside

EDITED = "no job makes it any more, and it was edited or made by hand"


@dataclass(frozen=True, slots=True)
class Pruned:
    """Outputs that are gone with their lock lines, and files that stayed, with the reason."""

    removed: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()


def after_run(planned: Planned, run_id: str, report: Report, listener: Listener) -> Report:
    """Prune, and tell of it in the report."""
    pruned = prune(planned, run_id)
    if number := len(pruned.removed):
        outputs = "1 output" if number == 1 else f"{number} outputs"
        listener(Note(f"{outputs} that no job makes any more removed; their pictures are kept"))
    return replace(report, pruned=pruned.removed, kept=(*report.kept, *pruned.kept))


def prune(planned: Planned, run_id: str) -> Pruned:
    """Remove the outputs that no job makes, their records and their lines of the lock.

    Raises:
        StoreError: the store cannot be written.
        OSError: a file cannot be removed; those before it are.
    """
    project = planned.project
    if not planned.orphans:
        return Pruned()
    with Ledger.open_or_create(project.layout, project.stamp, utc_now()) as ledger:
        ledger.catch_up()
        return _Pruning(planned, ledger, run_id).carry_out()


class _Pruning:
    """Files go first: what a kill leaves recorded without its file, the next prune forgets."""

    def __init__(self, planned: Planned, ledger: Ledger, run_id: str) -> None:
        project = planned.project
        self._planned, self._ledger, self._run = planned, ledger, run_id
        self._root = project.outputs
        self._outputs, self._blobs = Outputs(project.outputs), Blobs(project.layout.blobs)
        self._locked = planned.known.lock.of_path

    def carry_out(self) -> Pruned:
        removed: list[str] = []
        kept: list[tuple[str, str]] = []
        others = named_beside(self._planned.project.where.manifest.resolve())
        for orphan in self._planned.orphans:
            if orphan.path in others or self._remove(orphan):
                removed.append(orphan.path)
            else:
                kept.append((orphan.path, EDITED))
        project, ledger = self._planned.project, self._ledger
        with ledger.writing():
            for path in removed:
                ledger.drop_output(self._planned.known.root, path)
            if project.where.rehearsal is None:
                left = read_lock(project.lock).without(frozenset(removed))
                write_lock(project.lock, left, self._run)
        return Pruned(tuple(removed), tuple(kept))

    def _remove(self, orphan: Orphan) -> bool:
        """Whether the file is gone, or was already."""
        found = self._outputs.look(orphan.path)
        if found is None:
            return True
        recorded = self._ledger.output(self._planned.known.root, orphan.path)
        ours = {*self._planned.known.trusted(orphan.path)}
        ours |= {recorded.digest} if recorded else set()
        if found[0] not in ours:
            return False
        path = self._root / orphan.path
        self._keep(orphan, path, found[0])
        path.unlink(missing_ok=True)
        self._remove_empty(path.parent)
        return True

    def _keep(self, orphan: Orphan, path: Path, digest: Digest) -> None:
        """In a fresh clone the file is the only copy, and the lock alone knows that it was paid."""
        if not self._blobs.has(digest):
            self._blobs.put(path.read_bytes(), self._run, digest=digest)
        entry = self._locked(orphan.path)
        if entry is None or entry.blob != digest or self._ledger.record(orphan.key) is not None:
            return
        picture = inspect(path)
        if isinstance(picture, Picture):
            self._ledger.enter(committed_row(entry, picture, path.stat().st_size, ""), utc_now())

    def _remove_empty(self, folder: Path) -> None:
        """Folders that nothing is in any more, up to the outputs' own."""
        while folder != self._root and self._root in folder.parents:
            with suppress(OSError):
                folder.rmdir()
            if folder.exists():
                return
            folder = folder.parent
