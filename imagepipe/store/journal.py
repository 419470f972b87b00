"""The ledger's writing hand: durable transactions, compare-and-set, money settled with each row.

One writer thread uses it. `transact` carries out many small changes in one durable commit. While a
transaction is open nobody else can write, so what was read in it is not read again, and a purse is
settled once, at its end (docs/adr/0013). What a change means is said in the chapters built on this:
claims, progress, choices, runs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from threading import RLock, get_ident
from types import MappingProxyType
from typing import Self, TypeVar

from imagepipe.key import canonical_json
from imagepipe.model import Json, Key, Output, State
from imagepipe.store import rows
from imagepipe.store.chronicle import Chronicle
from imagepipe.store.layout import Layout
from imagepipe.store.money import NOTHING, Money, change, money_of, purse_cells
from imagepipe.store.reader import Note, Reader
from imagepipe.store.rows import Cell, JobRow, sealed
from imagepipe.store.runs import Run
from imagepipe.store.schema import JOB_COLUMNS
from imagepipe.store.states import Conflict, may_follow

T = TypeVar("T")
L = TypeVar("L")

DROPPED_OUTPUT = "-outputs"
"""The table, in the chronicle, of outputs that are recorded no more: root and path."""

_UNCHANGED: Mapping[str, Cell] = MappingProxyType({})
_CELLS = ",".join("?" * (len(JOB_COLUMNS) + 1))


class Journal(Reader):
    """The ledger, to be written."""

    def __init__(self, database: sqlite3.Connection, layout: Layout) -> None:
        super().__init__(database, layout.ledger)
        self._layout = layout
        self._turn = RLock()
        self._chronicle = Chronicle(layout.chronicle)
        self._seen: dict[str, tuple[JobRow, bytes] | None] = {}
        self._runs: dict[str, Run | None] = {}
        self._owed: dict[str, Money] = {}
        self._writer: int | None = None
        self._has_room = False

    def close(self) -> None:
        super().close()
        self._chronicle.close()

    def transact(self, operations: Sequence[Callable[[Self], T]]) -> list[T | Exception]:
        """Carry out operations in one commit; one that fails does not undo the others.

        Returns:
            For each operation what it returned, or the exception that it raised, once all the
            others are durable.

        Raises:
            StoreError: The commit failed: none of them happened.
        """
        if not self._db.in_transaction:
            with suppress(_FailedError), self.writing():
                return [_done(operation, self) for operation in operations]
        # One of them failed, and all were undone: once more, and this time each for itself.
        with self.writing():
            return [self._attempt(operation) for operation in operations]

    def writing(self) -> AbstractContextManager[None]:
        """One durable transaction, or a part of the one that this thread has open.

        Raises:
            StoreError: It could not be made durable, and did not happen.
        """
        if self._writer == get_ident() and self._db.in_transaction:
            return self._spoken
        return self._transaction()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._turn:
            if self._db.in_transaction:
                with self._spoken:
                    yield
                return
            with self._spoken:
                self._db.execute("BEGIN IMMEDIATE")
                self._writer = get_ident()
                try:
                    yield
                    self._settle()
                    number = self._count() if self._chronicle.mark else 0
                    self._db.execute("COMMIT")
                except BaseException:
                    self._chronicle.cut(0)
                    self._undo()
                    raise
                finally:
                    self._writer, self._has_room = None, False
                    self._forget()
                    self._owed.clear()
            if number:
                self._chronicle.commit(number)

    def row(self, key: Key, *states: State) -> JobRow:
        """The key's row, in one of these states (any, if none is named).

        Raises:
            Conflict: It is absent, or in another state.
        """
        row = self._job(key)
        if row is None or (states and row.state not in states):
            raise Conflict(key, State(row.state) if row else None, "changed")
        return row

    def move(
        self,
        key: Key,
        new: State,
        now: str,
        changes: Mapping[str, Cell] = _UNCHANGED,
        *,
        only: Collection[State],
        run: str | None = None,
    ) -> JobRow:
        """Bring a key from one of the states `only` into its next.

        The graph has edges that only a person may take, so every step says where it starts. `run`
        asks that this run holds the claim.

        Raises:
            Conflict: The state, the graph or another's claim forbids it.
        """
        with self.writing():
            old = self.row(key)
            state = State(old.state)
            allowed = state in only and may_follow(state, new)
            if not allowed or (run is not None and old.run != run):
                raise Conflict(key, state, new.value)
            row = rows.changed(old, {**changes, "state": new.value, "updated_at": now})
            self.put(old, row)
            return row

    def put(self, old: JobRow | None, new: JobRow) -> None:
        """Write a row where `old` was (None: nothing), and settle the purse.

        Raises:
            Conflict: Somebody else changed it first.
        """
        with self.writing():
            text = rows.text_of("jobs", new)
            seal = rows.seal_of(text)
            cells = (*new, seal)
            if old is None:
                self._db.execute(f"INSERT INTO jobs VALUES ({_CELLS})", cells)  # noqa: S608 - question marks only
            else:
                self._swap(old, new, seal)
            self._chronicle.add(text)
            self._seen[new.key] = new, seal
            self._owe(new.purse, change(old, new))

    def archive(self, row: JobRow) -> None:
        """Keep an attempt that is about to be repeated; its money stays where it is."""
        self._insert("attempts", row)
        self._owe(row.purse, money_of(row))

    def money(self, purse: str | None = None) -> Money:
        """The pots of one purse, or of the whole store, with what this transaction changed."""
        owed = self._owed.values() if purse is None else [self._owed.get(purse, Money())]
        return sum(owed, super().money(purse))

    def run(self, run: str) -> Run | None:
        if not self._db.in_transaction:
            return super().run(run)
        if run not in self._runs:
            self._runs[run] = super().run(run)
        return self._runs[run]

    def put_request(self, key: Key, canonical: Mapping[str, Json]) -> None:
        self._insert("requests", (key, canonical_json(dict(canonical))), "INSERT OR IGNORE")

    def put_output(self, root: str, output: Output) -> None:
        """Remember a file that a run wrote, or adopted."""
        cells = (
            root,
            output.path,
            output.spot,
            output.key,
            output.blob,
            output.digest,
            output.size,
            output.mtime_ns,
        )
        self._insert("outputs", cells, "INSERT OR REPLACE")

    def drop_output(self, root: str, path: str) -> None:
        with self.writing():
            self._db.execute("DELETE FROM outputs WHERE root = ? AND path = ?", (root, path))
            self._chronicle.add(rows.text_of(DROPPED_OUTPUT, (root, path)))

    def note(self, note: Note) -> None:
        cells = (note.key, note.at, note.run, note.kind, _storable(note.text))
        with self.writing():
            self._db.execute(
                "INSERT INTO notes (key, at, run, kind, text, sum) VALUES (?, ?, ?, ?, ?, ?)",
                sealed("notes", cells),
            )
            self._chronicle.add(rows.text_of("notes", cells))

    def _attempt(self, operation: Callable[[Self], T]) -> T | Exception:
        self._db.execute("SAVEPOINT operation")
        mark, owed = self._chronicle.mark, dict(self._owed)
        try:
            result = operation(self)
        except Exception as error:
            if not self._db.in_transaction:  # SQLite itself gave the whole transaction up
                raise
            self._db.execute("ROLLBACK TO operation")
            self._db.execute("RELEASE operation")
            self._chronicle.cut(mark)
            self._forget()
            self._owed = owed
            return error
        self._db.execute("RELEASE operation")
        return result

    def _count(self) -> int:
        """The number of this change: tells an older copy of the ledger, and puts lines in order."""
        self._db.execute("UPDATE store SET generation = generation + 1")
        *store, change = self._db.execute("SELECT * FROM store").fetchone()
        if self._chronicle.is_new:
            self._chronicle.add(rows.text_of("store", store))
        return int(change)

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _swap(self, old: JobRow, new: JobRow, seal: bytes) -> None:
        """Compare-and-set: the row is replaced only if it is still what was read.

        A column that stays is not set again: its index would be written anew for nothing.
        """
        seen = self._seen.get(old.key)  # a seal covers the state, too
        before = seen[1] if seen is not None and seen[0] is old else rows.job_cells(old)[-1]
        changes = [at for at, (one, two) in enumerate(zip(old, new, strict=True)) if one != two]
        cells = [new[at] for at in changes]
        query = _update(tuple(changes))
        if self._db.execute(query, (*cells, seal, old.key, before)).rowcount != 1:
            raise Conflict(Key(old.key), State(old.state), "changed")

    def _job(self, key: Key) -> JobRow | None:
        if not self._db.in_transaction:
            return super()._job(key)
        if key not in self._seen:
            found = self.fetch("SELECT * FROM jobs WHERE key = ?", (key,))
            self._seen[key] = (rows.job_row(found[0]), found[0][-1]) if found else None
        seen = self._seen[key]
        return seen[0] if seen is not None else None

    def _forget(self) -> None:
        """What was read is no longer known to be so."""
        self._seen.clear()
        self._runs.clear()

    def _owe(self, purse: str, owed: Money) -> None:
        if owed is not NOTHING:
            self._owed[purse] = self._owed.get(purse, NOTHING) + owed

    def _settle(self) -> None:
        """Enter into the purses what the changes of this transaction come to."""
        for purse, owed in self._owed.items():
            cells = purse_cells(purse, super().money(purse) + owed)
            query = "INSERT OR REPLACE INTO purses VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            self._db.execute(query, sealed("purses", cells))  # redundant: not in the chronicle

    def _insert(self, table: str, cells: Sequence[Cell], verb: str = "INSERT") -> None:
        marks = ",".join("?" * (len(cells) + 1))
        with self.writing():
            text = rows.text_of(table, cells)
            values = (*cells, rows.seal_of(text))
            if table == "runs":
                self._runs.clear()
            if self._db.execute(f"{verb} INTO {table} VALUES ({marks})", values).rowcount:
                self._chronicle.add(text)


@cache
def _update(changes: tuple[int, ...]) -> str:
    """To be given these cells of a row of jobs, its seal, its key, and the seal it had."""
    names = [*(JOB_COLUMNS[at] for at in changes), "sum"]
    return f"UPDATE jobs SET {', '.join(f'{name} = ?' for name in names)} WHERE key = ? AND sum = ?"  # noqa: S608 - column names of the schema


class _FailedError(Exception):
    """An operation raised, so that the whole transaction is undone."""


def _done(operation: Callable[[L], T], ledger: L) -> T:
    try:
        return operation(ledger)
    except Exception as error:
        raise _FailedError from error


def _storable(text: str) -> str:
    """Text that UTF-8 can hold: evidence may contain half a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")
