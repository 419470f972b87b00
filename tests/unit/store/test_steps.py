"""What each step writes, column by column: no fact is lost on the way, and none is made up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.model import State, Ticket
from imagepipe.store.claims import Claimed
from imagepipe.store.ledger import Ledger
from imagepipe.store.reader import Attempt
from imagepipe.store.rows import Cell, JobRow, ticket_text
from imagepipe.store.states import Conflict
from tests.unit.store.makers import (
    BILLED,
    LATER,
    NOW,
    REFUSED,
    canonical,
    commit,
    job,
    open_ledger,
    receipt,
    run,
)
from tests.unit.store.steps import (
    BLOB,
    DENIED,
    MUG,
    NOTES,
    STEPS,
    TICKET,
    Step,
    blocked,
    claimed,
    doubtful,
    lost,
    planned,
    submitted,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path, run("r1"), run("r2", purse="other")) as opened:
        yield opened
        assert [*opened.verify()] == []


@pytest.mark.parametrize("name", STEPS)
def test_a_step_writes_its_facts_and_nothing_else(ledger: Ledger, name: str) -> None:
    """And the time, always."""
    before, step, expected = STEPS[name]
    before(ledger)
    old = ledger.row(MUG)
    step(ledger)
    new = ledger.row(MUG)
    assert {**_changes(old, new), "updated_at": new.updated_at} == {
        **expected,
        "updated_at": LATER,
    }


def test_an_intent_holds_what_is_to_be_sent(ledger: Ledger) -> None:
    """The price is reserved in the purse of its run; its request is kept beside it."""
    found = claimed(ledger)
    assert ledger.row(MUG) == JobRow(
        key=MUG,
        state="intent",
        provider="p",
        spot=job("mug").spot,
        path="mug/hero",
        attempt=1,
        nonce=found.nonce,
        run="r1",
        purse="r1",
        reserved="0.01",
        created_at=NOW,
        updated_at=NOW,
    )
    assert ledger.canonical(MUG) == canonical("mug")


@pytest.mark.parametrize("before", [planned, blocked])
def test_a_new_attempt_starts_with_a_clean_row(ledger: Ledger, before: Step) -> None:
    """Another run's purse pays; when the key was first wanted is not forgotten."""
    before(ledger)
    old = ledger.row(MUG)
    found = claimed(ledger, "r2", LATER)
    assert ledger.row(MUG) == old._replace(
        state="intent",
        attempt=2,
        nonce=found.nonce,
        run="r2",
        purse="other",
        fault=None,
        updated_at=LATER,
    )
    assert ledger.history(MUG) == []


def test_a_failed_attempt_is_kept_when_it_is_repeated(ledger: Ledger) -> None:
    """With its fault and its number; the latest attempt is never older than it."""
    claimed(ledger)
    ledger.fail(MUG, REFUSED, LATER)
    found = claimed(ledger, "r2", "2027-01-02T03:04:07Z")
    (earlier,) = ledger.history(MUG)
    assert (earlier.state, earlier.fault) == (State.FAILED, REFUSED)
    assert ledger.latest_attempt(MUG) == Attempt(2, found.nonce, LATER)


def test_the_nonce_of_a_claim_is_what_the_submit_carries(ledger: Ledger) -> None:
    """Given by who builds the request, else made afresh."""
    wanted = job("mug")
    found = ledger.claim(wanted.candidates[0], wanted, "r1", NOW, nonce="sent with it")
    assert found == Claimed(1, "sent with it")
    other = job("cup")
    fresh = ledger.claim(other.candidates[0], other, "r1", NOW)
    assert isinstance(fresh, Claimed)
    assert len(fresh.nonce) == 32
    assert (ledger.row(MUG).nonce, ledger.row(other.key).nonce) == ("sent with it", fresh.nonce)


def test_what_is_planned_again_keeps_its_place_and_loses_its_outcome(ledger: Ledger) -> None:
    """The last attempt is in the history, as it was."""
    commit(ledger, "mug")
    old = ledger.row(MUG)
    ledger.resubmit(MUG, LATER, why="asked", run="r2", forced=True)
    assert ledger.row(MUG) == JobRow(
        key=MUG,
        state="planned",
        provider="p",
        spot=old.spot,
        path=old.path,
        attempt=1,
        nonce=old.nonce,
        run=None,
        purse="r1",
        reserved="0.01",
        created_at=NOW,
        updated_at=LATER,
    )
    (earlier,) = ledger.history(MUG)
    assert (earlier.state, earlier.blob) == (State.COMMITTED, BLOB)


def test_a_blocked_key_that_is_planned_again_was_no_attempt(ledger: Ledger) -> None:
    """Nothing was accepted, so nothing is kept of it but the note."""
    blocked(ledger)
    ledger.resubmit(MUG, LATER, why="new credits")
    assert (ledger.row(MUG).state, ledger.row(MUG).fault) == ("planned", None)
    assert ledger.history(MUG) == []
    assert [note.text for note in ledger.notes(MUG)] == ["blocked: new credits"]


