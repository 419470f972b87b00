"""Merges entries into a lock file line by line: it takes no more memory for a longer one.

That needs both in order of their paths, as this program writes them. A file that Git merged as a
union may not be, and is then read as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from imagepipe.store.confine import refuse_links
from imagepipe.store.durable import sync_folder, temporary_name
from imagepipe.store.lock import Entry, entry_of, line_of, read_lock, write_lock


def update_lock(path: Path, entries: Iterable[Entry], run: str) -> bool:
    """Merge entries into the file as it is now: another run may have written it meanwhile.

    Two processes that do this at once would lose one's entries: call it inside `ledger.writing()`,
    which lets one at a time. `entries` are asked for again if they, or the file's, are in no order.

    Raises:
        InputError: The file as it is now cannot be read.
        Outside: It is a link.
        OSError: It could not be written; the old one is as it was.
    """
    temporary = path.with_name(temporary_name(run))
    try:
        written = _write(temporary, _merged(_standing(path), _in_order(entries)))
        if _equal(path, temporary) or not (written or path.exists()):
            return False
        refuse_links((path,))
        temporary.replace(path)
    except _NoOrderError:
        return write_lock(path, read_lock(path).merged(entries), run)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


class _NoOrderError(Exception):
    """Paths do not come one after the other, or a line is no entry."""


def _standing(path: Path) -> Iterator[Entry]:
    """What the file has; a line that cannot be read is for whoever reads the whole."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        lines = (raw.decode("utf-8", "replace") for raw in file)
        yield from _in_order(_known(entry_of(line)) for line in lines if line.strip())


def _known(entry: Entry | str) -> Entry:
    if isinstance(entry, str):
        raise _NoOrderError
    return entry


def _in_order(entries: Iterable[Entry]) -> Iterator[Entry]:
    last = ""
    for entry in entries:
        if entry.path <= last:
            raise _NoOrderError
        last = entry.path
        yield entry


def _merged(old: Iterator[Entry], new: Iterator[Entry]) -> Iterator[Entry]:
    """Both, with the new one where they have the same path."""
    before = next(old, None)
    for entry in new:
        while before is not None and before.path < entry.path:
            yield before
            before = next(old, None)
        if before is not None and before.path == entry.path:
            before = next(old, None)
        yield entry
    if before is not None:
        yield before
        yield from old


def _write(temporary: Path, entries: Iterator[Entry]) -> int:
    """How many lines were written, durably."""
    number = 0
    with temporary.open("xb") as file:
        for entry in entries:
            file.write(f"{line_of(entry)}\n".encode())
            number += 1
        file.flush()
        os.fsync(file.fileno())
    return number


def _equal(path: Path, temporary: Path) -> bool:
    """Whether nothing would change; Git checks a lock out with other line ends on Windows."""
    try:
        old = path.open("rb")
    except FileNotFoundError:
        return False
    with old, temporary.open("rb") as new:
        pairs = zip_longest(old, new)
        return all(one is not None and one.replace(b"\r\n", b"\n") == two for one, two in pairs)
