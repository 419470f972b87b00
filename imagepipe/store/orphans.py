"""Outputs of earlier runs that no job makes any more, told by ledger, lock and folder. Reads only.

Two manifests may share a folder of outputs: what another one's run made, or its lock names, is no
orphan of this one. A file that nothing recorded is a person's and never an orphan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from imagepipe.model import Key, Output
from imagepipe.store.lock import Entry, paths_named
from imagepipe.store.lock_file import LockFile
from imagepipe.store.reader import Reader
from imagepipe.store.tree import Tree

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Orphan:
    """An output of an earlier run that no job makes any more.

    `spot` is the job's place in the catalogue that it was made for, None where only the lock knows
    it; `present` says whether the file is there.
    """

    path: str
    key: Key
    source: Literal["ledger", "lock"]
    present: bool
    spot: str | None = None


class Remains:
    """What earlier runs wrote, and which of it still counts.

    One job may have files of several extensions: another provider's picture may be a JPEG. Which of
    them counts is known once the job was looked at.
    """

    def __init__(
        self,
        reader: Reader | None,
        lock: LockFile,
        tree: Tree,
        root: str,
        manifest: Path | None = None,
    ) -> None:
        """`root` is how the ledger calls the outputs' folder; `manifest` is whose orphans are
        sought, and None asks for those of every manifest.
        """
        self._reader, self._lock, self._tree = reader, lock, tree
        self._root, self._manifest = root, manifest
        self._rivals = _rivals(reader, lock, root)
        self._chosen: dict[str, str] = {}
        self._right = self._locked = 0

    def right(self, stem: str, key: Key) -> bool:
        """A recorded output is where a job wants it; says whether the lock has it, in one line."""
        is_locked = self._lock.is_of(stem, key)
        self._right += 1
        self._locked += is_locked
        return is_locked

    def adds_nothing(self) -> bool:
        """Whether all of the lock is about outputs that the ledger has under the same keys."""
        return self._lock.adds_nothing or self._locked == len(self._lock)

    def _all_right(self) -> bool:
        """Whether every recorded output is where a job wants it, so that none is an orphan."""
        if self._reader is None or not self.adds_nothing():
            return False
        return self._reader.number_of_outputs(self._root) == self._right

    def choose(self, stem: str, path: str) -> None:
        """A job's picture is, or belongs, at this path."""
        if stem in self._rivals:
            self._chosen[stem] = path

    def take_as_settled(self, paths: Iterable[str]) -> None:
        """Outputs of jobs that are remembered to be there, and so are not looked at."""
        for path in paths if self._rivals else ():
            self.choose(_stem(path), path)

    def orphan(
        self, path: str, key: Key, source: Literal["ledger", "lock"], spot: str | None
    ) -> Orphan:
        """An output that is known to be one, as it is now."""
        return Orphan(path, key, source, self._tree.has(path), spot)

    def _beaten(self) -> frozenset[str]:
        """The files that jobs have replaced by one of another extension."""
        return frozenset(
            path
            for stem, chosen in self._chosen.items()
            for path in self._rivals[stem]
            if path != chosen
        )

    def orphans(
        self, is_made: Callable[[str], bool], among: Sequence[str] | None = None
    ) -> Iterator[Orphan]:
        """Every orphan once; `is_made` is asked with paths without extension.

        `among` are the recorded outputs that may be orphans, if somebody knows; they are all, or
        the lock adds nothing to them.
        """
        if among is not None and not self._rivals:
            among = [path for path in among if not is_made(_stem(path))]
            if not among:
                return
        if self._all_right():
            return
        beaten = self._beaten()

        def is_left(path: str) -> bool:
            return not is_made(path.rpartition(".")[0]) or path in beaten

        left = self._lock.where(is_left)
        mine, seen = {entry.path for entry in left}, set[str]()
        others: frozenset[str] | None = None
        for orphan in self._found(is_left, mine, left):
            if others is None:
                others = frozenset() if self._manifest is None else named_beside(self._manifest)
            if orphan.path in seen or (orphan.path in others and orphan.path not in mine):
                continue
            seen.add(orphan.path)
            yield orphan

    def _found(
        self, is_left: Callable[[str], bool], mine: set[str], left: Sequence[Entry]
    ) -> Iterator[Orphan]:
        if self._reader is not None:
            left_paths = [path for path in self._reader.output_paths(self._root) if is_left(path)]
            outputs = self._reader.outputs_at(self._root, left_paths)
            for output in self._own([outputs[path] for path in left_paths], mine):
                present = self._tree.has(output.path)
                yield Orphan(output.path, output.key, "ledger", present, output.spot)
        for entry in left:
            yield Orphan(entry.path, entry.key, "lock", self._tree.has(entry.path))

    def _own(self, outputs: Iterable[Output], mine: set[str]) -> Iterator[Output]:
        """Those that a run of this manifest made, or whose maker is not known."""
        if self._reader is None:
            return
        makers: dict[str, bool] = {}
        stream = iter(outputs)
        while batch := list(islice(stream, _AT_ONCE)):
            runs = self._reader.runs_of([output.key for output in batch])
            for output in batch:
                run = runs.get(output.key)
                if run is not None and run not in makers:
                    makers[run] = self._made(run)
                if output.path in mine or run is None or makers[run]:
                    yield output

    def _made(self, run: str) -> bool:
        """Whether a run was about this manifest; one that has moved is known by its name."""
        found = self._reader.run(run) if self._reader else None
        if found is None or self._manifest is None:
            return True
        here, name = str(self._manifest), self._manifest.name
        return any(
            path == here or (Path(path).name == name and not Path(path).exists())
            for path in found.manifests
        )


def named_beside(manifest: Path) -> frozenset[str]:
    """The outputs that locks beside this manifest's own name: other manifests' pictures."""
    own = f"{manifest.name}.lock"
    others = (one for one in manifest.parent.glob("*.lock") if one.name != own)
    return frozenset[str]().union(*map(paths_named, others))


def _rivals(reader: Reader | None, lock: LockFile, root: str) -> dict[str, set[str]]:
    """By path without extension, the recorded files of a job that has several."""
    found: dict[str, set[str]] = {}
    for path in reader.doubles(root) if reader else ():
        found.setdefault(_stem(path), set()).add(path)
    for entry in lock.doubled:
        found.setdefault(entry.stem, set()).add(entry.path)
    return {stem: paths for stem, paths in found.items() if len(paths) > 1}


def _stem(path: str) -> str:
    return path.rpartition(".")[0]
