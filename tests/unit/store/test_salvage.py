"""What can still be read of a damaged ledger: every row that is what was written, and no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from imagepipe.errors import StoreBusy
from imagepipe.model import Output
from imagepipe.store.compare import TABLES, all_rows
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.liveness import Life
from imagepipe.store.reader import Note, Reader
from imagepipe.store.replay import row_name
from imagepipe.store.runs import Run
from imagepipe.store.salvage import Salvage, salvage
from tests.unit.store.makers import (
    NOW,
    claim,
    digest,
    key,
    open_ledger,
    run,
)
from tests.unit.store.mending import ME, dead, lived, stored


def test_of_a_ledger_that_is_not_there_nothing_is_left(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "none")
    assert salvage(layout, ME, dead) == Salvage()
    assert Salvage().generation == 0
    assert not layout.root.exists()


def test_of_a_sound_ledger_everything_is_left(tmp_path: Path) -> None:
    """By table and name, with the seals; the notes in their order."""
    layout = lived(tmp_path)
    before = stored(layout)
    found = salvage(layout, ME, dead)
    for table in TABLES:
        kept = [row for row in found.rows[table].values() if row[0] != "care"]
        assert sorted(kept, key=repr) == before[table]
    assert found.rows["jobs"].keys() == {(key(name),) for name in ("mug", "cup", "bag")}
    assert found.rows["attempts"].keys() == {(key("bag"), "1")}
    assert [*found.rows["notes"]] == [(f"{number:012}",) for number in range(3)]
    with Reader.open(layout, Stamp.LIVE) as reader:
        assert (found.store, found.generation) == (
            reader.fetch("SELECT id, stamp, created_at FROM store")[0],
            reader.change,
        )


def test_who_salvages_is_in_the_ledger_so_that_no_run_begins(tmp_path: Path) -> None:
    layout = lived(tmp_path)
    salvage(layout, ME, dead)
    with Ledger.open_or_create(layout, Stamp.LIVE, NOW) as ledger:
        assert ledger.run("care") == ME
        with pytest.raises(StoreBusy, match="maintenance care"):
            ledger.start_run(run("r2"), lambda _: Life.ALIVE)


@pytest.mark.parametrize("life", [Life.ALIVE, Life.UNPROVABLE])
def test_nothing_is_salvaged_under_a_run_that_may_live(tmp_path: Path, life: Life) -> None:
    with open_ledger(tmp_path, replace(run("r1"), ended=None)) as ledger:
        claim(ledger, "mug")
        with pytest.raises(BaseException, match="in use by run r1"):
            salvage(Layout(tmp_path), ME, lambda _: life)
        assert ledger.run("care") is None
        assert not ledger.database.in_transaction


def test_who_looks_for_runs_lets_none_begin_meanwhile(tmp_path: Path) -> None:
    locked: list[bool] = []
    with open_ledger(tmp_path, run("r1")):
        layout = Layout(tmp_path)

    def look(_: Run) -> Life:
        with closing(sqlite3.connect(layout.ledger, timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                locked.append(True)
        return Life.DEAD

    salvage(layout, ME, look)
    assert locked == [True]


def test_a_row_that_is_not_what_was_written_is_left_out(tmp_path: Path) -> None:
    """Of its table, the others are kept."""
    layout = lived(tmp_path)
    with closing(sqlite3.connect(layout.ledger, isolation_level=None)) as database:
        database.execute("UPDATE jobs SET cost = '9' WHERE key = ?", (key("mug"),))
        database.execute("UPDATE requests SET sum = x'00' WHERE key = ?", (key("cup"),))
        database.execute("UPDATE notes SET text = CAST(x'ff' AS TEXT) WHERE id = 1")
        database.execute("UPDATE store SET generation = 'many'")
    found = salvage(layout, ME, dead)
    assert found.rows["jobs"].keys() == {(key("cup"),), (key("bag"),)}
    assert found.rows["requests"].keys() == {(key("mug"),), (key("bag"),)}
    assert found.rows["notes"].keys() == {("000000000001",), ("000000000002",)}
    assert found.rows["outputs"].keys() == {("images", "a")}


def test_a_table_that_is_gone_takes_no_other_with_it(tmp_path: Path) -> None:
    layout = lived(tmp_path)
    with closing(sqlite3.connect(layout.ledger, isolation_level=None)) as database:
        for table in ("store", "runs", "jobs"):
            database.execute(f"DROP TABLE {table}")
    found = salvage(layout, ME, dead)
    assert (found.store, found.rows["runs"], found.rows["jobs"]) == (None, {}, {})
    assert len(found.rows["requests"]) == 3


@pytest.mark.parametrize(
    "content", [b"", b"no database" * 99, b"SQLite format 3\x00" + b"\xff" * 99]
)
def test_of_noise_nothing_is_left(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(content)
    assert salvage(Layout(tmp_path), ME, dead) == Salvage()


@pytest.mark.parametrize("table", ["jobs", "notes", "outputs", "runs"])
def test_around_a_broken_page_everything_is_read(tmp_path: Path, table: str) -> None:
    """From the front until there, and from the back until there."""
    layout = Layout(tmp_path)
    names = sorted((f"n{number}" for number in range(120)), key=key)
    with open_ledger(tmp_path, run("r1")) as ledger:
        ledger.transact([lambda one, name=name: _rows_for(one, name) for name in names])  # type: ignore[misc]
        ledger.end_run("r1", NOW)
    with closing(sqlite3.connect(layout.ledger, isolation_level=None)) as database:
        database.execute("VACUUM")
        whole = [
            row_name(table, row) if table != "notes" else row[:1]
            for row in all_rows(database, table)
        ]
    _break_a_page(layout.ledger, table)
    found = salvage(layout, ME, dead).rows[table]
    kept = {name if table != "notes" else row[:1] for name, row in found.items()}
    assert {whole[0], whole[-1]} <= kept
    assert len(kept - {("care",)}) < len(whole)


def _rows_for(ledger: Ledger, name: str) -> None:
    claim(ledger, name)
    ledger.note(Note(key(name), NOW, "r1", "evidence", "x" * 90))
    blob = digest(name.encode())
    ledger.put_output(f"images {name}", Output(name, "s", key(name), blob, blob, 1, 1))
    ledger.start_run(replace(run(name), ended=NOW), dead)


def _break_a_page(path: Path, table: str) -> None:
    """One of the leaves in the middle of a table's tree."""
    with closing(sqlite3.connect(path)) as database:
        size = database.execute("PRAGMA page_size").fetchone()[0]
        root = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()[0]
    data = bytearray(path.read_bytes())
    start = (root - 1) * size
    cells = int.from_bytes(data[start + 3 : start + 5], "big")
    assert data[start] in (2, 5)  # an inner page
    middle = start + 12 + 2 * (cells // 2)
    cell = start + int.from_bytes(data[middle : middle + 2], "big")
    child = int.from_bytes(data[cell : cell + 4], "big")
    data[(child - 1) * size] = 0xFF
    path.write_bytes(data)
