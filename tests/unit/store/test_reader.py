"""What the ledger says: the right rows, in the promised order, and nothing of what is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.errors import StoreError
from imagepipe.model import Key, Output, State, Ticket
from imagepipe.store import reader as reading
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.liveness import this_process
from imagepipe.store.money import Money, Sum
from imagepipe.store.reader import Attempt, Note, Reader, Wanted
from imagepipe.store.runs import Run
from tests.unit.store.makers import (
    BILLED,
    CENT,
    LATER,
    NOW,
    UNCERTAIN,
    claim,
    commit,
    dead,
    digest,
    job,
    key,
    open_ledger,
    receipt,
    run,
)

ABSENT = Key("f" * 64)
NAMES = ("a", "b", "c", "d")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """What has no order of its own comes backwards, so that nobody relies on it."""
    with open_ledger(tmp_path) as opened:
        opened.database.execute("PRAGMA reverse_unordered_selects=ON")
        yield opened


def claimed_at(ledger: Ledger, name: str, now: str) -> None:
    wanted = job(name)
    ledger.claim(wanted.candidates[0], wanted, "r1", now)


def output(path: str, name: str = "a", *, spot: str = "s") -> Output:
    return Output(path, spot, key(name), digest(b"x"), digest(b"y"), 3, 4)


def test_of_an_absent_key_nothing_is_known(ledger: Ledger) -> None:
    claim(ledger, "a")
    found = (
        *(ledger.record(ABSENT), ledger.wanted(ABSENT)),
        *(ledger.latest_attempt(ABSENT), ledger.canonical(ABSENT), ledger.receipt(ABSENT)),
        *(ledger.run("nobody"), ledger.output("images", "x")),
    )
    assert {*found} == {None}
    assert (ledger.history(ABSENT), ledger.notes(ABSENT), ledger.records([ABSENT])) == ([], [], {})
    assert (ledger.holders("t"), ledger.outputs_at("images", ["x"])) == (set(), {})


def test_each_key_has_its_own_row(ledger: Ledger) -> None:
    for name in NAMES:
        claim(ledger, name)
    ledger.ticketed(key("b"), Ticket("tb"), LATER)
    found = ledger.records([key("b"), ABSENT, key("c")])
    assert {one: record.state for one, record in found.items()} == {
        key("b"): State.SUBMITTED,
        key("c"): State.INTENT,
    }
    assert ledger.wanted(key("c")) == Wanted(job("c").spot, "c/hero", CENT)
    ledger.remote_done(key("b"), Decimal(0), None, NOW)
    assert ledger.wanted(key("b")) == Wanted(job("b").spot, "b/hero", Decimal(0))
    claimed = job("e", price=None)
    ledger.claim(claimed.candidates[0], claimed, "r1", NOW)
    assert ledger.wanted(claimed.key) == Wanted(claimed.spot, "e/hero", None)
    assert ledger.canonical(key("c")) == job("c").candidates[0].canonical


def test_keys_of_a_state_come_oldest_first(ledger: Ledger) -> None:
    """By the time at which they were first claimed, and by key where that is the same."""
    names = sorted(NAMES, key=key)
    times = ["t2", "t1", "t2", "t0"]
    for name, now in zip(names, times, strict=True):
        claimed_at(ledger, name, now)
    ledger.ticketed(key(names[1]), Ticket("t"), "t9")
    order = [names[3], names[1], names[0], names[2]]
    assert [one.key for one in ledger.by_state(State)] == [key(name) for name in order]
    assert [one.key for one in ledger.by_state([State.SUBMITTED])] == [key(names[1])]
    assert ledger.by_state([]) == ledger.by_state([State.LOST]) == []
    assert ledger.counts() == {State.INTENT: 3, State.SUBMITTED: 1}


def test_more_keys_than_a_query_takes_are_asked_for_in_parts(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 3)
    names = [f"n{number}" for number in range(7)]
    ledger.transact([lambda one, name=name: claim(one, name) for name in names])  # type: ignore[misc]
    keys = [key(name) for name in names]
    assert ledger.records(keys).keys() == {*keys}
    assert ledger.latest([job(name).spot for name in names]).keys() == {
        job(name).spot for name in names
    }


def test_who_had_a_ticket_is_known_for_every_attempt(ledger: Ledger) -> None:
    """One that was repeated keeps its ticket in the history."""
    for name, ticket in (("a", "t1"), ("b", "t2"), ("c", "t1")):
        claim(ledger, name)
        ledger.ticketed(key(name), Ticket(ticket, {"id": "t2"}), NOW)
    ledger.fail(key("a"), BILLED, NOW)
    ledger.resubmit(key("a"), LATER, why="asked")
    claim(ledger, "a")
    ledger.ticketed(key("a"), Ticket("t3"), LATER)
    assert ledger.holders("t1") == {(key("a"), 1), (key("c"), 1)}
    assert ledger.holders("t2") == {(key("b"), 1)}
    assert ledger.holders("t3") == {(key("a"), 2)}


def test_a_history_is_in_the_order_of_its_attempts_and_of_one_key(ledger: Ledger) -> None:
    for name in ("a", "b"):
        for number in "123":
            claim(ledger, name)
            ledger.fail(key(name), replace(BILLED, message=name + number), NOW)
            ledger.resubmit(key(name), NOW, why="asked")
    faults = [one.fault and one.fault.message for one in ledger.history(key("a"))]
    assert faults == ["a1", "a2", "a3"]
    assert ledger.row(key("a")).attempt == 3


def test_a_record_knows_how_often_its_key_was_risked(ledger: Ledger) -> None:
    """What failed unbilled costs nothing again; what was in doubt or lost may be paid twice."""
    ends: list[Callable[[], object]] = [
        lambda: ledger.fail(key("a"), replace(BILLED, billed=False), NOW),
        lambda: ledger.ambiguous(key("a"), UNCERTAIN, NOW),
        lambda: ledger.fail(key("a"), BILLED, NOW),
        lambda: ledger.fail(key("a"), replace(BILLED, billed=None), NOW),
        lambda: _lost(ledger, "a"),
        lambda: ledger.fail(key("a"), replace(BILLED, billed=False), NOW),
    ]
    told = []
    for end in ends:
        claim(ledger, "a")
        end()
        ledger.resubmit(key("a"), NOW, why="asked")
        record = ledger.record(key("a"))
        assert record is not None
        found = ledger.with_history(record)
        assert replace(found, unbilled=0, risked=0) == record
        told.append((found.attempt, found.unbilled, found.risked))
    assert told == [(1, 1, 0), (2, 1, 1), (3, 1, 1), (4, 1, 1), (5, 1, 2), (6, 2, 2)]


def _lost(ledger: Ledger, name: str) -> None:
    ledger.commit(receipt(name, ticket=None), NOW)
    ledger.lose(key(name), UNCERTAIN, NOW)


def test_a_first_attempt_has_no_history_to_ask_for(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tens of thousands of them are read for one plan."""
    claim(ledger, "a")
    record = ledger.record(key("a"))
    assert record is not None
    monkeypatch.setattr(Ledger, "history", lambda *_: pytest.fail("asked"))
    assert ledger.with_history(record) == record


