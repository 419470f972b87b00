"""What may go from a store: pictures that nobody names, what dead runs left, replies that served.

Finding and removing are two steps, so that a dry run tells exactly what a real one would do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imagepipe.model import Digest, Key, State
from imagepipe.store import chronicle
from imagepipe.store.blobs import Blobs
from imagepipe.store.durable import owner_of
from imagepipe.store.layout import Layout
from imagepipe.store.ledger import Ledger
from imagepipe.store.liveness import Life
from imagepipe.store.reader import Reader
from imagepipe.store.runs import Probe, life_of
from imagepipe.store.spool import Spool
from imagepipe.store.states import IN_FLIGHT

GRACE = 24 * 3600
"""Seconds for which a picture that nobody names is kept: it may be about to be recorded."""

UNSETTLED = IN_FLIGHT | {State.INTENT, State.AMBIGUOUS, State.LOST}
"""While there is such a job, a picture without a name may be the one that it was paid for."""

SETTLED = frozenset({State.COMMITTED, State.FAILED})
"""A kept reply to such a job has told what it had to tell."""


@dataclass(frozen=True, slots=True)
class Waste:
    """A file that may go. `bytes` is what it takes."""

    path: Path
    kind: Literal["picture", "temporary", "reply"]
    bytes: int


def waste(
    reader: Reader, layout: Layout, named: Collection[str], look: Probe, now: float
) -> Iterator[Waste]:
    """What may go.

    Args:
        reader: The ledger.
        layout: The store.
        named: Digests that a lock file names.
        look: Whether a run is alive.
        now: Seconds since the epoch, as files count them.
    """
    yield from _pictures(reader, Blobs(layout.blobs), named, now)
    is_over = _over(reader, look)
    for folder in (layout.root, layout.blobs, layout.spool, layout.chronicle):
        yield from _temporaries(folder, is_over, now)
    for key, _, path in Spool(layout.spool).replies():
        record = reader.record(Key(key))
        if record is not None and record.state in SETTLED:
            yield Waste(path, "reply", path.stat().st_size)


def compact(ledger: Ledger, layout: Layout) -> int:
    """Bring the chronicle's files into one; says how many bytes that saved."""
    before = size_of(chronicle.files(layout.chronicle))
    for path in ledger.rewrite_chronicle():
        path.unlink(missing_ok=True)
    return before - size_of(chronicle.files(layout.chronicle))


def size_of(paths: Collection[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _pictures(reader: Reader, blobs: Blobs, named: Collection[str], now: float) -> Iterator[Waste]:
    if UNSETTLED & reader.counts().keys():
        return
    known = reader.pictures()
    for digest in blobs:
        if digest in known or digest in named:
            continue
        path = blobs.path(Digest(digest))
        found = path.stat()
        if now - found.st_mtime > GRACE:
            yield Waste(path, "picture", found.st_size)


def _over(reader: Reader, look: Probe) -> Callable[[str], bool | None]:
    def over(run: str) -> bool | None:
        found = reader.run(run)
        if found is None:
            return None
        return life_of(found, look) is Life.DEAD

    return over


def _temporaries(
    folder: Path, is_over: Callable[[str], bool | None], now: float
) -> Iterator[Waste]:
    """Of runs that are over; and old ones of what was no run."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        run = owner_of(path.name)
        if run is None or not path.is_file():
            continue
        found, over = path.stat(), is_over(run)
        if over or (over is None and now - found.st_mtime > GRACE):
            yield Waste(path, "temporary", found.st_size)
