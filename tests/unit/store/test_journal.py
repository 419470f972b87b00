"""The writing hand: what is refused changes nothing, and the second copy follows every change."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from imagepipe.errors import StoreError
from imagepipe.model import Fault, FaultKind, Output, State, Ticket
from imagepipe.store import chronicle, room
from imagepipe.store.claims import Claimed, Held
from imagepipe.store.compare import differences
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.reader import Note
from imagepipe.store.replay import seals
from imagepipe.store.rows import Row
from imagepipe.store.states import Conflict
from tests.unit.store.makers import (
    CENT,
    LATER,
    NOW,
    UNCERTAIN,
    claim,
    commit,
    digest,
    job,
    key,
    open_ledger,
    receipt,
    run,
)

UNBILLED = Fault(FaultKind.FAILED, "internal", billed=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """After each test its second copy must hold exactly what it holds."""
    with open_ledger(tmp_path) as opened:
        yield opened
        found = seals(Layout(tmp_path).chronicle)
        assert found.is_whole
        assert [*differences(opened.database, found)] == []
        assert found.top == opened.change


def test_a_row_that_was_changed_meanwhile_is_not_overwritten(ledger: Ledger) -> None:
    """Though it is still in the same state."""
    for name in ("mug", "cup"):
        claim(ledger, name)
    old = ledger.row(key("mug"))
    ledger.put(old, old._replace(updated_at=LATER))
    with pytest.raises(Conflict, match="is intent, so it cannot become changed"):
        ledger.put(old, old._replace(updated_at="t9"))
    assert ledger.row(key("mug")).updated_at == LATER
    assert ledger.row(key("cup")).updated_at == NOW


def test_a_row_is_asked_for_in_the_states_that_its_step_needs(ledger: Ledger) -> None:
    claim(ledger, "mug")
    assert ledger.row(key("mug")) == ledger.row(key("mug"), State.LOST, State.INTENT)
    with pytest.raises(Conflict, match="is intent, so it cannot become changed"):
        ledger.row(key("mug"), State.LOST)
    with pytest.raises(Conflict, match="is absent"):
        ledger.row(key("absent"))
    with pytest.raises(Conflict, match="is absent"):
        ledger.row(key("absent"), State.INTENT)


def test_a_move_needs_its_edge_and_its_start(ledger: Ledger) -> None:
    """Neither the graph nor the caller alone is enough."""
    claim(ledger, "mug")
    for new, only in ((State.COMMITTED, {State.INTENT}), (State.FAILED, {State.SUBMITTED})):
        with pytest.raises(Conflict, match=f"is intent, so it cannot become {new.value}"):
            ledger.move(key("mug"), new, NOW, only=only)
    found = ledger.move(key("mug"), State.FAILED, LATER, {"cost": "0.5"}, only={State.INTENT})
    assert found == ledger.row(key("mug"))
    assert (found.state, found.cost, found.updated_at) == ("failed", "0.5", LATER)


def test_a_row_and_its_purse_change_in_one(ledger: Ledger) -> None:
    claim(ledger, "mug")
    old = ledger.row(key("mug"))
    ledger.database.execute(
        "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.purses "
        "BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="on purpose"):
        ledger.put(old, old._replace(cost="0.5"))
    assert ledger.row(key("mug")) == old


def test_what_was_given_up_leaves_nothing_in_the_next_change(ledger: Ledger) -> None:
    """Neither in the ledger nor in its copy."""
    with pytest.raises(ValueError, match="on purpose"):
        _given_up(ledger, lambda: claim(ledger, "mug"))
    assert not ledger.database.in_transaction
    claim(ledger, "cup")
    assert ledger.records([key("mug"), key("cup")]).keys() == {key("cup")}


def test_what_the_database_gave_up_as_a_whole_is_told_to_everybody(ledger: Ledger) -> None:
    """As at some I/O errors: no operation of the transaction happened."""

    def broken(one: Ledger) -> None:
        one.database.execute("ROLLBACK")
        raise StoreError("the disk is gone")

    with pytest.raises(StoreError, match="the disk is gone"):
        ledger.transact([lambda one: claim(one, "mug"), broken, lambda one: claim(one, "cup")])
    assert ledger.counts() == {}
    assert isinstance(claim(ledger, "mug"), Claimed)


def test_a_transaction_is_one_change_and_a_refused_one_none(ledger: Ledger) -> None:
    before = ledger.change
    ledger.transact([lambda one: claim(one, "mug"), lambda one: claim(one, "cup")])
    assert ledger.change == before + 1
    found = ledger.transact([lambda one: one.ticketed(key("absent"), Ticket("t"), NOW)])
    assert isinstance(found[0], Conflict)
    assert isinstance(claim(ledger, "mug"), Held)
    assert ledger.change == before + 1


def test_files_that_are_forgotten_are_forgotten_in_the_copy(ledger: Ledger) -> None:
    blob = digest(b"x")
    for path in ("a", "b"):
        ledger.put_output("images", Output(path, "s", key("mug"), blob, blob, 1, 2))
    ledger.drop_output("images", "a")
    ledger.drop_output("images", "never there")
    assert {name for name, _ in seals(ledger._layout.chronicle).table("outputs").items()} == {
        ("images", "b")
    }


def test_a_request_is_written_once_and_never_over(ledger: Ledger) -> None:
    """Nor copied again, when its key is claimed again."""
    claim(ledger, "mug")
    ledger.put_request(key("mug"), {"other": True})
    ledger.release(key("mug"), "r1", NOW)
    claim(ledger, "mug")
    assert ledger.canonical(key("mug")) == job("mug").candidates[0].canonical
    copies = b"".join(p.read_bytes() for p in chronicle.files(ledger._layout.chronicle))
    assert copies.count(b'["requests"') == 1


def test_a_step_without_money_leaves_the_purse_alone(ledger: Ledger) -> None:
    wanted = job("mug", price=None)
    ledger.admit(wanted.candidates[0], wanted, "r1", Ticket("t"), NOW, cost=CENT)
    before = ledger.fetch("SELECT * FROM purses")
    ledger.database.execute(
        "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.purses "
        "BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
    )
    ledger.remote_done(wanted.key, None, 7, NOW)
    assert ledger.fetch("SELECT * FROM purses") == before


def test_looking_makes_no_file(tmp_path: Path) -> None:
    """A store of which nothing is known yet has no copy of anything."""
    with Ledger.open_or_create(Layout(tmp_path), Stamp.LIVE, NOW) as ledger:
        assert ledger.transact([lambda one: one.counts()]) == [{}]
        assert (ledger.change, chronicle.files(Layout(tmp_path).chronicle)) == (0, [])


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_closed_ledger_holds_no_file(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        assert _held(tmp_path)
    assert _held(tmp_path) == []


def _held(folder: Path) -> list[str]:
    found = []
    for one in Path("/proc/self/fd").iterdir():
        try:
            target = str(one.readlink())
        except OSError:  # the listing's own
            continue
        found += [target] if target.startswith(str(folder)) else []
    return found


def test_two_threads_do_not_share_a_transaction(ledger: Ledger) -> None:
    """What one gives up is not the other's loss."""
    note = Note(key("mug"), NOW, "r1", "evidence", "kept")
    other = Thread(target=lambda: ledger.note(note))

    def meanwhile() -> None:
        other.start()
        other.join(0.02)

    with pytest.raises(ValueError, match="on purpose"):
        _given_up(ledger, meanwhile)
    other.join()
    assert ledger.notes() == [note]


