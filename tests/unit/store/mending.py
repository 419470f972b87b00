"""A store with rows in every table, for the tests of what mends one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from imagepipe.model import Fault, FaultKind, Output
from imagepipe.store.compare import TABLES, all_rows
from imagepipe.store.layout import Layout
from imagepipe.store.liveness import Life, this_process
from imagepipe.store.rows import Cell, JobRow, fault_text
from imagepipe.store.runs import Run
from tests.unit.store.makers import (
    LATER,
    NOW,
    UNCERTAIN,
    claim,
    commit,
    digest,
    key,
    open_ledger,
    run,
)

ME = Run("care", this_process(), LATER, role="maintenance")
DOUBT = fault_text(
    Fault(
        FaultKind.UNCERTAIN,
        "the ledger was rebuilt, and changes are missing: it may have been submitted since",
    )
)
"""What a rebuilt row says that may have been submitted in a change that is missing."""


def dead(_: Run) -> Life:
    return Life.DEAD


def lived(folder: Path) -> Layout:
    """A store with rows in every table; its run is over."""
    with open_ledger(folder, run("r1")) as ledger:
        commit(ledger, "mug")
        ledger.put_output("images", Output("a", "s", key("mug"), digest(b"x"), digest(b"x"), 1, 1))
        for name in ("cup", "bag"):
            claim(ledger, name)
            ledger.ambiguous(key(name), UNCERTAIN, NOW, evidence=name)
        ledger.resubmit(key("bag"), LATER, why="asked")
        ledger.end_run("r1", LATER)
    return Layout(folder)


def stored(layout: Layout) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(layout.ledger)) as database:
        return {table: sorted(all_rows(database, table), key=repr) for table in TABLES}


def row(name: str = "mug", state: str = "planned", **cells: Cell) -> JobRow:
    found = JobRow(key(name), state, "p", "s", "x", 1, "n", "r", "b", "1", updated_at="t5")
    return found._replace(**cells)  # type: ignore[arg-type]  # columns by name
