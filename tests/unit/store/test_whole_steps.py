"""A step happens whole or not at all, and what it reads cannot change before it writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.model import Key
from imagepipe.store.claims import Claimed
from imagepipe.store.journal import Journal
from imagepipe.store.ledger import Ledger
from imagepipe.store.money import Limit, Money
from imagepipe.store.rows import JobRow
from tests.unit.store.makers import (
    CENT,
    LATER,
    NOW,
    REFUSED,
    claim,
    job,
    key,
    open_ledger,
    receipt,
    run,
)
from tests.unit.store.steps import MUG, NOTES, STEPS, TICKET, claimed, fetched, submitted


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path, run("r1"), run("r2", purse="other")) as opened:
        yield opened
        assert [*opened.verify()] == []


@contextmanager
def refusing(ledger: Ledger, table: str, change: str = "INSERT", when: str = "1") -> Iterator[None]:
    """While this lasts, the database refuses to write to a table, as a full disk might."""
    ledger.database.execute(
        f"CREATE TEMP TRIGGER refuse BEFORE {change} ON main.{table} WHEN {when} "
        "BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="on purpose"):
        yield
    ledger.database.execute("DROP TRIGGER temp.refuse")


def everything(ledger: Ledger) -> tuple[object, ...]:
    tables = ("store", "jobs", "attempts", "requests", "notes", "purses", "outputs", "runs")
    return tuple(tuple(ledger.fetch(f"SELECT * FROM {table}")) for table in tables)  # noqa: S608


@pytest.mark.parametrize("name", NOTES)
def test_a_step_and_its_note_are_one(ledger: Ledger, name: str) -> None:
    before, step, _ = NOTES[name]
    before(ledger)
    old = everything(ledger)
    with refusing(ledger, "notes"):
        step(ledger)
    assert everything(ledger) == old


def test_an_intent_its_request_and_its_money_are_one(ledger: Ledger) -> None:
    """Whichever of them cannot be written, the others are not there either."""
    old = everything(ledger)
    for table in ("requests", "jobs", "purses"):
        with refusing(ledger, table):
            claimed(ledger)
        assert everything(ledger) == old


def test_a_repetition_and_the_attempt_that_it_keeps_are_one(ledger: Ledger) -> None:
    submitted(ledger)
    ledger.fail(MUG, REFUSED, NOW)
    old = everything(ledger)
    with refusing(ledger, "jobs", "UPDATE"):
        claimed(ledger, "r2", LATER)
    assert everything(ledger) == old


def test_a_ticket_of_the_lock_file_and_its_request_are_one(ledger: Ledger) -> None:
    wanted, old = job("mug"), everything(ledger)
    with refusing(ledger, "requests"):
        ledger.admit(wanted.candidates[0], wanted, "r1", TICKET, NOW)
    assert everything(ledger) == old


def test_a_picture_is_fetched_and_committed_in_one(ledger: Ledger) -> None:
    submitted(ledger)
    old = everything(ledger)
    with refusing(ledger, "jobs", "UPDATE", "NEW.state = 'committed'"):
        ledger.commit(receipt("mug"), LATER)
    assert everything(ledger) == old


def test_a_row_and_its_purse_are_one(ledger: Ledger) -> None:
    fetched(ledger)
    old = everything(ledger)
    with refusing(ledger, "purses"):
        ledger.commit(receipt("mug"), LATER)
    assert everything(ledger) == old


@pytest.mark.parametrize("name", STEPS)
def test_what_a_step_read_nobody_changes_before_it_writes(
    ledger: Ledger, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that tries to write between the two has to wait."""
    before, step, _ = STEPS[name]
    before(ledger)
    kept_out: list[bool] = []
    with closing(_other(tmp_path)) as other:

        def job_of(self: Ledger, key: Key) -> JobRow | None:
            kept_out.append(_is_locked(other))
            return real(self, key)

        real = Journal._job
        monkeypatch.setattr(Ledger, "_job", job_of)
        step(ledger)
    assert kept_out[-1]


@pytest.mark.parametrize("step", ["claim", "admit", "resubmit"])
def test_who_may_submit_is_decided_alone(
    ledger: Ledger, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key that is free, and the money that is left, are so until they are taken."""
    kept_out: list[bool] = []
    wanted = job("mug")
    one = wanted.candidates[0]
    if step == "resubmit":
        submitted(ledger)
        ledger.fail(MUG, REFUSED, NOW)
    with closing(_other(tmp_path)) as other:

        def job_of(self: Ledger, key: Key) -> JobRow | None:
            kept_out.append(_is_locked(other))
            return real(self, key)

        real = Journal._job
        monkeypatch.setattr(Ledger, "_job", job_of)
        match step:
            case "claim":
                ledger.claim(one, wanted, "r1", NOW, limit=Limit(CENT))
            case "admit":
                ledger.admit(one, wanted, "r1", TICKET, NOW)
            case _:
                ledger.resubmit(MUG, NOW, why="asked")
    assert all(kept_out)


def test_two_processes_that_share_a_budget_never_spend_a_cent_twice(
    ledger: Ledger, tmp_path: Path
) -> None:
    """The second finds the purse as the first leaves it, not as it was."""
    looked: list[bool] = []

    class Slow(Limit):
        def admits(self, money: Money, price: Decimal | None) -> bool:
            with closing(_other(tmp_path)) as other:
                looked.append(_is_locked(other))
            return super().admits(money, price)

    wanted = job("mug")
    found = ledger.claim(wanted.candidates[0], wanted, "r1", NOW, limit=Slow(CENT))
    assert (type(found), looked) == (Claimed, [True])


def test_operations_of_one_transaction_become_durable_together(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Nobody sees the first of them before the last is done."""
    with closing(_other(tmp_path)) as other:

        def look(_: Ledger) -> list[int]:
            return [row[0] for row in other.execute("SELECT count(*) FROM jobs")]

        change = ledger.change
        found = ledger.transact([lambda one: claim(one, "a"), look, lambda one: claim(one, "b")])
        assert found[1] == [0]
        assert look(ledger) == [2]
        assert ledger.change == change + 1


def test_a_failing_operation_takes_nothing_of_its_neighbours(ledger: Ledger) -> None:
    """Neither from the ledger nor from its second copy."""

    def failing(one: Ledger) -> None:
        claim(one, "bad")
        raise ValueError("on purpose")

    found = ledger.transact([failing, lambda one: claim(one, "good"), failing])
    assert [type(one) for one in found] == [ValueError, Claimed, ValueError]
    assert ledger.records([key("good"), key("bad")]).keys() == {key("good")}


def _other(folder: Path) -> sqlite3.Connection:
    """Another process, as far as SQLite can tell, that does not wait."""
    return sqlite3.connect(folder / "ledger.sqlite", timeout=0, isolation_level=None)


def _is_locked(other: sqlite3.Connection) -> bool:
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    other.execute("ROLLBACK")
    return False