def test_the_latest_attempt_is_not_older_than_the_one_before(ledger: Ledger) -> None:
    """A search at the provider begins at this time: too early finds too much, never too little."""
    claimed_at(ledger, "a", "t1")
    nonce = ledger.row(key("a")).nonce
    assert ledger.latest_attempt(key("a")) == Attempt(1, nonce, "t1")
    ledger.fail(key("a"), BILLED, "t2")
    ledger.resubmit(key("a"), "t3", why="asked")
    claimed_at(ledger, "a", "t4")
    assert ledger.latest_attempt(key("a")) == Attempt(2, ledger.row(key("a")).nonce, "t2")


def test_a_spot_has_what_was_asked_for_last(ledger: Ledger) -> None:
    """Unless a file was written there: then that is what is there."""
    for name, now in (("old", "t1"), ("new", "t3"), ("mid", "t2")):
        wanted = job(name, spot="mug")
        ledger.claim(wanted.candidates[0], wanted, "r1", now)
    spot = job("x", spot="mug").spot
    assert ledger.latest([spot, "no such spot"]) == {spot: key("new")}
    ledger.put_output("images", output("mug.png", "old", spot=spot))
    assert ledger.latest([spot]) == {spot: key("old")}
    assert ledger.latest([]) == {}


def test_files_are_known_by_root_and_path(ledger: Ledger) -> None:
    for root, path in (("images", "b"), ("images", "a"), ("other", "a"), ("other", "c")):
        ledger.put_output(root, output(path, "a" if root == "images" else "b"))
    assert list(ledger.outputs("images")) == [output("a"), output("b")]
    assert ledger.output("images", "a") == output("a")
    assert ledger.output("other", "a") == output("a", "b")
    assert ledger.output("images", "c") is None
    assert ledger.outputs_at("images", ["a", "c"]) == {"a": output("a")}
    ledger.put_output("images", output("a", "d"))
    assert ledger.output("images", "a") == output("a", "d")
    ledger.drop_output("images", "a")
    assert [one.path for one in ledger.outputs("images")] == ["b"]
    assert [one.path for one in ledger.outputs("other")] == ["a", "c"]


def test_notes_are_in_the_order_in_which_things_happened(ledger: Ledger) -> None:
    """Of one key, or of all; whatever their clocks said."""
    notes = [
        Note(key(name), at, "r1", "evidence", name)
        for name, at in (("b", "t9"), ("a", "t5"), ("b", "t1"))
    ]
    for note in notes:
        ledger.note(note)
    assert ledger.notes() == notes
    assert ledger.notes(key("b")) == [notes[0], notes[2]]


def test_text_that_no_file_can_hold_is_kept_as_far_as_it_goes(ledger: Ledger) -> None:
    ledger.note(Note(key("a"), NOW, None, "evidence", "half \ud83d of a pair, größer"))
    assert ledger.notes()[0].text == "half ? of a pair, größer"


