"""A job's life in the ledger: every step kept, none repeated, none out of order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.errors import StoreError
from imagepipe.model import Fault, FaultKind, Key, Output, State, Ticket
from imagepipe.store.claims import Claimed, Held
from imagepipe.store.ledger import Ledger
from imagepipe.store.liveness import Process, this_process
from imagepipe.store.runs import Run
from imagepipe.store.states import TRANSITIONS, Conflict
from tests.unit.store.makers import (
    BILLED,
    CENT,
    LATER,
    NOW,
    REFUSED,
    UNCERTAIN,
    canonical,
    claim,
    commit,
    dead,
    digest,
    job,
    key,
    look,
    open_ledger,
    receipt,
    run,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as opened:
        yield opened


def state(ledger: Ledger, name: str) -> State | None:
    record = ledger.record(key(name))
    return record.state if record else None


def test_a_picture_keeps_everything_that_was_said_about_it(ledger: Ledger) -> None:
    """The receipt read back is the receipt that was committed."""
    commit(ledger, "mug")
    assert ledger.receipt(key("mug")) == receipt("mug")
    assert ledger.canonical(key("mug")) == canonical("mug")
    record = ledger.record(key("mug"))
    assert record is not None
    assert (record.state, record.extension, record.seed) == (State.COMMITTED, "png", 7)
    assert record.claim is None


def test_a_provider_that_answers_at_once_needs_no_ticket(ledger: Ledger) -> None:
    """From the intent straight to the stored picture."""
    claim(ledger, "mug")
    ledger.commit(receipt("mug", ticket=None), NOW)
    assert state(ledger, "mug") is State.COMMITTED


def test_a_key_is_claimed_once(ledger: Ledger) -> None:
    """The second claim is told who holds the key."""
    first = claim(ledger, "mug")
    assert isinstance(first, Claimed)
    assert first.attempt == 1
    second = claim(ledger, "mug")
    assert isinstance(second, Held)
    assert (second.record.state, second.record.claim) == (State.INTENT, "r1")


@pytest.mark.parametrize("gone", ["planned", "blocked", "refused"])
def test_what_was_surely_not_accepted_is_claimed_again(ledger: Ledger, gone: str) -> None:
    """A new attempt has a number and a nonce of its own."""
    first = claim(ledger, "mug")
    assert isinstance(first, Claimed)
    match gone:
        case "planned":
            ledger.release(key("mug"), "r1", NOW)
        case "blocked":
            ledger.block(key("mug"), "r1", Fault(FaultKind.DENIED, "no credits"), NOW)
        case _:
            ledger.fail(key("mug"), REFUSED, NOW)
    second = claim(ledger, "mug")
    assert isinstance(second, Claimed)
    assert second.attempt == 2
    assert second.nonce != first.nonce


@pytest.mark.parametrize("fault", [UNCERTAIN, BILLED, Fault(FaultKind.FAILED, "no word on money")])
def test_what_may_have_been_paid_is_not_claimed_again(ledger: Ledger, fault: Fault) -> None:
    """Only a person lets it be submitted once more, and that is recorded."""
    claim(ledger, "mug")
    if fault is UNCERTAIN:
        ledger.ambiguous(key("mug"), fault, NOW, evidence="spool/x")
    else:
        ledger.fail(key("mug"), fault, NOW)
    assert isinstance(claim(ledger, "mug"), Held)
    ledger.resubmit(key("mug"), LATER, why="I looked at the invoice")
    assert isinstance(claim(ledger, "mug"), Claimed)
    assert [record.fault for record in ledger.history(key("mug"))] == [fault]
    assert "invoice" in ledger.notes(key("mug"))[-1].text


def test_an_unbilled_failure_is_repeated_as_often_as_allowed(ledger: Ledger) -> None:
    """`resubmit_unbilled: 1` means one more attempt and no third."""
    wanted = job("mug")
    unbilled = Fault(FaultKind.FAILED, "internal", billed=False)
    for expected in (Claimed, Claimed, Held):
        found = ledger.claim(wanted.candidates[0], wanted, "r1", NOW, unbilled=1)
        assert isinstance(found, expected)
        if isinstance(found, Claimed):
            ledger.ticketed(wanted.key, Ticket("t"), NOW)
            ledger.fail(wanted.key, unbilled, NOW)
    assert isinstance(claim(ledger, "mug"), Held)


def test_a_claim_of_a_run_that_was_declared_dead_is_refused(ledger: Ledger) -> None:
    """A process that comes back from a long sleep does not pay for what others took over."""
    ledger.end_run("r1", NOW)
    with pytest.raises(StoreError, match="declared dead"):
        claim(ledger, "mug")


def test_a_commit_may_be_repeated(ledger: Ledger) -> None:
    """The same receipt twice is one picture and one cost."""
    commit(ledger, "mug")
    ledger.commit(receipt("mug"), LATER)
    assert ledger.spent().amount == CENT


def test_a_state_never_moves_back(ledger: Ledger) -> None:
    """What is fetched does not become submitted."""
    commit(ledger, "mug")
    steps: list[Callable[[], None]] = [
        lambda: ledger.ticketed(key("mug"), Ticket("u"), NOW),
        lambda: ledger.release(key("mug"), "r1", NOW),
        lambda: ledger.ambiguous(key("mug"), UNCERTAIN, NOW),
        lambda: ledger.fail(key("mug"), BILLED, NOW),
        lambda: ledger.resubmit(key("mug"), NOW, why=""),
    ]
    for step in steps:
        with pytest.raises(Conflict, match="is committed"):
            step()
    assert state(ledger, "mug") is State.COMMITTED


@pytest.mark.parametrize("old", list(State))
def test_the_database_itself_refuses_other_edges(ledger: Ledger, old: State) -> None:
    """A trigger guards the graph against every program, this one's bugs included."""
    claim(ledger, "mug")
    for new in State:
        ledger._db.execute("DROP TRIGGER jobs_edge")
        ledger._db.execute("UPDATE jobs SET state = ?", (old.value,))
        ledger._db.execute(next(sql for sql in _statements() if "jobs_edge" in sql))
        if new is old or new in TRANSITIONS[old]:
            ledger._db.execute("UPDATE jobs SET state = ?", (new.value,))
        else:
            with pytest.raises(sqlite3.IntegrityError, match="edge"):
                ledger._db.execute("UPDATE jobs SET state = ?", (new.value,))


