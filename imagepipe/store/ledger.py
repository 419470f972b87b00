"""The ledger of jobs: intents, tickets and receipts, each change a compare-and-set in SQLite.

Its chapters are files of their own: `reader` (what it says), `claims` (who may submit), `progress`
(a job's steps), `choices` (what a person decides), `recovery` (runs that come and go). It decides
nothing about providers or plans: it refuses what the state graph, another run's claim or a budget
forbids, and says who was first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from imagepipe.errors import StoreError
from imagepipe.store.choices import Choices
from imagepipe.store.claims import Claims
from imagepipe.store.connection import open_or_create
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.money import Money, money_of, purse_money
from imagepipe.store.progress import Progress
from imagepipe.store.recovery import Recovery
from imagepipe.store.rows import JobRow, opened

_TABLES = ("runs", "jobs", "requests", "attempts", "outputs", "purses")


class Ledger(Claims, Progress, Choices, Recovery):
    """A store's ledger, to be used from one writer thread."""

    @classmethod
    def open_or_create(cls, layout: Layout, stamp: Stamp, now: str) -> Self:
        """Open the store's ledger, or start a new store.

        Raises:
            StoreError: A ledger is there but cannot be used as it is, or is missing where one
                belongs. It is never replaced.
        """
        return cls(open_or_create(layout, stamp, now), layout)

    def verify(self) -> Iterator[str]:
        """Everything that is wrong with the ledger, one sentence each; nothing is changed."""
        for (problem,) in self._fetch("PRAGMA integrity_check"):
            if problem != "ok":
                yield str(problem)
        damaged = [*self._damaged_rows()]
        yield from damaged
        if not damaged:
            yield from self._wrong_totals()

    def _damaged_rows(self) -> Iterator[str]:
        for table in _TABLES:
            yield from self._damaged(table, f"SELECT * FROM {table}")  # noqa: S608 - from _TABLES
        yield from self._damaged("notes", "SELECT key, at, run, kind, text, sum FROM notes")

    def _damaged(self, table: str, query: str) -> Iterator[str]:
        for row in self._fetch(query):
            try:
                opened(table, row)
            except StoreError as error:
                yield str(error)

    def _wrong_totals(self) -> Iterator[str]:
        """Purses are redundant: the jobs and their earlier attempts must add up to them."""
        totals: dict[str, Money] = {}
        for table in ("jobs", "attempts"):
            for row in self._fetch(f"SELECT * FROM {table}"):  # noqa: S608 - from the line above
                job = JobRow(*opened(table, row))
                totals[job.purse] = totals.get(job.purse, Money()) + money_of(job)
        for row in self._fetch("SELECT * FROM purses"):
            cells = opened("purses", row)
            if purse_money(cells) != totals.pop(cells[0], Money()):
                yield f"the totals of purse {cells[0]!r} do not add up"
        for purse, money in totals.items():
            if money != Money():
                yield f"the totals of purse {purse!r} are missing"
