"""What only a person can settle: submits in doubt, and pictures that were paid for and are gone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from imagepipe.app.clock import utc_now
from imagepipe.app.keys import find_key
from imagepipe.app.project import Project
from imagepipe.model import Key, Record, State
from imagepipe.store import Ledger, Reader, probe, this_process

OPEN = (State.AMBIGUOUS, State.LOST)
REPEATABLE = (*OPEN, State.FAILED)


@dataclass(frozen=True, slots=True)
class PendingItem:
    """One key in doubt: where its picture belongs, since when, and what is known about it."""

    record: Record
    path: str
    spot: str
    since: str
    evidence: tuple[str, ...]
    reserved: Decimal | None


def pending(project: Project) -> list[PendingItem]:
    """What is in doubt or lost, oldest first; empty where there is no store.

    Raises:
        StoreError: the store cannot be read.
    """
    if not project.layout.ledger.exists():
        return []
    _settle_dead_runs(project)
    with Reader.open(project.layout, project.stamp) as reader:
        return [_item(reader, record) for record in reader.by_state(OPEN)]


def drop(project: Project, prefix: str) -> Record:
    """Give a key up: it counts as failed, and its money stays in doubt.

    Raises:
        InputError: not exactly one open key begins with `prefix`.
    """
    with _writable(project) as ledger:
        key = find_key(prefix, _keys(ledger, OPEN))
        ledger.drop(key, utc_now(), why="dropped by hand")
        return _record(ledger, key)


def resubmit(project: Project, prefix: str) -> Record:
    """Let the next run submit a key again, which may pay for it twice.

    Raises:
        InputError: not exactly one open or failed key begins with `prefix`.
    """
    with _writable(project) as ledger:
        key = find_key(prefix, _keys(ledger, REPEATABLE))
        ledger.resubmit(key, utc_now(), why="asked for by hand")
        return _record(ledger, key)


def _settle_dead_runs(project: Project) -> None:
    """Intents of runs that were killed are in doubt from now on."""
    with _writable(project):
        pass


def _writable(project: Project) -> Ledger:
    ledger = Ledger.open_or_create(project.layout, project.stamp, utc_now())
    if ledger.runs(unfinished=True):
        ledger.recover(utc_now(), probe(this_process()))
    return ledger


def _keys(ledger: Ledger, states: tuple[State, ...]) -> list[Key]:
    return [record.key for record in ledger.by_state(states)]


def _record(ledger: Ledger, key: Key) -> Record:
    record = ledger.record(key)
    if record is None:
        raise AssertionError("a key that was just written is there")
    return record


def _item(reader: Reader, record: Record) -> PendingItem:
    wanted = reader.wanted(record.key)
    notes = tuple(note.text for note in reader.notes(record.key))
    return PendingItem(
        record=record,
        path=wanted.path if wanted else "",
        spot=wanted.spot if wanted else "",
        since=record.updated_at or "",
        evidence=notes,
        reserved=record.cost,
    )