def _statements() -> tuple[str, ...]:
    from imagepipe.store.schema import STATEMENTS

    return STATEMENTS


def test_one_failing_operation_does_not_undo_the_others(ledger: Ledger) -> None:
    """A group commit returns, for each, its result or its error."""
    claim(ledger, "a")
    found = ledger.transact(
        [
            lambda one: one.ticketed(key("a"), Ticket("t"), NOW),
            lambda one: one.ticketed(key("absent"), Ticket("t"), NOW),
            lambda one: claim(one, "b"),
        ]
    )
    assert found[0] is None
    assert isinstance(found[1], Conflict)
    assert isinstance(found[2], Claimed)
    assert (state(ledger, "a"), state(ledger, "b")) == (State.SUBMITTED, State.INTENT)


def test_a_failing_operation_leaves_nothing_of_itself(ledger: Ledger) -> None:
    """Its first half is undone with its second."""

    def half(one: Ledger) -> None:
        claim(one, "a")
        one.ticketed(key("absent"), Ticket("t"), NOW)

    ledger.transact([half])
    assert state(ledger, "a") is None
    assert ledger.reserved().amount == 0


def test_a_ticket_found_by_hand_ends_a_doubt(ledger: Ledger) -> None:
    """Attach brings an ambiguous key back into flight, with its kept fields."""
    claim(ledger, "mug")
    ledger.ambiguous(key("mug"), UNCERTAIN, NOW)
    record = ledger.attach(key("mug"), Ticket("t9", {"url": "u"}), LATER)
    assert (record.state, record.ticket) == (State.SUBMITTED, Ticket("t9", {"url": "u"}))
    assert [note.kind for note in ledger.notes(key("mug"))] == ["evidence", "attach"]


def test_a_dropped_doubt_is_failed_and_stays_in_doubt(ledger: Ledger) -> None:
    """Giving up does not make the money certain."""
    claim(ledger, "mug")
    ledger.ambiguous(key("mug"), UNCERTAIN, NOW)
    ledger.drop(key("mug"), LATER, why="not worth it")
    assert state(ledger, "mug") is State.FAILED
    assert ledger.in_doubt().amount == CENT
    assert isinstance(claim(ledger, "mug"), Held)