def test_runs_are_known_by_name_and_in_the_order_of_their_start(tmp_path: Path) -> None:
    """With everything that tells whether they live."""
    me = this_process()
    runs = [
        Run("z", me, "t1", ("a.yaml", "b.yaml"), "spring"),
        Run("b", me, "t2", (), "b"),
        replace(dead("a"), started="t2", purse="a"),
    ]
    with open_ledger(tmp_path, runs[1], runs[2], runs[0]) as ledger:
        ledger.database.execute("PRAGMA reverse_unordered_selects=ON")
        assert ledger.runs() == [runs[0], runs[2], runs[1]]
        assert ledger.run("z") == runs[0]
        ledger.end_run("z", LATER)
        assert ledger.runs(unfinished=True) == [runs[2], runs[1]]
        assert ledger.run("z") == replace(runs[0], ended=LATER)


def test_money_is_told_for_one_purse_and_for_all(tmp_path: Path) -> None:
    with open_ledger(tmp_path, run("r1", purse="x"), run("r2", purse="y")) as ledger:
        commit(ledger, "a")
        claim(ledger, "b", "r2")
        claim(ledger, "c", "r2")
        ledger.ambiguous(key("c"), UNCERTAIN, NOW)
        mine = Money(spent=Sum(CENT))
        assert ledger.money("x") == mine
        assert ledger.money("y") == Money(reserved=Sum(CENT), in_doubt=Sum(CENT))
        assert ledger.money("") == Money()
        assert ledger.money() == mine + ledger.money("y")
        assert ledger.money("no such purse") == Money()
        assert [ledger.spent(), ledger.reserved(), ledger.in_doubt()] == [Sum(CENT)] * 3
        assert ledger.money().at_risk == Decimal("0.03")


def test_a_receipt_is_read_beside_its_request(ledger: Ledger) -> None:
    commit(ledger, "a")
    claim(ledger, "b")
    assert ledger.receipt(key("a")) == receipt("a")
    assert ledger.receipt(key("b")) is None
    ledger.database.execute("DELETE FROM requests")
    assert ledger.receipt(key("a")) == replace(receipt("a"), canonical={})


@pytest.mark.parametrize("table", ["jobs", "requests", "outputs", "notes", "runs", "purses"])
def test_no_damaged_row_is_believed(ledger: Ledger, table: str) -> None:
    commit(ledger, "a")
    ledger.note(Note(key("a"), NOW, "r1", "evidence", "x"))
    ledger.put_output("images", output("a"))
    ledger.database.execute(f"UPDATE {table} SET sum = x'00'")  # noqa: S608 - of the list above
    reads: dict[str, list[Callable[[], object]]] = {
        "jobs": [lambda: ledger.record(key("a")), lambda: ledger.by_state(State)],
        "requests": [lambda: ledger.canonical(key("a"))],
        "outputs": [
            lambda: list(ledger.outputs("images")),
            lambda: ledger.output("images", "a"),
            lambda: ledger.outputs_at("images", ["a"]),
            lambda: ledger.latest(["s"]),
        ],
        "notes": [ledger.notes],
        "runs": [ledger.runs, lambda: ledger.run("r1")],
        "purses": [ledger.money, lambda: ledger.money("r1")],
    }
    for read in reads[table]:
        with pytest.raises(StoreError, match=f"the ledger's {table} row"):
            read()


def test_a_damaged_attempt_is_not_believed(ledger: Ledger) -> None:
    claim(ledger, "a")
    ledger.ticketed(key("a"), Ticket("t"), NOW)
    ledger.fail(key("a"), BILLED, NOW)
    ledger.resubmit(key("a"), NOW, why="asked")
    ledger.database.execute("UPDATE attempts SET sum = x'00'")
    with pytest.raises(StoreError, match="the ledger's attempts row"):
        ledger.history(key("a"))
    with pytest.raises(StoreError, match="the ledger's attempts row"):
        ledger.holders("t")


def test_text_that_is_no_text_is_read_only_to_be_refused(ledger: Ledger) -> None:
    """What else SQLite says is not taken for that."""
    claim(ledger, "a")
    ledger.database.execute("UPDATE jobs SET spot = CAST(x'ff' AS TEXT)")
    with pytest.raises(StoreError, match=f"jobs row of '{key('a')}' is damaged"):
        ledger.by_state(State)
    with pytest.raises(StoreError, match="no such table"):
        ledger.fetch("SELECT * FROM absent")
    ledger.database.execute("DROP TABLE outputs")
    with pytest.raises(StoreError, match="no such table"):
        list(ledger.outputs("images"))


def test_a_reader_closes_what_it_opened(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        claim(ledger, "a")
        changes = ledger.change
    with Reader.open(Layout(tmp_path), Stamp.LIVE) as reader:
        assert (reader.path, reader.change) == (Layout(tmp_path).ledger, changes)
    with pytest.raises(Exception, match="closed"):
        reader.counts()
