"""The lock file as a plan meets it: known by its digest, and read where that is not enough."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from imagepipe.model import Key, Record
from imagepipe.store.lock import Entry, Lock, parse_lines


class LockFile:
    """A lock file whose entries are read when they are asked for.

    Where its bytes are those that an earlier plan has seen, nobody may ask.
    """

    def __init__(self, path: Path | None) -> None:
        """Look at it; None is a lock without entries.

        Raises:
            OSError: The file is there and cannot be opened.
        """
        self._path = path
        self.digest = ""
        """Of the bytes as they were read last; empty where there is no file."""
        with suppress(FileNotFoundError):
            if path is not None:
                with path.open("rb") as file:
                    self.digest = hashlib.file_digest(file, "sha256").hexdigest()

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All of them, sorted by path.

        Raises:
            InputError: Lines of it cannot be read, or a merge was left unfinished: all of them.
        """
        return self._lock.entries

    @cached_property
    def by_key(self) -> Mapping[Key, tuple[Entry, ...]]:
        return self._lock.by_key()

    @cached_property
    def by_stem(self) -> Mapping[str, Entry]:
        return self._lock.by_stem()

    def lacks(self, stem: str, record: Record) -> bool:
        """Whether it should tell of a picture, and does not."""
        entry = self.by_stem.get(stem)
        return self._path is not None and (entry is None or not entry.tells_of(record))

    @cached_property
    def _lock(self) -> Lock:
        return parse_lines(self._lines(), str(self._path))

    def _lines(self) -> Iterator[bytes]:
        if self._path is None:
            return
        whole = hashlib.sha256()
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            for line in file:
                whole.update(line)
                yield line
            self.digest = whole.hexdigest()
