"""Reads what can still be read of a damaged ledger. Believes a row only if its seal fits.

The file may be anything: cut off, foreign, with pages that are noise. Nothing here fails on that;
what cannot be read is simply not there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field

from imagepipe.errors import StoreBusy, StoreError
from imagepipe.store.compare import TABLES
from imagepipe.store.connection import connect
from imagepipe.store.layout import Layout
from imagepipe.store.liveness import Life
from imagepipe.store.recovery import busy
from imagepipe.store.replay import Name, row_name
from imagepipe.store.rows import Row, opened, sealed
from imagepipe.store.runs import Probe, Run, run_cells, run_of

_BROKEN = (sqlite3.Error, StoreError, OSError, ValueError, TypeError, IndexError, OverflowError)


@dataclass(slots=True)
class Salvage:
    """Intact rows by table and name, with their seals; notes by their order."""

    store: tuple[str, str, str] | None = None
    generation: int = 0
    rows: dict[str, dict[Name, Row]] = field(default_factory=lambda: {t: {} for t in TABLES})


def salvage(layout: Layout, me: Run, look: Probe) -> Salvage:
    """Enter `me` as maintenance, so that no run begins meanwhile; then read everything.

    Raises:
        StoreBusy: A run is at work, or may be.
    """
    found = Salvage()
    if not layout.ledger.exists():
        return found
    with suppress(*_BROKEN), closing(connect(layout.ledger, write=True)) as database:
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        refused = _enter(database, me, look)
        if refused is None:
            _read(database, found)
            return found
        raise _Refused(refused)
    return found


class _Refused(BaseException):
    """Carries a refusal past what forgives every failure of the file itself."""


def _enter(database: sqlite3.Connection, me: Run, look: Probe) -> StoreBusy | None:
    with suppress(*_BROKEN):
        database.execute("BEGIN IMMEDIATE")
        for row in database.execute("SELECT * FROM runs WHERE ended IS NULL").fetchall():
            other = run_of(opened("runs", row))
            if look(other) is not Life.DEAD:
                return busy(other)
        marks = ",".join("?" * (len(run_cells(me)) + 1))
        database.execute(f"INSERT INTO runs VALUES ({marks})", sealed("runs", run_cells(me)))  # noqa: S608 - question marks
        database.execute("COMMIT")
    return None


def _read(database: sqlite3.Connection, found: Salvage) -> None:
    with suppress(*_BROKEN):
        *store, generation = database.execute("SELECT * FROM store").fetchone()
        found.store, found.generation = (str(store[0]), str(store[1]), str(store[2])), generation
    for table in TABLES:
        kept = found.rows[table]
        for number, row in enumerate(_rows(database, table)):
            with suppress(*_BROKEN):
                cells = opened(table, row)
                name = (f"{number:012}",) if table == "notes" else row_name(table, cells)
                kept[name] = row


def _rows(database: sqlite3.Connection, table: str) -> Iterator[Row]:
    """From the front until a page is broken, and then from the back."""
    columns = "key, at, run, kind, text, sum" if table == "notes" else "*"
    name = {"notes": "id", "outputs": "root"}.get(table, "id" if table == "runs" else "key")
    for order in ("", f" ORDER BY {name} DESC"):
        try:
            yield from database.execute(f"SELECT {columns} FROM {table}{order}")  # noqa: S608 - from TABLES
        except sqlite3.Error:
            continue
        return
