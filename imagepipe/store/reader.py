"""What the ledger says. Only reads, so that planning can use it beside a run that writes.

Every row is checked against its seal before it is believed; a damaged one is a `StoreError` that
names the key.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Self

from imagepipe.model import Digest, Json, Key, Output, Receipt, Record, State
from imagepipe.store import rows
from imagepipe.store.connection import Spoken, open_checked
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.money import Money, Sum, purse_money
from imagepipe.store.rows import JobRow, Row, opened
from imagepipe.store.runs import Run, run_of

BATCH = 500
"""Keys per query; SQLite takes 999 parameters everywhere."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a key's picture was last wanted: the job's spot, and its path without extension.

    `price` is the USD that its latest attempt may cost or has cost, None if nobody knows.
    """

    spot: str
    path: str
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A key's latest submit: its number, its nonce, and the earliest time it may have left."""

    number: int
    nonce: str
    since: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something recorded about a key: evidence of a doubt, or what a person decided."""

    key: Key
    at: str
    run: str | None
    kind: str
    text: str


class Reader:
    """The ledger, to be read. Calls on one reader must not overlap."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._db = database
        self._path = path
        self._spoken = Spoken(path)

    @classmethod
    def open(cls, layout: Layout, stamp: Stamp) -> Self:
        """Open an existing ledger read-only.

        Raises:
            StoreError: It is not there, or not usable as it is.
        """
        return cls(open_checked(layout, stamp, write=False), layout.ledger)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def record(self, key: Key) -> Record | None:
        row = self._job(key)
        return rows.record(row) if row else None

    def records(self, keys: Sequence[Key]) -> dict[Key, Record]:
        """What is known about each of these keys; a key that is absent is new."""
        return {Key(row.key): rows.record(row) for row in self._jobs_of(keys)}

    def by_state(self, states: Iterable[State]) -> list[Record]:
        """All jobs in these states, oldest first."""
        return [rows.record(row) for row in self._jobs_in(states)]

    def wanted(self, key: Key) -> Wanted | None:
        row = self._job(key)
        if row is None:
            return None
        price = row.cost if row.cost is not None else row.reserved
        return Wanted(row.spot, row.path, rows.decimal_of(price))

    def latest_attempt(self, key: Key) -> Attempt | None:
        """The latest attempt, with a time that is never later than when it was claimed."""
        row = self._job(key)
        if row is None:
            return None
        before = [record.updated_at or "" for record in self.history(key)]
        return Attempt(row.attempt, row.nonce, max([row.created_at, *before]))

    def holders(self, ticket: str) -> set[tuple[Key, int]]:
        """The keys, with the number of the attempt, whose ticket has this id."""
        found: set[tuple[Key, int]] = set()
        for table in ("jobs", "attempts"):
            query = f"SELECT * FROM {table} WHERE json_extract(ticket, '$.id') = ?"  # noqa: S608 - from the line above
            rows_ = (JobRow(*opened(table, row)) for row in self.fetch(query, (ticket,)))
            found |= {(Key(row.key), row.attempt) for row in rows_}
        return found

    def history(self, key: Key) -> list[Record]:
        """Earlier attempts of a key, oldest first."""
        found = self.fetch("SELECT * FROM attempts WHERE key = ? ORDER BY attempt", (key,))
        return [rows.record(JobRow(*opened("attempts", row))) for row in found]

    def with_history(self, record: Record) -> Record:
        """The record, with what became of the key's earlier attempts."""
        if record.attempt == 1 and record.state is not State.PLANNED:
            return record
        past = self.history(record.key)
        unbilled = sum(_is_unbilled(one) for one in past)
        risked = sum(one.state in (State.AMBIGUOUS, State.LOST) for one in past)
        return replace(record, unbilled=unbilled, risked=risked)

    def counts(self) -> dict[State, int]:
        found = self.fetch("SELECT state, count(*) FROM jobs GROUP BY state")
        return {State(state): count for state, count in found}

    def canonical(self, key: Key) -> Mapping[str, Json] | None:
        """The canonical request behind a key, as it was when the key was first claimed."""
        return self.canonicals([key]).get(key)

    def canonicals(self, keys: Sequence[Key]) -> dict[Key, Mapping[str, Json]]:
        """Those of several keys; one that is absent was never claimed."""
        found = self._in_batches("SELECT * FROM requests WHERE key IN", keys)
        cells = (opened("requests", row) for row in found)
        return {Key(key): json.loads(text) for key, text in cells}

    def receipt(self, key: Key) -> Receipt | None:
        row = self._job(key)
        return rows.receipt(row, self.canonical(key) or {}) if row else None

    def made_for(self, spots: Sequence[str]) -> list[tuple[str, Output]]:
        """The recorded files of these spots, each with its root."""
        found = self._in_batches("SELECT * FROM outputs WHERE spot IN", spots)
        return [(row[0], rows.output(opened("outputs", row))) for row in found]

    def latest(
        self, spots: Sequence[str], made: Sequence[tuple[str, Output]] | None = None
    ) -> dict[str, Key]:
        """For each of these spots, the key of the picture that is there, or was last asked for.

        `made` is what `made_for` says of them, if that was asked already.
        """
        there = self.made_for(spots) if made is None else made
        found = {output.spot: output.key for _, output in there}
        asked: dict[str, tuple[str, Key]] = {}
        others = [spot for spot in spots if spot not in found]
        for row in self._in_batches("SELECT * FROM jobs WHERE spot IN", others):
            job = rows.job_row(row)
            rank = (job.updated_at, Key(job.key))
            asked[job.spot] = max(asked.get(job.spot, rank), rank)
        return {**{spot: key for spot, (_, key) in asked.items()}, **found}

    def outputs(self, root: str) -> Iterator[Output]:
        """All files that runs wrote under this root, by path."""
        with self._spoken:
            cursor = self._db.execute("SELECT * FROM outputs WHERE root = ? ORDER BY path", (root,))
            for row in cursor:
                yield rows.output(opened("outputs", row))

    def output_paths(self, root: str) -> Iterator[str]:
        """Where runs wrote files under this root, in order. Only names, which no seal covers."""
        with self._spoken:
            query = "SELECT path FROM outputs WHERE root = ? ORDER BY path"
            for (path,) in self._db.execute(query, (root,)):
                yield path

    def number_of_outputs(self, root: str) -> int:
        """How many files are recorded under this root."""
        return int(self.fetch("SELECT count(*) FROM outputs WHERE root = ?", (root,))[0][0])

    def doubles(self, root: str) -> list[str]:
        """The recorded files of jobs that have more than one, under this root."""
        query = (
            "SELECT path FROM outputs WHERE root = ? AND spot IN "
            "(SELECT spot FROM outputs GROUP BY spot HAVING count(*) > 1)"
        )
        return [path for (path,) in self.fetch(query, (root,))]

    def runs_of(self, keys: Sequence[Key]) -> dict[Key, str]:
        """For each of these keys, the run that submitted it last; absent where none is known."""
        return {Key(row.key): row.run for row in self._jobs_of(keys) if row.run is not None}

    def outputs_at(self, root: str, paths: Sequence[str]) -> dict[str, Output]:
        """The recorded files at these paths under a root."""
        found = self._in_batches("SELECT * FROM outputs WHERE root = ? AND path IN", paths, (root,))
        return {one.path: one for one in (rows.output(opened("outputs", row)) for row in found)}

    def output(self, root: str, path: str) -> Output | None:
        found = self.fetch("SELECT * FROM outputs WHERE root = ? AND path = ?", (root, path))
        return rows.output(opened("outputs", found[0])) if found else None

    def has_picture(self, blob: Digest) -> bool:
        """Whether a picture of these bytes is entered: as a job's, or as an output."""
        return bool(self.fetch(f"SELECT 1 FROM ({_PICTURES}) WHERE blob = ? LIMIT 1", (blob,)))  # noqa: S608 - from below

    def pictures(self) -> frozenset[Digest]:
        """All pictures that are entered."""
        return frozenset(Digest(blob) for (blob,) in self.fetch(_PICTURES))

    def notes(self, key: Key | None = None) -> list[Note]:
        """What was recorded about a key (or all keys), in the order it happened."""
        query = "SELECT key, at, run, kind, text, sum FROM notes"
        where = " WHERE key = ?" if key else ""
        found = self.fetch(f"{query}{where} ORDER BY id", (key,) if key else ())
        return [Note(*opened("notes", row)) for row in found]

    def runs(self, *, unfinished: bool = False) -> list[Run]:
        where = " WHERE ended IS NULL" if unfinished else ""
        found = self.fetch(f"SELECT * FROM runs{where} ORDER BY started, id")  # noqa: S608 - from the line above
        return [run_of(opened("runs", row)) for row in found]

    def run(self, run: str) -> Run | None:
        found = self.fetch("SELECT * FROM runs WHERE id = ?", (run,))
        return run_of(opened("runs", found[0])) if found else None

    def money(self, purse: str | None = None) -> Money:
        """The pots of one purse, or of the whole store."""
        where, names = (" WHERE purse = ?", (purse,)) if purse is not None else ("", ())
        found = self.fetch(f"SELECT * FROM purses{where}", names)  # noqa: S608 - from the line above
        return sum((purse_money(opened("purses", row)) for row in found), Money())

    def spent(self) -> Sum:
        return self.money().spent

    def reserved(self) -> Sum:
        return self.money().reserved

    def in_doubt(self) -> Sum:
        return self.money().in_doubt

    def _job(self, key: Key) -> JobRow | None:
        found = self.fetch("SELECT * FROM jobs WHERE key = ?", (key,))
        return rows.job_row(found[0]) if found else None

    def _jobs_of(self, keys: Sequence[Key]) -> Iterator[JobRow]:
        return map(rows.job_row, self._in_batches("SELECT * FROM jobs WHERE key IN", keys))

    def _jobs_in(self, states: Iterable[State]) -> Iterator[JobRow]:
        names = [state.value for state in states]
        marks = ",".join("?" * len(names))
        query = f"SELECT * FROM jobs WHERE state IN ({marks}) ORDER BY created_at, key"  # noqa: S608 - question marks only
        return map(rows.job_row, self.fetch(query, names))

    def _in_batches(
        self, query: str, values: Sequence[str], first: tuple[str, ...] = ()
    ) -> Iterator[Row]:
        for start in range(0, len(values), BATCH):
            batch = values[start : start + BATCH]
            yield from self.fetch(f"{query} ({','.join('?' * len(batch))})", (*first, *batch))

    @property
    def database(self) -> sqlite3.Connection:
        return self._db

    @property
    def path(self) -> Path:
        return self._path

    def version(self) -> tuple[str, ...]:
        """Which ledger this is, and in which state: equal ones have equal rows."""
        (store, generation) = self.fetch("SELECT id, generation FROM store")[0]
        found = self._path.stat()
        return str(store), str(generation), f"{found.st_dev}:{found.st_ino}"

    @property
    def change(self) -> int:
        """How many changes were made to this ledger."""
        return int(self.fetch("SELECT generation FROM store")[0][0])

    def fetch(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        with self._spoken:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.OperationalError as error:
                if "decode" not in str(error).lower():
                    raise
                # Damaged text: read it all the same, so that the seal can name the row.
                self._db.text_factory = lambda raw: raw.decode("utf-8", "replace")
                return self._db.execute(query, values).fetchall()


_PICTURES = " UNION ".join(
    f"SELECT blob FROM {table} WHERE blob NOT NULL"  # noqa: S608 - from the line below
    for table in ("jobs", "attempts", "outputs")
)


def _is_unbilled(record: Record) -> bool:
    fault = record.fault
    return record.state is State.FAILED and fault is not None and fault.billed is False
