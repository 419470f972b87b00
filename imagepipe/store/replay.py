"""Reading the chronicle: the last word on every row, and what is missing or damaged in it.

The changes of all processes are put in order by their numbers. Nothing is changed here, and no
ledger is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from imagepipe.model import State
from imagepipe.store.chronicle import Line, files, is_torn, lines, uncovered
from imagepipe.store.rows import JobRow, seal_of
from imagepipe.store.states import may_follow

T = TypeVar("T")

Name: TypeAlias = "tuple[str, ...]"
Place: TypeAlias = "tuple[int, int]"

_NAMED_BY = {"runs": 1, "jobs": 1, "requests": 1, "outputs": 2, "store": 3}
_ATTEMPT = JobRow._fields.index("attempt")
_STATE = JobRow._fields.index("state")
_STATES = tuple(State)


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that is not what was written. `at` counts bytes; `tail`: only such follow.

    A `torn` one was never written whole: what it would have said is missing, and nothing else is.
    """

    file: Path
    at: int
    tail: bool
    torn: bool


@dataclass(slots=True)
class Replay(Generic[T]):
    """The chronicle, read. `rows` has, by table and name, where a row's last version is, and it.

    `past` holds the seals of all versions of jobs, `steps` their states in order of change.
    """

    rows: dict[str, dict[Name, tuple[Place, T]]] = field(default_factory=dict)
    past: set[bytes] = field(default_factory=set)
    damages: list[Damage] = field(default_factory=list)
    files: int = 0
    lines: int = 0
    base: int = 0
    top: int = 0
    missing: tuple[tuple[int, int], ...] = ()
    copied: bool = False
    steps: dict[str, list[tuple[Place, int]]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether every change up to the last one known is here."""
        return self.files > 0 and not self.damages and not self.missing

    def table(self, name: str) -> dict[Name, tuple[Place, T]]:
        return self.rows.get(name, {})

    def lacks_after(self, place: Place) -> bool:
        """Whether a change after this place may be missing."""
        return bool(self.damages) or any(last > place[0] for _, last in self.missing)

    def wrong_steps(self) -> Iterator[str]:
        """Keys that went from a state to one that may not follow it.

        What a snapshot made void may be half removed, and is not looked at.
        """
        if not self.is_whole or self.copied:
            return
        for key, steps in self.steps.items():
            last = sorted(step for step in steps if step[0][0] >= self.base)
            states = [_STATES[state] for _, state in last]
            for old, new in pairwise(states):
                if old is not new and not may_follow(old, new):
                    yield f"job {key[:12]} went from {old.value} to {new.value}"


def seals(folder: Path) -> Replay[bytes]:
    """The chronicle with the seal of every row alone: enough to compare it with a ledger."""
    return replay(folder, seal_of)


def texts(folder: Path) -> Replay[bytes]:
    """The chronicle with every row as it was written."""
    return replay(folder, bytes)


def replay(folder: Path, keep: Callable[[bytes], T]) -> Replay[T]:
    """Read every file.

    Raises:
        OSError: A file cannot be read.
    """
    found: Replay[T] = Replay()
    reader = _Reader(found, keep)
    for path in files(folder):
        found.files += 1
        reader.read(path)
    reader.finish()
    return found


@dataclass(slots=True)
class _Reader(Generic[T]):
    found: Replay[T]
    keep: Callable[[bytes], T]
    counts: dict[int, tuple[int, int]] = field(default_factory=dict)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    gone: dict[Name, Place] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        bad: list[tuple[int, bool]] = []
        last_good = -1
        for at, raw, line in lines(path):
            self.found.lines += 1
            if line is None:
                bad.append((at, is_torn(raw)))
            else:
                last_good = at
                self._take(line)
        self.found.damages += [Damage(path, at, at > last_good, torn) for at, torn in bad]

    def finish(self) -> None:
        found = self.found
        for table, named in found.rows.items():
            old = [name for name, (place, _) in named.items() if self._is_void(table, name, place)]
            for name in old:
                del named[name]
        found.missing = tuple(self._missing())
        found.copied = bool(self.gaps)

    def _is_void(self, table: str, name: Name, place: Place) -> bool:
        if table == "outputs" and self.gone.get(name, place) > place:
            return True
        return place[0] < self.found.base

    def _take(self, line: Line) -> None:
        found, place = self.found, (line.change, line.number)
        count, _ = self.counts.get(line.change, (0, 0))
        self.counts[line.change] = (count + 1, line.of)
        found.top = max(found.top, line.change)
        table, *cells = json.loads(line.text)
        match table:
            case "snapshot":
                found.base = max(found.base, line.change)
            case "copied":
                self.gaps.append((cells[0], cells[1]))
            case "-outputs":
                name = (cells[0], cells[1])
                self.gone[name] = max(self.gone.get(name, place), place)
            case _:
                self._row(table, cells, place, line.text)

    def _row(self, table: str, cells: list[str], place: Place, text: bytes) -> None:
        note = table == "notes"
        name = (f"{place[0]:012}.{place[1]:06}",) if note else row_name(table, cells)
        if table == "jobs":
            self.found.past.add(seal_of(text))
            state = _STATES.index(State(cells[_STATE]))
            self.found.steps.setdefault(name[0], []).append((place, state))
        named = self.found.rows.setdefault(table, {})
        if name not in named or named[name][0] < place:
            named[name] = (place, self.keep(text))

    def _missing(self) -> Iterator[tuple[int, int]]:
        """Changes of which not every line is here, as ranges."""
        whole = (change for change, (count, of) in self.counts.items() if count >= of)
        covered = [*((change, change) for change in whole), *self.gaps]
        return uncovered(sorted(covered), self.found.base or 1, self.found.top)


def row_name(table: str, cells: Sequence[str]) -> Name:
    """What a row is called in its table. Notes have no name: they are many, and in order."""
    if table == "attempts":
        return (cells[0], str(cells[_ATTEMPT]))
    return tuple(map(str, cells[: _NAMED_BY[table]]))
