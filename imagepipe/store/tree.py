"""Which files are under a folder: one look per folder, or one per file where few are asked for.

A catalogue of 100,000 pictures is planned by names alone. Links do not count as files.
"""

from __future__ import annotations

import os
import stat
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Iterable
from itertools import chain, islice
from pathlib import Path

FOLDERS = 4_096
"""How many folders are remembered: jobs come product by product, so that few are needed at once."""

MANY = 10_000
"""Files of a folder from which on their names are known by eight bytes each."""


class _Many:
    """The hashes of names: that two share one of 2^64 has never been seen by anybody."""

    def __init__(self, names: Iterable[str]) -> None:
        self._hashes = array("q", sorted(map(hash, names)))

    def __contains__(self, name: object) -> bool:
        at = bisect_left(self._hashes, found := hash(name))
        return at < len(self._hashes) and self._hashes[at] == found

    def __len__(self) -> int:
        return len(self._hashes)


class Tree:
    """A folder's files as they were when first looked at; `forget` after writing there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names: OrderedDict[str, frozenset[str] | _Many] = OrderedDict()
        self._asked = ""

    def has(self, path: str) -> bool:
        """Whether a regular file is at this relative path."""
        folder, _, name = path.rpartition("/")
        return name in self._in(folder)

    def with_stem(
        self, stem: str, extensions: tuple[str, ...], without: Collection[str] = ()
    ) -> list[str]:
        """The files of this path and one of these extensions (without their dots).

        A folder is listed once more than one path of it is asked for. What is in `without` is left
        out, and not looked at.
        """
        folder, _, name = stem.rpartition("/")
        paths = [path for end in extensions if (path := f"{stem}.{end}") not in without]
        if folder != self._asked and folder not in self._names:
            self._asked = folder
            return [path for path in paths if self._is_file(path)]
        names = self._in(folder)
        at = len(stem) - len(name)
        return [path for path in paths if path[at:] in names] if names else []

    def exists(self) -> bool:
        """Whether the folder itself is there."""
        return self._root.is_dir()

    def _is_file(self, path: str) -> bool:
        try:
            return stat.S_ISREG(os.lstat(f"{self._root}/{path}").st_mode)
        except OSError:
            return False

    def _in(self, folder: str) -> frozenset[str] | _Many:
        names = self._names.get(folder)
        if names is not None:
            self._names.move_to_end(folder)
            return names
        names = _files(f"{self._root}/{folder}")  # no Path: asked for every product
        self._names[folder] = names
        if len(self._names) > FOLDERS:
            self._names.popitem(last=False)
        return names


def _files(folder: str) -> frozenset[str] | _Many:
    try:
        with os.scandir(folder) as entries:
            names = (entry.name for entry in entries if entry.is_file(follow_symlinks=False))
            first = frozenset(islice(names, MANY))
            return first if len(first) < MANY else _Many(chain(first, names))
    except OSError:
        return frozenset()
