"""Makes a ledger again: from its second copy, from what is left of it, and from the lock file.

What is replaced is kept aside. A cut at any moment leaves a store that is refused, and that can be
repaired again: the new chronicle is there before the new ledger.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from imagepipe.model import Key, State
from imagepipe.store import chronicle
from imagepipe.store.chronicle import SNAPSHOT
from imagepipe.store.compare import TABLES
from imagepipe.store.connection import NotForUs, fill, publish
from imagepipe.store.durable import sync_folder, temporary_name, write_new
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.liveness import Life
from imagepipe.store.merge import Merged, doubted, merge
from imagepipe.store.money import Money, money_of, purse_cells
from imagepipe.store.recovery import busy
from imagepipe.store.replay import Replay, texts
from imagepipe.store.rows import Cell, JobRow, Row, decimal_text, text_of
from imagepipe.store.runs import Probe, Run, life_of, run_of
from imagepipe.store.salvage import Salvage, salvage
from imagepipe.store.spool import Spool
from imagepipe.store.witness import Witness, read_witness, recall, remember, write_witness


@dataclass(frozen=True, slots=True)
class Suspect:
    """A request that may have been submitted in a change that is missing."""

    key: Key
    provider: str
    spot: str
    path: str
    price: Decimal | None

    def row(self, now: str) -> JobRow:
        """A row that was planned just now."""
        return JobRow(
            key=self.key,
            state=State.PLANNED.value,
            provider=self.provider,
            spot=self.spot,
            path=self.path,
            attempt=1,
            nonce=uuid4().hex,
            run=None,
            purse="",
            reserved=decimal_text(self.price),
            created_at=now,
            updated_at=now,
        )


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of the ledger. `whole`: no change was missing; `doubted`: keys now in doubt."""

    jobs: int
    whole: bool
    doubted: tuple[Key, ...]


def rebuild(
    layout: Layout,
    stamp: Stamp,
    me: Run,
    look: Probe,
    aside: Path,
    *,
    vouched: Sequence[JobRow],
    suspects: Callable[[], Iterable[Suspect]],
) -> Rebuilt:
    """Make the ledger again.

    Args:
        layout: The store.
        stamp: What it is for, if nothing in it tells.
        me: The maintenance that does this.
        look: Whether a run is alive.
        aside: A folder for what is replaced.
        vouched: Committed rows for what the lock file names and the store has a picture of.
        suspects: All requests of the manifest; asked only if changes are missing.

    Raises:
        StoreBusy: A run is at work, or may be.
        StoreError: The store is of the other stamp.
        OSError: It could not be written.
    """
    old = salvage(layout, me, look)
    copied = texts(layout.chronicle)
    witness = read_witness(layout.witness)
    store = _identity(copied, old, witness, stamp, me.started)
    if old.store is not None and old.store[0] != store[0]:
        old = Salvage()  # another store's ledger says nothing about this one
    told = witness.generation if witness else 0
    seen = max(told, old.generation, recall(layout, store[0]))
    merged = merge(copied, old, seen)
    _refuse_busy(merged, me, look)
    _complete(merged, Spool(layout.spool), vouched, suspects, me.started)
    change = max(seen, copied.top) + 1
    _replace(layout, (*store, change), merged, aside)
    write_witness(layout.witness, Witness(store[0], change))
    remember(layout, Witness(store[0], change))
    return Rebuilt(len(merged.jobs), merged.whole, tuple(map(Key, merged.doubted)))


def _identity(
    copied: Replay[bytes], old: Salvage, witness: Witness | None, stamp: Stamp, now: str
) -> tuple[str, str, str]:
    """The chronicle's word, or the witness's, or the ledger's."""
    named = max(copied.table("store").items(), key=lambda item: item[1][0], default=None)
    if named is not None:
        store = (named[0][0], named[0][1], named[0][2])
    elif old.store is not None and (witness is None or witness.store == old.store[0]):
        store = old.store
    else:
        store = (witness.store if witness else uuid4().hex, stamp.value, now)
    if store[1] in (Stamp.LIVE.value, Stamp.EMULATED.value) and store[1] != stamp:
        other = "add" if store[1] == Stamp.EMULATED else "leave out"
        raise NotForUs(f"this is a store of {store[1]} pictures", hint=f"{other} --emulate")
    return store


def _refuse_busy(merged: Merged, me: Run, look: Probe) -> None:
    merged.others["runs"] = [cells for cells in merged.others["runs"] if cells[0] != me.id]
    for cells in merged.others["runs"]:
        run = run_of(cells)
        if life_of(run, look) is not Life.DEAD:
            raise busy(run)


def _complete(
    merged: Merged,
    spool: Spool,
    vouched: Sequence[JobRow],
    suspects: Callable[[], Iterable[Suspect]],
    now: str,
) -> None:
    """Enter what is known from elsewhere; and, where changes are missing, all that may be."""
    for row in vouched:
        merged.jobs.setdefault(row.key, row)
    for key, attempt, _ in spool.replies():
        if key not in merged.jobs:
            who = Suspect(key, "unknown", "", "", None)
            _suspect(merged, who, now, attempt)
    if not merged.whole:
        for who in suspects():
            if who.key not in merged.jobs:
                _suspect(merged, who, now)


def _suspect(merged: Merged, who: Suspect, now: str, attempt: int = 1) -> None:
    merged.jobs[who.key] = doubted(who.row(now)._replace(attempt=attempt))
    merged.doubted.append(who.key)


def _replace(layout: Layout, store: Row, merged: Merged, aside: Path) -> None:
    """Chronicle, then ledger; what was there is moved aside."""
    layout.root.mkdir(parents=True, exist_ok=True)
    temporary = layout.root / temporary_name("repair")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        fill(temporary, store, [*_rows(merged), *_purses(merged)])
        older = chronicle.files(layout.chronicle)
        _snapshot(layout, store, merged)
        set_aside(older, aside)
        ledger = [layout.ledger.with_name(layout.ledger.name + end) for end in ("", "-wal", "-shm")]
        set_aside([path for path in ledger if path.exists()], aside)
        publish(temporary, layout.ledger)
    finally:
        temporary.unlink(missing_ok=True)


def set_aside(paths: Iterable[Path], aside: Path) -> None:
    """Move files into a folder of their own; one that is gone already is no failure."""
    for path in paths:
        aside.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            path.replace(aside / path.name)
        sync_folder(path.parent)


def _snapshot(layout: Layout, store: Row, merged: Merged) -> None:
    lines = [text_of(SNAPSHOT, ()), text_of("store", store[:-1])]
    lines += [text_of(table, cells) for table, cells in _rows(merged)]
    layout.chronicle.mkdir(mode=0o700, exist_ok=True)
    path = layout.chronicle / f"all.{uuid4().hex[:8]}{chronicle.SUFFIX}"
    write_new(path, chronicle.block(store[-1], lines), mode=0o600)
    sync_folder(layout.chronicle)


def _rows(merged: Merged) -> Iterator[tuple[str, Sequence[Cell]]]:
    for table in TABLES:
        rows = merged.jobs.values() if table == "jobs" else merged.others[table]
        yield from ((table, row) for row in rows)


def _purses(merged: Merged) -> Iterator[tuple[str, Sequence[Cell]]]:
    totals: dict[str, Money] = {}
    attempts = (JobRow(*cells) for cells in merged.others["attempts"])  # type: ignore[arg-type]  # cells of a sealed row
    for row in (*merged.jobs.values(), *attempts):
        totals[row.purse] = totals.get(row.purse, Money()) + money_of(row)
    for purse, money in totals.items():
        yield "purses", purse_cells(purse, money)