def test_asking_twice_for_a_repetition_is_asking_once(ledger: Ledger) -> None:
    doubtful(ledger)
    ledger.resubmit(MUG, NOW, why="asked")
    before = ledger.row(MUG)
    ledger.resubmit(MUG, LATER, why="asked again")
    assert ledger.row(MUG) == before
    assert len(ledger.notes(MUG)) == 2
    assert len(ledger.history(MUG)) == 1


def test_a_ticket_attached_to_what_is_planned_is_a_further_attempt(ledger: Ledger) -> None:
    planned(ledger)
    ledger.attach(MUG, TICKET, LATER)
    assert (ledger.row(MUG).attempt, ledger.row(MUG).submitted_at) == (2, LATER)


def test_a_ticket_of_the_lock_file_brings_its_cost_and_request(ledger: Ledger) -> None:
    """In nobody's purse, since it was paid before; once it is in flight, it is refused."""
    wanted = job("mug")
    ledger.admit(wanted.candidates[0], wanted, "r2", TICKET, NOW, cost=Decimal("0.03"))
    row = ledger.row(MUG)
    assert (row.state, row.run, row.purse, row.attempt) == ("submitted", "r2", "", 1)
    assert (row.ticket, row.cost, row.submitted_at) == (ticket_text(TICKET), "0.03", NOW)
    assert ledger.canonical(MUG) == canonical("mug")
    with pytest.raises(Conflict, match="is submitted, so it cannot become submitted"):
        ledger.admit(wanted.candidates[0], wanted, "r1", TICKET, NOW)
    assert ledger.row(MUG) == row


def test_a_ticket_of_the_lock_file_may_follow_what_is_planned(ledger: Ledger) -> None:
    planned(ledger)
    wanted = job("mug")
    record = ledger.admit(wanted.candidates[0], wanted, "r2", TICKET, LATER)
    assert (record.state, record.claim, record.ticket) == (State.SUBMITTED, "r2", TICKET)
    assert (ledger.row(MUG).attempt, ledger.row(MUG).created_at) == (2, NOW)


def test_a_ticket_that_is_known_already_is_no_news(ledger: Ledger) -> None:
    """The same one changes nothing; another is refused."""
    submitted(ledger)
    before = ledger.row(MUG)
    ledger.ticketed(MUG, TICKET, LATER)
    assert ledger.row(MUG) == before
    with pytest.raises(Conflict):
        ledger.ticketed(MUG, Ticket("another"), LATER)
    ledger.fail(MUG, BILLED, NOW)
    with pytest.raises(Conflict):
        ledger.ticketed(MUG, TICKET, LATER)


def test_a_picture_that_is_committed_is_not_committed_as_another(ledger: Ledger) -> None:
    commit(ledger, "mug")
    before = ledger.row(MUG)
    ledger.commit(receipt("mug"), LATER)
    assert ledger.row(MUG) == before
    with pytest.raises(Conflict, match="is committed"):
        ledger.commit(receipt("mug", b"other"), LATER)


def test_a_lost_picture_is_not_committed_by_the_way(ledger: Ledger) -> None:
    """Its blob is still known, and yet only `restore` may bring it back."""
    lost(ledger)
    with pytest.raises(Conflict, match="is lost"):
        ledger.commit(receipt("mug"), LATER)


@pytest.mark.parametrize("step", ["release", "block"])
def test_an_intent_is_given_back_by_its_owner_alone(ledger: Ledger, step: str) -> None:
    claimed(ledger)
    steps: dict[str, Step] = {
        "release": lambda one: one.release(MUG, "r2", LATER),
        "block": lambda one: one.block(MUG, "r2", DENIED, LATER),
    }
    with pytest.raises(Conflict):
        steps[step](ledger)
    assert ledger.row(MUG).state == "intent"


@pytest.mark.parametrize("owner", [None, "r2"])
def test_a_ticket_is_not_taken_from_who_does_not_have_it(ledger: Ledger, owner: str | None) -> None:
    submitted(ledger)
    with pytest.raises(Conflict, match=f"taken from {owner}"):
        ledger.take(MUG, "r2", LATER, owner=owner)
    assert ledger.row(MUG).run == "r1"


def _changes(old: JobRow, new: JobRow) -> dict[str, Cell]:
    pairs = zip(old._asdict().items(), new, strict=True)
    return {name: after for (name, before), after in pairs if before != after}


@pytest.mark.parametrize("name", NOTES)
def test_a_doubt_and_its_end_are_recorded(ledger: Ledger, name: str) -> None:
    """By whom, when and why, for the person who reads the bill."""
    before, step, expected = NOTES[name]
    before(ledger)
    step(ledger)
    assert ledger.notes(MUG)[-1] == expected
