"""Runs come and go: who shares a budget, who keeps whom out, and what the dead leave behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from imagepipe.errors import StoreBusy
from imagepipe.model import Fault, FaultKind, Key, State, Ticket
from imagepipe.store import chronicle
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.liveness import Life, this_process
from imagepipe.store.reader import Note
from imagepipe.store.recovery import Recovered
from imagepipe.store.runs import Run
from imagepipe.store.witness import Witness, read_witness
from tests.unit.store.makers import (
    CENT,
    LATER,
    NOW,
    claim,
    commit,
    digest,
    job,
    key,
    open_ledger,
    run,
)

FAR = replace(this_process(), host="elsewhere", pid=77)


class Lives:
    """Who lives, as a test decides; asked about the unfinished alone."""

    def __init__(self, **lives: Life) -> None:
        self.lives = lives
        self.asked: list[str] = []

    def __call__(self, other: Run) -> Life:
        self.asked.append(other.id)
        assert other.ended is None
        return self.lives.get(other.id, Life.ALIVE)


def opened(folder: Path, *runs: Run, look: Lives | None = None) -> Ledger:
    ledger = Ledger.open_or_create(Layout(folder), Stamp.LIVE, NOW)
    for one in runs:
        ledger.start_run(one, look or Lives())
    return ledger


def purses(ledger: Ledger) -> dict[str, str]:
    return {one.id: one.purse for one in ledger.runs()}


def test_runs_of_the_same_manifests_share_one_purse(tmp_path: Path) -> None:
    """So that one budget holds for all that work on them at once; others have their own."""
    other = replace(run("other"), manifests=("d.yaml",))
    with opened(tmp_path, run("first"), other, run("second"), run("named", purse="mine")) as ledger:
        assert purses(ledger) == {
            "first": "first",
            "other": "other",
            "second": "first",
            "named": "mine",
        }


@pytest.mark.parametrize(
    ("life", "shared"), [(Life.ALIVE, True), (Life.UNPROVABLE, True), (Life.DEAD, False)]
)
def test_only_who_may_live_shares_its_purse(tmp_path: Path, life: Life, *, shared: bool) -> None:
    with opened(tmp_path, run("first"), run("second"), look=Lives(first=life)) as ledger:
        assert purses(ledger)["second"] == ("first" if shared else "second")


def test_a_budget_ends_with_its_runs(tmp_path: Path) -> None:
    """The next run counts anew."""
    with opened(tmp_path, run("first")) as ledger:
        ledger.end_run("first", LATER)
        ledger.start_run(run("second"), Lives())
        assert purses(ledger)["second"] == "second"


def test_maintenance_draws_on_nobodys_purse(tmp_path: Path) -> None:
    care = Run("gc", this_process(), NOW, ("c.yaml",), role="maintenance")
    with opened(tmp_path, run("first"), look=Lives()) as ledger:
        ledger.start_run(care, Lives(first=Life.DEAD))
        ledger.start_run(run("second"), Lives(first=Life.DEAD, gc=Life.DEAD))
        assert purses(ledger) == {"first": "first", "gc": "gc", "second": "second"}


@pytest.mark.parametrize("life", list(Life))
@pytest.mark.parametrize(("first", "second"), [("run", "maintenance"), ("maintenance", "run")])
def test_maintenance_is_alone_unless_the_others_are_provably_dead(
    tmp_path: Path, life: Life, first: str, second: str
) -> None:
    """Either keeps the other out; what is over does not."""
    one = Run("one", FAR, NOW, role=first)  # type: ignore[arg-type]  # of the two above
    two = Run("two", this_process(), LATER, role=second)  # type: ignore[arg-type]  # likewise
    with opened(tmp_path, one) as ledger:
        if life is Life.DEAD:
            ledger.start_run(two, Lives(one=life))
            assert [found.id for found in ledger.runs()] == ["one", "two"]
            return
        with pytest.raises(StoreBusy) as caught:
            ledger.start_run(two, Lives(one=life))
        said = f"the store is in use by {first} one (process 77 on elsewhere, started {NOW})"
        assert str(caught.value).startswith(said)
        assert caught.value.hint == "wait until it has ended, then run again"
        assert [found.id for found in ledger.runs()] == ["one"]
        ledger.end_run("one", LATER)
        ledger.start_run(two, Lives())


def test_any_number_of_runs_works_side_by_side(tmp_path: Path) -> None:
    with opened(tmp_path, run("a"), run("b"), run("c")) as ledger:
        assert len(ledger.runs(unfinished=True)) == 3


def test_a_run_ends_once(tmp_path: Path) -> None:
    """When it first ended is what stays; one that nobody knows is no error."""
    with opened(tmp_path, run("a")) as ledger:
        before = ledger.change
        ledger.end_run("nobody", NOW)
        ledger.end_run("a", NOW)
        ledger.end_run("a", LATER)
        assert ledger.runs() == [replace(run("a"), purse="a", ended=NOW)]
        assert ledger.change == before + 1


def test_who_ends_a_run_does_it_alone_and_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read of it nobody changes before it is written; its copy is synced at its end."""
    seen: list[str] = []
    with opened(tmp_path, run("a")) as ledger, closing(_other(tmp_path)) as other:

        def read(self: Ledger, name: str) -> Run | None:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                seen.append("alone")
            else:
                other.execute("ROLLBACK")
            return real(self, name)

        real = Ledger.run
        monkeypatch.setattr(Ledger, "run", read)
        monkeypatch.setattr(ledger._chronicle, "sync", lambda: seen.append("synced"))
        ledger.end_run("a", LATER)
        assert seen == ["alone", "synced"]
        monkeypatch.undo()