def _given_up(ledger: Ledger, step: Callable[[], object]) -> None:
    with ledger.writing():
        step()
        raise ValueError("on purpose")


def test_a_failure_that_was_not_billed_needs_an_allowance(ledger: Ledger) -> None:
    """Which nobody has by default, and which only such failures use up."""
    wanted = job("mug")
    one = wanted.candidates[0]
    claim(ledger, "mug")
    ledger.fail(key("mug"), Fault(FaultKind.FAILED, "no word on money"), NOW)
    assert isinstance(ledger.claim(one, wanted, "r1", NOW, unbilled=9), Held)
    ledger.resubmit(key("mug"), NOW, why="asked")
    claim(ledger, "mug")
    ledger.fail(key("mug"), UNBILLED, NOW)
    assert isinstance(claim(ledger, "mug"), Held)
    assert ledger.claim(one, wanted, "r1", NOW, unbilled=1) == Claimed(
        3, ledger.row(key("mug")).nonce
    )


@pytest.mark.parametrize("end", [UNCERTAIN, replace(UNBILLED, billed=None), None])
def test_an_allowance_is_for_what_failed_unbilled_and_nothing_else(
    ledger: Ledger, end: Fault | None
) -> None:
    wanted = job("mug")
    claim(ledger, "mug")
    if end is UNCERTAIN:
        ledger.ambiguous(key("mug"), replace(UNCERTAIN, billed=False), NOW)
    elif end is None:
        ledger.commit(receipt("mug", ticket=None), NOW)
    else:
        ledger.fail(key("mug"), end, NOW)
    assert isinstance(ledger.claim(wanted.candidates[0], wanted, "r1", NOW, unbilled=9), Held)


def test_nothing_is_claimed_without_room_for_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "FLOOR", 2**80)
    with pytest.raises(StoreError, match="no space left"):
        claim(ledger, "mug")
    assert ledger.counts() == {}


def test_a_ledger_is_checked_before_the_first_claim_and_only_then(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it, which may take a while: not for every job."""
    asked: list[str] = []

    def fetch(self: Ledger, query: str, values: tuple[object, ...] = ()) -> list[Row]:
        asked.append(query)
        return real(self, query, values)

    real = Ledger.fetch
    monkeypatch.setattr(Ledger, "fetch", fetch)
    for name in ("mug", "cup"):
        assert isinstance(claim(ledger, name), Claimed)
    assert asked.count("PRAGMA quick_check(1)") == 1


def test_nothing_is_claimed_in_a_file_whose_pages_are_damaged(tmp_path: Path) -> None:
    """Also where no row is: an index is enough."""
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'outputs_by_spot'"
        page = ledger.database.execute(query).fetchone()[0]
        size = ledger.database.execute("PRAGMA page_size").fetchone()[0]
    path = Layout(tmp_path).ledger
    data = bytearray(path.read_bytes())
    data[(page - 1) * size] = 0xFF
    path.write_bytes(data)
    with open_ledger(tmp_path, run("r2")) as ledger:
        with pytest.raises(StoreError, match=f"Page {page}") as caught:
            claim(ledger, "cup", "r2")
        assert "store repair" in str(caught.value.hint)
        assert ledger.counts() == {State.COMMITTED: 1}