def test_a_lost_picture_that_is_found_again_is_restored(ledger: Ledger) -> None:
    """Nothing is paid for it."""
    commit(ledger, "mug")
    ledger.lose(key("mug"), Fault(FaultKind.MISSING, "blob gone"), NOW)
    ledger.restore(receipt("mug"), LATER)
    assert ledger.receipt(key("mug")) is not None
    assert ledger.spent().amount == CENT


def test_a_ticket_from_the_lock_file_is_admitted_without_paying(ledger: Ledger) -> None:
    """It goes on as submitted, outside any budget."""
    wanted = job("mug")
    record = ledger.admit(wanted.candidates[0], wanted, "r1", Ticket("t"), NOW, cost=CENT)
    assert (record.state, record.claim) == (State.SUBMITTED, "r1")
    with pytest.raises(Conflict):
        ledger.admit(wanted.candidates[0], wanted, "r1", Ticket("t"), NOW)


def test_intents_of_a_dead_run_become_ambiguous_and_its_tickets_free(tmp_path: Path) -> None:
    """Nothing of it is planned again, and nothing of a live run is touched."""
    with open_ledger(tmp_path, run(), dead()) as ledger:
        claim(ledger, "intent", "gone")
        claim(ledger, "flying", "gone")
        ledger.ticketed(key("flying"), Ticket("t"), NOW)
        claim(ledger, "alive")
        found = ledger.recover(LATER, look)
        assert (found.ambiguous, found.free) == ((key("intent"),), (key("flying"),))
        assert state(ledger, "alive") is State.INTENT
        assert "run gone" in ledger.notes(key("intent"))[0].text
        assert ledger.take(key("flying"), "r1", LATER, owner=None).claim == "r1"
        again = ledger.recover(LATER, look)
        assert (again.ambiguous, again.free, again.dead) == ((), (), ())


def test_a_run_that_cannot_be_proven_dead_keeps_its_claims(tmp_path: Path) -> None:
    """It is reported with its keys, until a person ends it."""
    far = Run("far", replace_host("elsewhere"), NOW, purse="far")
    with open_ledger(tmp_path, run(), far) as ledger:
        claim(ledger, "mug", "far")
        found = ledger.recover(LATER, look)
        assert found.unprovable == ((far, (key("mug"),)),)
        assert state(ledger, "mug") is State.INTENT
        ledger.end_run("far", LATER)
        assert ledger.recover(LATER, look).ambiguous == (key("mug"),)


def replace_host(host: str) -> Process:
    return replace(this_process(), host=host)


def test_a_ticket_is_taken_by_one_run_only(tmp_path: Path) -> None:
    """Two runs that saw the same owner do not both get it."""
    with open_ledger(tmp_path, run("r1"), run("r2"), run("r3")) as ledger:
        claim(ledger, "mug")
        ledger.ticketed(key("mug"), Ticket("t"), NOW)
        ledger.take(key("mug"), "r2", NOW, owner="r1")
        with pytest.raises(Conflict):
            ledger.take(key("mug"), "r3", NOW, owner="r1")


def test_a_spot_knows_what_was_there_before(ledger: Ledger) -> None:
    """The written output counts before what was merely asked for."""
    for name in ("old prompt", "new prompt"):
        wanted = job(name, spot="mug")
        ledger.claim(wanted.candidates[0], wanted, "r1", NOW if name == "old prompt" else LATER)
    assert ledger.latest(["hero|mug|1", "hero|cup|1"]) == {"hero|mug|1": key("new prompt")}
    blob = digest(b"x")
    output = Output("mug/hero.png", "hero|mug|1", key("old prompt"), blob, blob, 1, 5)
    ledger.put_output("images", output)
    assert ledger.latest(["hero|mug|1"]) == {"hero|mug|1": key("old prompt")}
    assert list(ledger.outputs("images")) == [output]
    assert list(ledger.outputs("elsewhere")) == []
    ledger.drop_output("images", "mug/hero.png")
    assert ledger.output("images", "mug/hero.png") is None


def test_many_keys_are_looked_up_at_once(ledger: Ledger) -> None:
    """More than fit into one query, known and unknown mixed."""
    names = [f"n{number}" for number in range(700)]
    ledger.transact([lambda one, name=name: claim(one, name) for name in names])  # type: ignore[misc]
    keys = [key(name) for name in [*names, "absent"]]
    assert ledger.records(keys).keys() == set(keys) - {key("absent")}
    assert ledger.counts() == {State.INTENT: 700}


