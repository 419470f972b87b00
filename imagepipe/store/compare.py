"""The ledger's rows against the chronicle's: what differs, by table and name. Changes nothing."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from imagepipe.store.replay import Name, Replay, row_name
from imagepipe.store.rows import Row

TABLES = ("runs", "jobs", "requests", "attempts", "outputs", "notes")
"""What is copied. Purses are sums over jobs and attempts."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not the same in both. `row` is the ledger's, with its seal; None: absent."""

    table: str
    name: Name
    row: Row | None

    def __str__(self) -> str:
        what = f"{self.table} row of {'/'.join(self.name)!r}"
        if self.row is None:
            return f"the ledger lacks the {what}, which the chronicle has"
        return f"the chronicle has no such {what} as the ledger"


def differences(database: sqlite3.Connection, replay: Replay[bytes]) -> Iterator[Difference]:
    """Every row that differs; `replay` is one that kept the seals."""
    for table in TABLES:
        if table == "notes":
            yield from _notes(database, replay)
        else:
            yield from _named(database, table, replay)


def all_rows(database: sqlite3.Connection, table: str) -> Iterator[Row]:
    """The rows of one of `TABLES`, with their seals; notes in the order they were made."""
    columns = "key, at, run, kind, text, sum" if table == "notes" else "*"
    order = " ORDER BY id" if table == "notes" else ""
    return iter(database.execute(f"SELECT {columns} FROM {table}{order}"))  # noqa: S608 - from TABLES


def _named(database: sqlite3.Connection, table: str, replay: Replay[bytes]) -> Iterator[Difference]:
    copied = dict(replay.table(table))
    for row in all_rows(database, table):
        name = row_name(table, row)
        _, seal = copied.pop(name, (None, b""))
        if seal != row[-1]:
            yield Difference(table, name, row)
    for name in copied:
        yield Difference(table, name, None)


def _notes(database: sqlite3.Connection, replay: Replay[bytes]) -> Iterator[Difference]:
    copied = Counter(seal for _, seal in replay.table("notes").values())
    for row in all_rows(database, "notes"):
        if copied[row[-1]]:
            copied[row[-1]] -= 1
        else:
            yield Difference("notes", (str(row[0]),), row)
    for count in copied.values():
        yield from [Difference("notes", ("a note",), None)] * count
