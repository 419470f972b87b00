"""The ledger's second copy: every change as a line of text, appended by the process that made it.

A ledger that is lost or damaged is rebuilt from these lines. Each process has a file of its own and
writes it right after a commit, without syncing: a kill loses nothing that was written, and what a
power cut takes from here is still in the ledger and copied again by the next run. Knows lines and
files; what a row means is said elsewhere.

    <checksum> <change> <line>/<lines of this change> <row as JSON: table, cells>

`change` is the number of the transaction, which the ledger counts; the checksum (BLAKE2b-128, hex)
covers everything after it, so that every line can be believed or doubted by itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

from imagepipe.errors import StoreError
from imagepipe.store.durable import sync_folder

SUFFIX = ".lines"

SNAPSHOT = "snapshot"
"""The table of a line that says: this change holds every row, and what is older is void."""

COPIED = "copied"
"""The table of a line with first and last change of a gap that this change closes."""

HAND = "hand"
"""Whose file it is if a person decided something, without a run."""

_TAIL = 1 << 18
"""Bytes at a file's end in which its last line is looked for; a line is a few KiB at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of one change. `text` is the row as JSON: its table, then its cells."""

    change: int
    number: int
    of: int
    text: bytes


class Chronicle:
    """The file of one process. What cannot be written now is kept, and tried again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner = ""
        self._open: list[str] = []
        self._due: list[bytes] = []
        self._file: int | None = None
        self._length = 0
        self._error: OSError | None = None

    def belongs_to(self, run: str) -> None:
        """Name the file after this run, if it is not there yet."""
        self._owner = self._owner or run

    def add(self, text: str) -> None:
        """A row of the transaction that is open."""
        self._open.append(text)

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever written, so that the next change tells which store this is."""
        return self._file is None and not self._due

    @property
    def mark(self) -> int:
        return len(self._open)

    def cut(self, mark: int) -> None:
        """Forget the rows since `mark`: they were rolled back."""
        del self._open[mark:]

    def commit(self, change: int) -> None:
        """The open rows are durable in the ledger; append them. Never raises: see `require`."""
        lines, self._open = self._open, []
        self._due.append(block(change, lines))
        self._write()

    def require(self) -> None:
        """Nothing new may be paid for while the copy cannot follow.

        Raises:
            StoreError: It still cannot be written.
        """
        if self._due:
            self._write()
        if self._error is not None:
            raise StoreError(
                f"cannot write to {self._folder}: {self._error.strerror}",
                hint="free some space or mend the disk, then run again: it goes on, and what was "
                "already paid for is in the ledger",
            ) from self._error

    def sync(self) -> None:
        """Bring what was appended to the disk. Without it, a power cut may take the last lines."""
        if self._file is not None:
            with suppress(OSError):  # a copy: the ledger is on the disk
                os.fsync(self._file)
                sync_folder(self._folder)

    def restart(self) -> None:
        """Begin another file with the next change."""
        self.close()
        self._length = 0

    def close(self) -> None:
        if self._file is not None:
            self.sync()
            os.close(self._file)
            self._file = None

    def _write(self) -> None:
        data = b"".join(self._due)
        try:
            if self._file is None:
                self._file = self._create()
            _append(self._file, data, self._length)
        except OSError as error:
            self._error = error
        else:
            self._length += len(data)
            self._due.clear()
            self._error = None

    def _create(self) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{self._owner or HAND}.{uuid4().hex[:8]}{SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        return os.open(self._folder / name, flags, 0o600)


def by_hand(folder: Path) -> int:
    """How many files there are of those who were no run: nobody can tell whether they live."""
    return sum(owner(path) == HAND for path in files(folder))


def owner(path: Path) -> str:
    """The run in a file's name."""
    return path.name.split(".", 1)[0]


def block(change: int, texts: Sequence[str]) -> bytes:
    """The lines of one change."""
    return b"".join(
        _line(f"{change} {number}/{len(texts)} {text}".encode())
        for number, text in enumerate(texts, start=1)
    )


def read_line(raw: bytes) -> Line | None:
    """A line without its break; None if it is not what was written."""
    checksum, _, body = raw.partition(b" ")
    if blake2b(body, digest_size=16).hexdigest().encode() != checksum:
        return None
    change, place, text = body.split(b" ", 2)
    number, _, of = place.partition(b"/")
    return Line(int(change), int(number), int(of), text)


def is_torn(raw: bytes) -> bool:
    """Whether a kill cut this line short; one whose break alone is changed is damaged instead."""
    return not raw.endswith(b"\n") and read_line(raw[:-1]) is None


def files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX))
    except OSError:
        return []


def lines(path: Path) -> Iterator[tuple[int, bytes, Line | None]]:
    """Every line of a file: where it begins, its bytes without the break, and what it says.

    Raises:
        OSError: It cannot be read.
    """
    at = 0
    with path.open("rb") as file:
        for raw in file:
            whole = raw.endswith(b"\n")
            yield at, raw, read_line(raw[:-1]) if whole else None
            at += len(raw)


def newest(folder: Path) -> int:
    """The highest change that any file ends with; 0 if there is none. Reads only the ends."""
    return max((_last_change(path) for path in files(folder)), default=0)


def is_complete(folder: Path, change: int) -> bool:
    """Whether every change up to this one seems to be here; checksums are not computed."""
    counts: dict[bytes, int] = {}
    wanted: dict[bytes, int] = {}
    first, gaps = 1, list[tuple[int, int]]()
    try:
        for path in files(folder):
            with path.open("rb") as file:
                for raw in file:
                    if not raw.endswith(b"\n"):
                        return False
                    _, number, place, text = raw.split(b" ", 3)
                    counts[number] = counts.get(number, 0) + 1
                    wanted[number] = int(place.partition(b"/")[2])
                    if text.startswith(b'["copied"'):
                        gaps.append(tuple(json.loads(text)[1:]))
                    elif text.startswith(b'["snapshot"'):
                        first = max(first, int(number))
    except (ValueError, OSError):
        return False
    whole = [int(number) for number, count in counts.items() if count >= wanted[number]]
    covered = sorted([*((number, number) for number in whole), *gaps])
    return next(uncovered(covered, first, change), None) is None


def uncovered(
    covered: Iterable[tuple[int, int]], first: int, last: int
) -> Iterator[tuple[int, int]]:
    at = first
    for start, end in covered:
        if start > at:
            yield at, start - 1
        at = max(at, end + 1)
    if at <= last:
        yield at, last


def _last_change(path: Path) -> int:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            tail = file.read().split(b"\n")
    except OSError:
        return 0
    found = (line.change for raw in reversed(tail) if (line := read_line(raw)) is not None)
    return next(found, 0)


def _line(body: bytes) -> bytes:
    return b"%s %s\n" % (blake2b(body, digest_size=16).hexdigest().encode(), body)


def _append(file: int, data: bytes, length: int) -> None:
    """All of it, or (as far as the system lets us) none of it.

    Raises:
        OSError: It was not written.
    """
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(file, view) :]
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, length)
        raise