def test_awkward_text_and_numbers_are_kept(ledger: Ledger) -> None:
    """Half a surrogate pair, a seed beyond 64 bits, a cost that is no amount."""
    claim(ledger, "mug")
    ledger.ticketed(key("mug"), Ticket("t", {"k": "\ud800"}), NOW)
    ledger.remote_done(key("mug"), Decimal("NaN"), 2**64, NOW)
    record = ledger.record(key("mug"))
    assert record is not None
    assert (record.seed, record.cost, record.ticket) == (2**64, None, Ticket("t", {"k": "\ud800"}))
    ledger.fail(key("mug"), Fault(FaultKind.GARBLED, "\udfff"), NOW)
    failed = ledger.record(key("mug"))
    assert failed is not None
    assert failed.fault is not None
    assert failed.fault.message == "\udfff"


def test_maintenance_needs_the_store_alone(ledger: Ledger) -> None:
    """And while it is at work no run may start."""
    from imagepipe.errors import StoreBusy

    care = Run("gc", this_process(), NOW, role="maintenance")
    with pytest.raises(StoreBusy, match="run r1"):
        ledger.start_run(care, look)
    ledger.end_run("r1", NOW)
    ledger.start_run(care, look)
    with pytest.raises(StoreBusy, match="maintenance gc"):
        ledger.start_run(run("r2"), look)
    assert [one.id for one in ledger.runs(unfinished=True)] == ["gc"]


def test_keys_are_hex(ledger: Ledger) -> None:
    """What is absent is absent, not an error."""
    assert ledger.records([Key("no such key")]) == {}
    assert ledger.receipt(Key("no such key")) is None


def test_no_step_of_a_run_takes_an_edge_that_is_a_persons(ledger: Ledger) -> None:
    """An ambiguous key is left by choice alone, though the graph has edges from it."""
    claim(ledger, "mug")
    ledger.ambiguous(key("mug"), UNCERTAIN, NOW)
    steps: list[Callable[[], None]] = [
        lambda: ledger.release(key("mug"), "r1", NOW),
        lambda: ledger.ticketed(key("mug"), Ticket("t"), NOW),
        lambda: ledger.remote_done(key("mug"), None, None, NOW),
        lambda: ledger.fail(key("mug"), REFUSED, NOW),
        lambda: ledger.commit(receipt("mug"), NOW),
    ]
    for step in steps:
        with pytest.raises(Conflict, match="is ambiguous"):
            step()


def test_a_kept_reply_ends_a_doubt(ledger: Ledger) -> None:
    """The picture of a provider that answers at once is recovered from the spool."""
    claim(ledger, "mug")
    ledger.ambiguous(key("mug"), UNCERTAIN, NOW)
    ledger.answered(key("mug"), "r1", LATER)
    ledger.commit(receipt("mug", ticket=None), LATER)
    assert ledger.receipt(key("mug")) == receipt("mug", ticket=None)


def test_a_resumed_job_may_repeat_its_steps(ledger: Ledger) -> None:
    """A second look at a finished ticket is no conflict, and forgets no reported cost."""
    claim(ledger, "mug")
    for _ in range(2):
        ledger.ticketed(key("mug"), Ticket("t"), NOW)
    ledger.remote_done(key("mug"), Decimal("0.02"), 3, NOW)
    ledger.remote_done(key("mug"), None, None, LATER)
    for _ in range(2):
        ledger.fetched(key("mug"), digest(b"picture"), 7, LATER)
    record = ledger.record(key("mug"))
    assert record is not None
    assert (record.state, record.cost, record.seed) == (State.FETCHED, Decimal("0.02"), 3)


def test_a_ticket_may_be_attached_to_what_was_to_be_submitted_again(ledger: Ledger) -> None:
    """It is an attempt of its own: the ones before it stay in the history."""
    commit(ledger, "mug")
    for _ in range(2):
        ledger.lose(key("mug"), Fault(FaultKind.MISSING, "gone"), NOW)
        ledger.resubmit(key("mug"), NOW, why="asked")
        ledger.attach(key("mug"), Ticket("t2"), NOW)
    assert ledger.row(key("mug")).attempt == 3
    assert len(ledger.history(key("mug"))) == 2
