"""Where in a lock file the lines about one key or one path are, so that few of them are read.

A lock of a hundred thousand outputs has thirty megabytes, of which a plan wants a line here and
there. Every line is checked once, as when all are read; what is kept of it is its place and the
hashes of its key and of its path. Whatever is found by a hash is compared with what was asked for.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from typing import TypeAlias

from imagepipe.errors import InputError, Place, Problem
from imagepipe.model import Key
from imagepipe.store.lock import MOST_PROBLEMS, PLAIN, Entry, entry_of, in_order, problem_of


class LockIndex:
    """The lines of a lock file. A path without its extension is a stem."""

    def __init__(self, data: bytes, file: str, *, is_known: bool = False) -> None:
        """Look at every line; only at its outline, if these very bytes were read before.

        Raises:
            InputError: lines of it cannot be read, or a merge was left unfinished: all of them.
        """
        self._data = data
        self._pattern = re.compile(PLAIN.pattern.encode())
        self._starts, self._keys, stems = array("q"), array("q"), array("q")
        self._read(file, stems, self._outline if is_known else self._usual)
        self._by_key, self._by_stem = _Numbers(self._keys), _Numbers(stems)

    def __len__(self) -> int:
        return len(self._starts)

    def of_key(self, key: Key) -> tuple[Entry, ...]:
        """The entries with this key, in the order of a lock."""
        numbers = self._by_key.at(_hash(key))
        if not numbers:
            return ()
        return in_order(one for one in map(self._entry, numbers) if one.key == key)

    def of_stem(self, stem: str) -> tuple[Entry, ...]:
        """The entries of this path, whatever its extension, in the order of a lock."""
        numbers = self._by_stem.at(_hash(stem))
        if not numbers:
            return ()
        return in_order(one for one in map(self._entry, numbers) if one.stem == stem)

    def is_of(self, stem: str, key: Key) -> bool:
        """Whether this path has one line, and that one this key; by hashes of 64 bits alone."""
        numbers = self._by_stem.at(_hash(stem))
        return len(numbers) == 1 and self._keys[numbers[0]] == _hash(key)

    def where(self, holds: Callable[[str], bool]) -> tuple[Entry, ...]:
        """The entries whose path, with its extension, is a certain one."""
        numbers = (number for number, path in enumerate(self._paths()) if holds(path))
        return in_order(map(self._entry, numbers))

    def doubled(self) -> tuple[Entry, ...]:
        """All entries of paths that several lines are about, be it with other extensions."""
        found: dict[str, list[Entry]] = {}
        for numbers in self._by_stem.more.values():
            for entry in map(self._entry, numbers):
                found.setdefault(entry.stem, []).append(entry)
        several = (entries for entries in found.values() if len(entries) > 1)
        return in_order(entry for entries in several for entry in entries)

    def all(self) -> tuple[Entry, ...]:
        return in_order(map(self._entry, range(len(self))))

    def _read(self, file: str, stems: array[int], look: _Look) -> None:
        at, end = 0, len(self._data)
        problems: list[Problem] = []
        while at < end and len(problems) < MOST_PROBLEMS:
            found = look(at)
            if found is None:
                after, line = self._after(at), self._line(at)
                entry = entry_of(line) if line.strip() else None
                if isinstance(entry, str):
                    place = Place(file, self._data.count(b"\n", 0, at) + 1, 1)
                    problems.append(problem_of(entry, line, place))
                if not isinstance(entry, Entry):
                    at = after
                    continue
                found = _bytes(entry.path), _bytes(entry.key), after
            path, key, after = found
            self._starts.append(at)
            self._keys.append(hash(key))
            stems.append(hash(path.rpartition(b".")[0]))
            at = after
        if problems:
            raise InputError(*problems)

    def _usual(self, at: int) -> tuple[bytes, bytes, int] | None:
        """Path, key and end of a line as nearly all are, checked from end to end."""
        found = self._pattern.match(self._data, at)
        return None if found is None else (found[1], found[4], found.end())

    def _outline(self, at: int) -> tuple[bytes, bytes, int] | None:
        """The same of a line that was read before: its key is where it must be."""
        data, begin = self._data, at + len(_BEGIN)
        quote = data.find(b'"', begin)
        path, key = data[begin:quote], quote + _TO_KEY
        end = data.find(b"\n", key) + 1
        if data[at:begin] != _BEGIN or data[key - len(_KEY) : key] != _KEY or b"\\" in path:
            return None
        return (path, data[key : key + 64], end) if end else None

    def _after(self, at: int) -> int:
        """Where the next line begins."""
        end = self._data.find(b"\n", at)
        return len(self._data) if end < 0 else end + 1

    def _line(self, at: int) -> str:
        return self._data[at : self._after(at)].decode("utf-8", "replace").removesuffix("\n")

    def _entry(self, number: int) -> Entry:
        entry = entry_of(self._line(self._starts[number]))
        if isinstance(entry, Entry):
            return entry
        raise AssertionError(entry)  # it could be read a moment ago

    def _paths(self) -> Iterator[str]:
        data, begin = self._data, len(_BEGIN)
        for number, at in enumerate(self._starts):
            path = data[at + begin : data.find(b'"', at + begin)]
            usual = path.isascii() and b"\\" not in path and data.startswith(_BEGIN, at)
            yield path.decode() if usual else self._entry(number).path


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _hash(text: str) -> int:
    return hash(_bytes(text))


_Look: TypeAlias = "Callable[[int], tuple[bytes, bytes, int] | None]"
_BEGIN = b'{"path": "'
_KEY = b'", "key": "'
_TO_KEY = len('", "output": "", "blob": "", "key": "') + 2 * 64
"""From the end of a path to the key."""


class _Numbers:
    """Numbers of lines by a hash; nearly always one."""

    __slots__ = ("_last", "more")

    def __init__(self, hashes: array[int]) -> None:
        self._last = dict(zip(hashes, range(len(hashes)), strict=True))
        self.more: dict[int, list[int]] = {}
        """All numbers of a hash that has several."""
        if len(self._last) < len(hashes):
            for number, hashed in enumerate(hashes):
                if self._last[hashed] != number:
                    self.more.setdefault(hashed, []).append(number)
            for hashed, numbers in self.more.items():
                numbers.append(self._last[hashed])

    def at(self, hashed: int) -> list[int]:
        if hashed in self.more:
            return self.more[hashed]
        last = self._last.get(hashed)
        return [] if last is None else [last]
