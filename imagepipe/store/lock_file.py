"""The lock file as a plan meets it: known by its digest, and read where that is not enough.

After a merge a path may have several lines; which of them counts is said in `store/lock.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from imagepipe.model import Digest, Key, Record
from imagepipe.store.lock import Entry, Lock
from imagepipe.store.lock_index import LockIndex

EXTENSIONS = ("png", "jpg", "webp")
"""What pictures may be called; an output's comes from its bytes."""


class LockFile:
    """A lock file whose entries are read when they are asked for.

    Where its bytes are those that an earlier plan has seen, nobody may ask.
    """

    def __init__(self, path: Path | None, *, echoes: bool = False) -> None:
        """Look at it; None is a lock without entries.

        Args:
            path: The file.
            echoes: It says nothing that the ledger does not say too: its entries are as good as
                none, and are not read.

        Raises:
            OSError: The file is there and cannot be opened.
        """
        self._path = path
        self._echoes = echoes
        self._trusted: str | None = None
        self.adds_nothing = False
        self.digest = ""
        """Of the bytes as they were read last; empty where there is no file."""
        with suppress(FileNotFoundError):
            if path is not None:
                with path.open("rb") as file:
                    self.digest = hashlib.file_digest(file, "sha256").hexdigest()

    def trust(self, *, adds_nothing: bool) -> None:
        """An earlier plan has read the bytes of this digest, and they were right.

        `adds_nothing`: all of it is about outputs that the ledger has under the same keys.
        """
        self._trusted = self.digest
        self.adds_nothing = adds_nothing

    def __len__(self) -> int:
        """How many lines it has."""
        return len(self._index)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of them, sorted by path.

        Raises:
            InputError: Lines of it cannot be read, or a merge was left unfinished: all of them.
        """
        return self._index.all()

    def of_key(self, key: Key) -> tuple[Entry, ...]:
        return self._index.of_key(key)

    def of_stem(self, stem: str) -> Entry | None:
        """What it names for a path without its extension; of several lines, the last."""
        return next(reversed(self._index.of_stem(stem)), None)

    def of_path(self, path: str) -> Entry | None:
        return next(reversed(self._at(path)), None)

    def where(self, holds: Callable[[str], bool]) -> tuple[Entry, ...]:
        """The entries whose path, with its extension, is a certain one."""
        return self._index.where(holds)

    def is_of(self, stem: str, key: Key) -> bool:
        """Whether a path without its extension has one line, and that one this key."""
        return self._index.is_of(stem, key)

    def lacks(self, stem: str, record: Record) -> bool:
        """Whether it should tell of a picture, and does not."""
        if self._path is None or self._echoes:
            return False
        entry = self.of_stem(stem)
        return entry is None or not entry.tells_of(record)

    @cached_property
    def doubled(self) -> tuple[Entry, ...]:
        """The entries of paths that, without their extension, have several lines."""
        return () if self.adds_nothing else self._index.doubled()

    @cached_property
    def several(self) -> Mapping[str, tuple[Entry, ...]]:
        """The lines of each path that has more than one."""
        return Lock(self.doubled).several()

    def at_stem(self, stem: str) -> Entry | None:
        """What the lock names for a job's path, whatever its extension."""
        by_path = {entry.path: entry for entry in self._index.of_stem(stem)}
        paths = (f"{stem}.{extension}" for extension in EXTENSIONS)
        return next((entry for path in paths if (entry := by_path.get(path))), None)

    def digests(self, path: str) -> frozenset[Digest]:
        """What a run wrote there last, on any branch that was merged."""
        return frozenset(entry.output for entry in self._at(path))

    def entry(self, path: str, record: Record) -> Entry | None:
        """The line of this path that names this very picture."""
        fits = (
            entry
            for entry in self.of_key(record.key)
            if (entry.path, entry.blob) == (path, record.blob)
        )
        return next(fits, None)

    def settled(self, vouched: Callable[[Entry], bool]) -> Lock:
        """The lock with one line for each path: of several, the one whose picture is there."""
        there = list(self._there(vouched))
        return Lock(self.entries).merged(there)

    def _there(self, vouched: Callable[[Entry], bool]) -> Iterator[Entry]:
        for entries in self.several.values():
            if (entry := next(filter(vouched, entries), None)) is not None:
                yield entry

    def _at(self, path: str) -> tuple[Entry, ...]:
        found = self._index.of_stem(path.rpartition(".")[0])
        return tuple(entry for entry in found if entry.path == path)

    @cached_property
    def _index(self) -> LockIndex:
        data = b""
        with suppress(FileNotFoundError):
            if self._path is not None and not self._echoes:
                data = self._path.read_bytes()
                self.digest = hashlib.sha256(data).hexdigest()
        return LockIndex(data, str(self._path), is_known=self.digest == self._trusted)


def chosen(
    entries: Sequence[Entry], vouched: Callable[[Entry], bool], stored: Callable[[Digest], bool]
) -> Entry:
    """Of several lines, the one whose file, or else whose blob, is there."""
    if len({entry.blob for entry in entries}) == 1:
        return entries[0]
    kept = (entry for entry in entries if stored(entry.blob))
    return next(filter(vouched, entries), None) or next(kept, None) or entries[0]
