"""What the planner may know: the ledger, the lock file and the files that are there, as one.

Planning reads. It makes no store, and a fresh clone without one works from the lock file alone.
Files are judged by name, size and time, against what is recorded of them; bytes are read only where
these differ, or where a lock file must be believed, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Self

from imagepipe.model import Digest, Job, Json, Key, Output, Record, State
from imagepipe.planner import Previous, Standing
from imagepipe.store import deserted
from imagepipe.store.blobs import Blobs
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.leftovers import Leftovers
from imagepipe.store.lock import Entry
from imagepipe.store.lock_file import EXTENSIONS, LockFile, chosen
from imagepipe.store.money import Money
from imagepipe.store.orphans import Remains
from imagepipe.store.outputs import Outputs, root_name
from imagepipe.store.reader import Reader
from imagepipe.store.runs import Probe
from imagepipe.store.settling import Settles, held
from imagepipe.store.spool import Spool
from imagepipe.store.tree import Tree
from imagepipe.store.witness import refuse_missing

_UNDECIDED = frozenset({State.PLANNED, State.BLOCKED, State.FAILED, State.AMBIGUOUS, State.LOST})


class Known:
    """Ledger, lock and outputs of one manifest. Calls must not overlap; `close` it."""

    def __init__(
        self,
        reader: Reader | None,
        lock: LockFile,
        layout: Layout,
        outputs_root: Path,
        look: Probe | None = None,
        *,
        settles: Settles = held,
        manifest: Path | None = None,
    ) -> None:
        self.lock = lock
        self.blobs = Blobs(layout.blobs)
        self.root = root_name(outputs_root, layout.root)
        self.adopted: list[Output] = []
        self.stood: dict[str, Output] = {}
        self.unlocked = False
        self._reader = reader
        self._look = look
        self._settles = settles
        self._spool = Spool(layout.spool)
        self._manifest = manifest
        self._outputs = Outputs(outputs_root)
        self._left = Leftovers(reader, self.blobs, self.root)
        self._tree = Tree(outputs_root)
        self._looks: dict[str, tuple[Digest, int, int] | None] = {}
        self._made: dict[str, Output] = {}
        """By path, what is recorded for the jobs that `previous` was asked about last."""

    @classmethod
    def open(
        cls,
        layout: Layout,
        stamp: Stamp,
        lock_file: Path | None,
        outputs_root: Path,
        look: Probe | None = None,
        *,
        settles: Settles = held,
        manifest: Path | None = None,
        echoed: bool = False,
    ) -> Self:
        """Look at what is there; nothing is created. `lock_file` is None for an emulated store.

        With `look`, the intent of a run that is provably dead is told as what it will become:
        ambiguous. `settles` tells which of these a run settles by itself; `manifest` whose outputs
        are orphans, when no job makes them any more; `echoed` that the lock says nothing but what
        the ledger says.

        Raises:
            StoreError: The ledger cannot be used, or is missing where one belongs.
            OSError: The lock file cannot be read. What is wrong in it is told, as an InputError,
                when its entries are asked for.
        """
        lock = LockFile(lock_file, echoes=echoed)
        if not layout.ledger.exists():
            refuse_missing(layout)
            return cls(None, lock, layout, outputs_root, manifest=manifest)
        reader = Reader.open(layout, stamp)
        return cls(reader, lock, layout, outputs_root, look, settles=settles, manifest=manifest)

    @property
    def remembers(self) -> bool:
        """Whether there is a ledger, which alone has the requests of earlier runs."""
        return self._reader is not None

    @cached_property
    def remains(self) -> Remains:
        """What earlier runs wrote; for jobs that are not looked at, it has to be told of them."""
        return Remains(self._reader, self.lock, self._tree, self.root, self._manifest)

    def close(self) -> None:
        if self._reader:
            self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def records(self, keys: Sequence[Key]) -> dict[Key, Record]:
        """What is known about each key: the ledger's word, or the lock's where it has a picture.

        A key that neither knows is absent: it is new.
        """
        found = self._reader.records(keys) if self._reader else {}
        for key, record in found.items():
            found[key] = self._told(record)
        adds_nothing = self.lock.adds_nothing or not len(self.lock)
        for key in keys:
            settled = found[key].state not in _UNDECIDED if key in found else adds_nothing
            if settled:
                continue
            entries = self.lock.of_key(key)
            if entries and self._lock_knows_better(found.get(key), entries):
                found[key] = chosen(entries, self.vouched, self.blobs.has).record
        return found

    def standing(self, wanted: Sequence[tuple[Job, Record]]) -> list[Standing]:
        """For each job with a stored picture: is that picture at its path?

        Files that the lock file vouches for, and whose bytes agree, are remembered in `adopted`,
        for a run to enter into the ledger; those that are as recorded stand in `stood` until the
        next call.
        """
        self.stood.clear()
        paths = [f"{job.path}.{record.extension}" for job, record in wanted]
        recorded = self._reader.outputs_at(self.root, paths) if self._reader else {}
        for path, (job, _) in zip(paths, wanted, strict=True):
            self.remains.choose(job.path, path)
        return [
            self._stands(job, record, path, recorded.get(path))
            for path, (job, record) in zip(paths, wanted, strict=True)
        ]

    def has_blob(self, record: Record) -> bool:
        """Whether the picture itself is in the store, so that its output can be made again."""
        return record.blob is not None and self.blobs.has(record.blob)

    def recourse(self, record: Record, provider: str) -> str | None:
        """How a run settles a doubtful submit by itself, in words; None if it cannot."""
        attempt = self._reader.latest_attempt(record.key) if self._reader else None
        if attempt is None:
            return None
        return self._settles(provider, attempt, self._spool.read(record.key, attempt.number))

    def previous(self, jobs: Sequence[Job]) -> dict[str, Previous]:
        """By spot, what was there before: for jobs whose own key is new."""
        if self._reader is None and not len(self.lock):
            return {}
        spots = [job.spot for job in jobs]
        made = self._reader.made_for(spots) if self._reader else []
        self._made = {output.path: output for root, output in made if root == self.root}
        found = self._reader.latest(spots, made) if self._reader else {}
        for job in jobs:
            if job.spot not in found and (entry := self.lock.at_stem(job.path)):
                found[job.spot] = entry.key
        requests = self._reader.canonicals([*found.values()]) if self._reader else {}
        return {spot: Previous(key, requests.get(key)) for spot, key in found.items()}

    def strangers(self, jobs: Sequence[Job]) -> dict[str, str]:
        """By spot, the file at a job's path that neither ledger nor lock tells of as it is."""
        if not jobs or not self._tree.exists():
            return {}
        ours = {path for path, output in self._made.items() if self._outputs.untouched(output)}
        look = self._tree.with_stem
        paths = {path: job.spot for job in jobs for path in look(job.path, EXTENSIONS, ours)}
        recorded = self._reader.outputs_at(self.root, [*paths]) if self._reader and paths else {}
        strange = (path for path in paths if not self._is_ours(path, recorded.get(path)))
        return {paths[path]: path for path in strange}

    def _is_ours(self, path: str, recorded: Output | None) -> bool:
        if recorded is not None and self._outputs.untouched(recorded):
            return True
        if self.trusted(path) or self._is_left(path):
            return True
        return recorded is not None and self._digest(path) == recorded.digest

    def world(self) -> tuple[str, ...]:
        """All that verdicts come from but the outputs themselves: while it is equal, so is what is
        known of a key that has its picture.
        """
        ledger = self._reader.version() if self._reader else ()
        return (self.root, self.lock.digest, *ledger)

    def canonical(self, key: Key) -> Mapping[str, Json] | None:
        """The request behind a key, as it was paid for; None if the ledger does not know it."""
        return self._reader.canonical(key) if self._reader else None

    def trusted(self, path: str) -> frozenset[Digest]:
        """The digests that the lock names for an output: a file with one of them is a run's."""
        return self.lock.digests(path)

    def money(self) -> Money:
        return self._reader.money() if self._reader else Money()

    def unrecovered(self) -> bool:
        """Whether runs died here whose traces no run has settled yet."""
        if self._reader is None or self._look is None:
            return False
        return bool(deserted.dead_runs(self._reader, self._look))

    def _told(self, record: Record) -> Record:
        """A record of the ledger as a plan must see it."""
        if self._reader is None:
            return record
        if self._look is not None and deserted.is_deserted(self._reader, record, self._look):
            record = deserted.doubted(record)
        return self._reader.with_history(record) if record.state in _UNDECIDED else record

    def _lock_knows_better(self, record: Record | None, entries: Sequence[Entry]) -> bool:
        """Somebody else may have paid for what is open here, and committed the picture to Git.

        But a key that a person asked for again (it has a history) is not answered from the lock.
        """
        if record is None:
            return True
        if self._asked_again(record):
            return False
        return any(self.blobs.has(entry.blob) or self.vouched(entry) for entry in entries)

    def _asked_again(self, record: Record) -> bool:
        return (
            record.state is State.PLANNED
            and self._reader is not None
            and bool(self._reader.history(record.key))
        )

    def _stands(self, job: Job, record: Record, path: str, recorded: Output | None) -> Standing:
        is_recorded = recorded is not None and recorded.blob == record.blob
        if recorded is not None and is_recorded and self._outputs.untouched(recorded):
            if self.remains.right(job.path, record.key):
                self.stood[path] = recorded
            elif path in self.lock.several or self.lock.lacks(job.path, record):
                self.unlocked = True
            else:
                self.stood[path] = recorded
            return Standing.RIGHT
        if not self._tree.has(path):
            return Standing.EDITED if self._outputs.is_blocked(path) else Standing.MISSING
        if recorded is not None and is_recorded:
            locked = self.lock.at_stem(job.path)
            if locked is None or locked.blob == record.blob:
                return self._touched(job, recorded)
        entry = self.lock.entry(path, record)
        if entry is None or not self.vouched(entry):
            return self._other(path, record, recorded)
        self._adopt(job, entry)
        return Standing.RIGHT

    def _touched(self, job: Job, recorded: Output) -> Standing:
        """Its bytes are read only if the size leaves open whether it was edited; and only until
        a run remembers the new time.
        """
        others = self.trusted(recorded.path) - {recorded.digest}  # of another branch, after a merge
        if self._outputs.size(recorded.path) not in (None, recorded.size) and not others:
            return self._changed(recorded.path)
        found = self._seen(recorded.path)
        if found is not None and found[0] in others:
            return Standing.OTHER
        if found is None or found[0] != recorded.digest:
            return self._changed(recorded.path)
        self.adopted.append(replace(recorded, spot=job.spot, mtime_ns=found[2]))
        return Standing.RIGHT

    def _other(self, path: str, record: Record, recorded: Output | None) -> Standing:
        """Not this picture: an earlier one, which a run replaces, or what is a person's."""
        found = self._seen(path)
        ours = {record.blob, *self.trusted(path), *((recorded.digest,) if recorded else ())}
        if found is None or found[0] in ours:
            return Standing.OTHER
        return self._changed(path)

    def _changed(self, path: str) -> Standing:
        """Not what is recorded: a person's, but for what a killed run left."""
        return Standing.OTHER if self._is_left(path) else Standing.EDITED

    def _is_left(self, path: str) -> bool:
        return self._left.has(path, self._outputs.size(path), lambda: self._digest(path))

    def vouched(self, entry: Entry) -> bool:
        """Whether the file of a lock entry is the one that the lock names."""
        return self._digest(entry.path) == entry.output

    def _digest(self, path: str) -> Digest | None:
        found = self._seen(path)
        return None if found is None else found[0]

    def _seen(self, path: str) -> tuple[Digest, int, int] | None:
        """Digest, size and time of the file at a path, read once; None if there is none."""
        if path not in self._looks:
            self._looks[path] = self._outputs.look(path) if self._tree.has(path) else None
        return self._looks[path]

    def _adopt(self, job: Job, entry: Entry) -> None:
        look = self._looks[entry.path]
        if look is not None:
            known = (entry.path, job.spot, entry.key, entry.blob, entry.output)
            self.adopted.append(Output(*known, *look[1:]))
