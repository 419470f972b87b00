"""Whether a ledger is what was written, and whether it makes sense: rows, totals, and each state.

Reads a ledger and nothing else; what is beside it is looked at in `verify`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

from imagepipe.errors import StoreError
from imagepipe.model import State
from imagepipe.store.money import Money, money_of, purse_money
from imagepipe.store.reader import Reader
from imagepipe.store.rows import JobRow, opened, ticket_of

_TABLES = ("runs", "jobs", "requests", "attempts", "outputs", "purses")

_NEEDS: Mapping[State, tuple[str, ...]] = {
    State.PLANNED: (),
    State.BLOCKED: (),
    State.INTENT: ("run", "nonce"),
    State.SUBMITTED: ("ticket",),
    State.REMOTE_DONE: (),
    State.FETCHED: ("blob", "size"),
    State.COMMITTED: ("blob", "size", "media_type", "extension", "finished_at"),
    State.FAILED: ("fault",),
    State.AMBIGUOUS: ("fault",),
    State.LOST: ("fault",),
}
"""What a row of each state must have."""


def ledger_problems(reader: Reader) -> Iterator[str]:
    """Everything that is wrong with the ledger, one sentence each; nothing is changed."""
    for (problem,) in reader.fetch("PRAGMA integrity_check"):
        if problem != "ok":
            yield str(problem)
    damaged = [*_damaged_rows(reader)]
    yield from damaged
    if not damaged:
        yield from _wrong_totals(reader)
        yield from _senseless(reader)


def _damaged_rows(reader: Reader) -> Iterator[str]:
    for table in _TABLES:
        yield from _damaged(reader, table, f"SELECT * FROM {table}")  # noqa: S608 - from _TABLES
    yield from _damaged(reader, "notes", "SELECT key, at, run, kind, text, sum FROM notes")


def _damaged(reader: Reader, table: str, query: str) -> Iterator[str]:
    for row in reader.fetch(query):
        try:
            opened(table, row)
        except StoreError as error:
            yield str(error)


def _wrong_totals(reader: Reader) -> Iterator[str]:
    """Purses are redundant: the jobs and their earlier attempts must add up to them."""
    totals: dict[str, Money] = {}
    for table in ("jobs", "attempts"):
        for row in reader.fetch(f"SELECT * FROM {table}"):  # noqa: S608 - from the line above
            job = JobRow(*row[:-1])
            totals[job.purse] = totals.get(job.purse, Money()) + money_of(job)
    for row in reader.fetch("SELECT * FROM purses"):
        cells = opened("purses", row)
        if purse_money(cells) != totals.pop(cells[0], Money()):
            yield f"the totals of purse {cells[0]!r} do not add up"
    for purse, money in totals.items():
        if money != Money():
            yield f"the totals of purse {purse!r} are missing"


def _senseless(reader: Reader) -> Iterator[str]:
    """Rows that are as they were written, and should not have been."""
    for row in reader.fetch("SELECT * FROM jobs"):
        job = JobRow(*row[:-1])
        lacks = [name for name in _NEEDS[State(job.state)] if getattr(job, name) is None]
        if lacks:
            yield f"job {job.key[:12]} is {job.state} and has no {' and no '.join(lacks)}"
        if job.ticket is not None and not ticket_of(job.ticket):
            yield f"job {job.key[:12]} has a ticket without an id"
    for key, request in reader.fetch("SELECT key, canonical FROM requests"):
        if sha256(request.encode()).hexdigest() != key:  # it is kept in its canonical form
            yield f"the request kept for {key[:12]} has another key"
    for (key,) in reader.fetch(_LOOSE_ATTEMPTS):
        yield f"an earlier attempt is kept of a job that is not: {key!r}"


_LOOSE_ATTEMPTS = "SELECT DISTINCT key FROM attempts WHERE key NOT IN (SELECT key FROM jobs)"