def _other(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(Layout(folder).ledger, timeout=0, isolation_level=None)


def test_the_witness_knows_of_every_start_and_end(tmp_path: Path) -> None:
    """It tells an older copy of the ledger from the present one."""
    path = Layout(tmp_path).witness
    with opened(tmp_path, run("a")) as ledger:
        (store,) = ledger.fetch("SELECT id FROM store")[0]
        assert read_witness(path) == Witness(store, ledger.change)
        claim(ledger, "mug", "a")
        assert read_witness(path) == Witness(store, ledger.change - 1)
        ledger.end_run("a", LATER)
        assert read_witness(path) == Witness(store, ledger.change)


def test_the_witness_is_not_told_of_what_is_not_durable_yet(tmp_path: Path) -> None:
    """Told too early, a rolled back change would make the ledger look old."""
    with opened(tmp_path, run("a")) as ledger:
        before = read_witness(Layout(tmp_path).witness)
        ledger.transact([lambda one: one.end_run("a", LATER)])
        assert read_witness(Layout(tmp_path).witness) == before


def left_behind(ledger: Ledger) -> None:
    """`gone` had an intent, a ticket, an answer and a picture; one of its jobs is done."""
    for name in ("intent", "ticket", "answer", "picture", "done"):
        claim(ledger, name, "gone")
        if name != "intent":
            ledger.ticketed(key(name), Ticket(name), NOW)
    ledger.remote_done(key("answer"), None, None, NOW)
    ledger.fetched(key("picture"), digest(b"x"), 1, NOW)
    ledger.fail(key("done"), Fault(FaultKind.FAILED, "x"), NOW)
    claim(ledger, "mine", "here")


def test_intents_of_the_dead_are_in_doubt_and_their_tickets_free(tmp_path: Path) -> None:
    gone = replace(run("gone"), process=FAR, purse="gone")
    with opened(tmp_path, gone, run("here", purse="here")) as ledger:
        left_behind(ledger)
        found = ledger.recover(LATER, Lives(gone=Life.DEAD))
        flying = {key(name) for name in ("ticket", "answer", "picture")}
        assert (found.ambiguous, {*found.free}) == ((key("intent"),), flying)
        assert (found.dead, found.unprovable) == ((gone,), ())
        rows = {name: ledger.row(key(name)) for name in ("intent", "ticket", "mine", "done")}
        assert {name: (row.state, row.run) for name, row in rows.items()} == {
            "intent": ("ambiguous", "gone"),
            "ticket": ("submitted", None),
            "mine": ("intent", "here"),
            "done": ("failed", "gone"),
        }
        assert (rows["intent"].updated_at, rows["ticket"].updated_at) == (LATER, LATER)
        assert ledger.run("gone") == replace(gone, ended=LATER)


def test_a_doubt_names_the_run_that_left_it(tmp_path: Path) -> None:
    """A person looks for it in the provider's list by that time."""
    with opened(tmp_path, replace(run("gone"), process=FAR, purse="gone")) as ledger:
        claim(ledger, "mug", "gone")
        ledger.recover(LATER, Lives(gone=Life.DEAD))
        assert ledger.notes() == [
            Note(
                key("mug"),
                LATER,
                "gone",
                "evidence",
                f"attempt 1 was claimed at {NOW} by run gone (process 77 on elsewhere), "
                "which is dead",
            )
        ]
        record = ledger.record(key("mug"))
        assert record is not None
        text = "the run ended between the decision to submit and the reply"
        assert record.fault == Fault(FaultKind.UNCERTAIN, text)


@pytest.mark.parametrize("life", [Life.ALIVE, Life.UNPROVABLE])
def test_nothing_is_taken_from_who_may_live(tmp_path: Path, life: Life) -> None:
    """Who cannot be judged is reported with what it holds."""
    gone = replace(run("gone"), process=FAR, purse="gone")
    with opened(tmp_path, gone, run("here", purse="here")) as ledger:
        left_behind(ledger)
        before = ledger.by_state(State)
        found = ledger.recover(LATER, Lives(gone=life))
        held = tuple(record.key for record in before if record.claim == "gone")
        unprovable = ((gone, held),) if life is Life.UNPROVABLE else ()
        assert found == Recovered(unprovable=unprovable)
        assert len(held) == 4
        assert ledger.by_state(State) == before
        assert ledger.notes() == []


def test_who_is_over_is_dead_without_being_asked_about(tmp_path: Path) -> None:
    """A run that ended may have been killed between its last jobs and the settling of them."""
    with opened(tmp_path, replace(run("gone"), purse="gone")) as ledger:
        claim(ledger, "mug", "gone")
        ledger.end_run("gone", NOW)
        assert ledger.recover(LATER, Lives()).ambiguous == (key("mug"),)
        assert ledger.recover(LATER, Lives()) == Recovered()
        assert ledger.run("gone") == replace(run("gone"), purse="gone", ended=NOW)


def test_several_dead_runs_are_settled_at_once(tmp_path: Path) -> None:
    runs = [replace(run(name), purse=name) for name in ("a", "b", "idle")]
    with opened(tmp_path, *runs) as ledger:
        for name in ("a", "b"):
            claim(ledger, f"intent {name}", name)
            claim(ledger, f"ticket {name}", name)
            ledger.ticketed(key(f"ticket {name}"), Ticket(name), NOW)
        far = Lives(a=Life.DEAD, b=Life.DEAD, idle=Life.DEAD)
        found = ledger.recover(LATER, far)
        assert found.ambiguous == (key("intent a"), key("intent b"))
        assert found.free == (key("ticket a"), key("ticket b"))
        assert found.dead == (*runs,)


def test_several_unprovable_runs_are_all_reported(tmp_path: Path) -> None:
    runs = [replace(run(name), purse=name) for name in ("a", "b")]
    with opened(tmp_path, *runs) as ledger:
        found = ledger.recover(LATER, Lives(a=Life.UNPROVABLE, b=Life.UNPROVABLE))
        assert found.unprovable == ((runs[0], ()), (runs[1], ()))


def test_recovery_happens_whole_or_not_at_all(tmp_path: Path) -> None:
    gone = replace(run("gone"), purse="gone")
    with opened(tmp_path, gone) as ledger:
        for name in ("a", "b"):
            claim(ledger, name, "gone")
        ledger.database.execute(
            "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.notes "
            f"WHEN NEW.key = '{max(key('a'), key('b'))}' "
            "BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
        )
        with pytest.raises(Exception, match="on purpose"):
            ledger.recover(LATER, Lives(gone=Life.DEAD))
        assert ledger.counts() == {State.INTENT: 2}
        assert ledger.notes() == []
        assert ledger.runs() == [gone]


def cut(folder: Path, owner: str, changes: int) -> None:
    """The end of a run's file in the second copy is gone, as after a kill."""
    path = next(p for p in chronicle.files(Layout(folder).chronicle) if chronicle.owner(p) == owner)
    raw = path.read_bytes().splitlines(keepends=True)
    last = sorted({int(line.split(b" ")[1]) for line in raw})[-changes:]
    kept = [line for line in raw if int(line.split(b" ")[1]) not in last]
    path.write_bytes(b"".join(kept))


def test_what_a_dead_run_did_not_copy_is_copied_when_it_is_settled(tmp_path: Path) -> None:
    """Though a living run has written since, which hides the gap from a look at the newest."""
    gone, here = replace(run("gone"), purse="gone"), replace(run("here"), purse="here")
    with opened(tmp_path, gone) as first, opened(tmp_path, here) as second:
        claim(first, "mug", "gone")
        claim(second, "cup", "here")
    cut(tmp_path, "gone", 1)
    with opened(tmp_path) as ledger:
        ledger.recover(LATER, Lives())
        assert not ledger.is_copied()
        ledger.recover(LATER, Lives(gone=Life.DEAD))
        assert ledger.is_copied()


def test_a_torn_end_is_cut_off_only_where_nobody_writes_any_more(tmp_path: Path) -> None:
    """Of the run that is dead, and of one that is over; never of one that lives."""
    names = ("gone", "over", "here")
    runs = [replace(run(name), purse=name) for name in names]
    for one in runs:
        with opened(tmp_path, one) as ledger:
            claim(ledger, one.id, one.id)
            if one.id == "over":
                ledger.end_run("over", NOW)
    files = {chronicle.owner(path): path for path in chronicle.files(Layout(tmp_path).chronicle)}
    for path in files.values():
        path.write_bytes(path.read_bytes() + b"torn")
    with opened(tmp_path) as ledger:
        ledger.recover(LATER, Lives(gone=Life.DEAD))
    torn = {name for name, path in files.items() if path.read_bytes().endswith(b"torn")}
    assert torn == {"here"}


def test_a_run_that_starts_copies_what_the_last_one_left_out(tmp_path: Path) -> None:
    with opened(tmp_path, run("first")) as ledger:
        claim(ledger, "mug", "first")
    cut(tmp_path, "first", 1)
    with opened(tmp_path) as ledger:
        assert ledger.lags()
        ledger.start_run(run("second"), Lives())
        assert ledger.is_copied()
        names = {chronicle.owner(p) for p in chronicle.files(Layout(tmp_path).chronicle)}
        assert names == {"first", "second"}


def test_a_ticket_that_nobody_holds_is_nobodys(tmp_path: Path) -> None:
    """Freed by the first recovery, it is not freed or reported again."""
    with opened(tmp_path, replace(run("gone"), purse="gone")) as ledger:
        claim(ledger, "mug", "gone")
        ledger.ticketed(key("mug"), Ticket("t"), NOW)
        ledger.recover(LATER, Lives(gone=Life.DEAD))
        before = ledger.row(key("mug"))
        assert ledger.recover("t9", Lives()) == Recovered()
        assert ledger.row(key("mug")) == before


def test_a_claim_needs_a_run_that_is_known_and_not_over(tmp_path: Path) -> None:
    wanted = job("mug")
    with opened(tmp_path, run("over")) as ledger:
        ledger.end_run("over", NOW)
        for name, why in (("over", "is over, or was declared dead"), ("nobody", "never started")):
            with pytest.raises(Exception, match=f"run {name} .*{why}.*may not submit"):
                ledger.claim(wanted.candidates[0], wanted, name, NOW)
        assert ledger.records([Key(wanted.key)]) == {}


def test_rivals_are_the_others_that_draw_on_the_purse_now(tmp_path: Path) -> None:
    """With a job in flight; not who has another purse, or is done."""
    shared = [replace(run(name), purse="x") for name in ("me", "b", "a", "done", "idle")]
    with opened(tmp_path, *shared, replace(run("other"), purse="y")) as ledger:
        for name in ("me", "b", "a", "done", "other"):
            claim(ledger, name, name)
        ledger.ticketed(key("b"), Ticket("t"), NOW)
        ledger.fail(key("done"), Fault(FaultKind.FAILED, "x"), NOW)
        claim(ledger, "freed", "idle")
        ledger.ticketed(key("freed"), Ticket("u"), NOW)
        ledger._free(ledger.row(key("freed")), NOW)
        assert [one.id for one in ledger.rivals("me")] == ["a", "b"]
        assert [one.id for one in ledger.rivals("other")] == []


def test_money_of_a_run_is_in_its_purse(tmp_path: Path) -> None:
    with open_ledger(tmp_path, run("r1", purse="spring")) as ledger:
        commit(ledger, "mug")
        assert ledger.money("spring").spent.amount == CENT
        assert ledger.row(key("mug")).purse == "spring"
