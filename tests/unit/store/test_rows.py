"""Rows as values: what is written is what is read, and what was changed since is never believed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from imagepipe.errors import StoreError
from imagepipe.model import Fault, FaultKind, Picture, Receipt, Record, State, Ticket
from imagepipe.store import rows
from imagepipe.store.money import (
    Limit,
    Money,
    Pot,
    Sum,
    holding,
    money_of,
    purse_cells,
    purse_money,
)
from imagepipe.store.rows import JobRow
from imagepipe.store.states import FIRST, IN_FLIGHT, Conflict, may_be_claimed, may_follow
from tests.unit.store.makers import BILLED, LATER, NOW, canonical, digest, key

FULL = Fault(
    FaultKind.REJECTED,
    "a bad word",
    http=422,
    code="E7",
    accepted=False,
    billed=True,
    advice="say it otherwise",
)
ROW = JobRow(
    key=key("mug"),
    state="committed",
    provider="p",
    spot="hero|mug|1",
    path="mug/hero",
    attempt=3,
    nonce="n",
    run="r1",
    purse="b",
    reserved="0.02",
    cost="0.01",
    seed="0",
    ticket=rows.ticket_text(Ticket("t", {"url": "u"})),
    blob=digest(b"x"),
    size=1,
    media_type="image/png",
    extension="png",
    width=4,
    height=3,
    fault=rows.fault_text(FULL),
    created_at="t0",
    submitted_at=NOW,
    finished_at=LATER,
    updated_at="t9",
)


def test_a_row_is_a_record_with_all_that_a_plan_needs() -> None:
    assert rows.record(ROW) == Record(
        key=key("mug"),
        state=State.COMMITTED,
        provider="p",
        ticket=Ticket("t", {"url": "u"}),
        blob=digest(b"x"),
        extension="png",
        fault=FULL,
        cost=Decimal("0.01"),
        seed=0,
        claim=None,
        attempt=3,
        updated_at="t9",
    )


def test_what_is_not_known_is_none_and_not_empty() -> None:
    bare = JobRow(key("mug"), "planned", "p", "s", "x", 1, "n", None, "", None)
    assert rows.record(bare) == Record(key("mug"), State.PLANNED, "p", updated_at="")
    assert {*bare[10:]} == {None, ""}
    assert (bare.created_at, bare.updated_at) == ("", "")


@pytest.mark.parametrize("state", list(State))
def test_a_claim_is_held_from_the_intent_to_the_picture(state: State) -> None:
    """After that the run is only a memory."""
    holds = state in (State.INTENT, State.SUBMITTED, State.REMOTE_DONE, State.FETCHED)
    assert rows.record(ROW._replace(state=state.value)).claim == ("r1" if holds else None)


def test_a_receipt_is_what_the_row_knows() -> None:
    assert rows.receipt(ROW, canonical("mug")) == Receipt(
        key=key("mug"),
        provider="p",
        canonical=canonical("mug"),
        blob=digest(b"x"),
        size=1,
        picture=Picture("image/png", "png", 4, 3),
        ticket=Ticket("t", {"url": "u"}),
        cost=Decimal("0.01"),
        seed=0,
        submitted_at=NOW,
        finished_at=LATER,
    )


def test_a_receipt_of_a_row_that_was_restored_knows_what_there_is() -> None:
    """Made of a lock file's line: no measures, no times but the row's own."""
    bare = JobRow(key("mug"), "committed", "p", "s", "x", 1, "n", None, "", None)
    bare = bare._replace(blob=digest(b"x"), created_at="t0", updated_at="t9")
    found = rows.receipt(bare, {})
    assert found is not None
    assert (found.size, found.picture) == (0, Picture("", "", 0, 0))
    assert (found.submitted_at, found.finished_at, found.seed) == ("t0", "t9", None)
    assert (found.ticket, found.cost) == (None, None)


@pytest.mark.parametrize("state", [state for state in State if state is not State.COMMITTED])
def test_only_a_committed_row_has_a_receipt(state: State) -> None:
    assert rows.receipt(ROW._replace(state=state.value), {}) is None
    assert rows.receipt(ROW._replace(blob=None), {}) is None


@pytest.mark.parametrize("column", JobRow._fields)
def test_a_row_with_another_cell_is_not_opened(column: str) -> None:
    """Nor one of another table; the message names its key."""
    sealed = rows.job_cells(ROW)
    assert rows.job_row(sealed) == ROW
    cells = rows.changed(ROW, {column: "changed"})
    with pytest.raises(StoreError, match=r"jobs row of .* is damaged") as caught:
        rows.job_row((*cells, sealed[-1]))
    assert "store repair" in str(caught.value.hint)
    with pytest.raises(StoreError, match=f"attempts row of '{key('mug')}' is damaged"):
        rows.opened("attempts", sealed)


def test_a_row_whose_text_became_bytes_is_damaged() -> None:
    with pytest.raises(StoreError, match="is damaged"):
        rows.opened("notes", (b"key", "x", rows.seal("notes", ("key", "x"))))


def test_the_text_of_a_row_is_short_json_and_its_seal_is_of_that() -> None:
    """The chronicle keeps the text, the ledger the seal: they can be compared."""
    text = rows.text_of("notes", ("a", None, 1))
    assert text == '["notes","a",null,1]'
    assert rows.seal_of(text) == rows.seal_of(text.encode()) == rows.seal("notes", ("a", None, 1))
    assert len(rows.seal_of(text)) == 16
    assert rows.sealed("notes", ("a", None, 1)) == ("a", None, 1, rows.seal_of(text))


@pytest.mark.parametrize("fault", [FULL, BILLED, Fault(FaultKind.FAILED, "x", accepted=True)])
def test_a_fault_is_read_as_it_was_written(fault: Fault) -> None:
    assert rows.fault_of(rows.fault_text(fault)) == fault
    assert rows.fault_of(None) is None


def test_a_ticket_is_the_same_text_in_any_order_of_its_fields() -> None:
    """Tickets are compared by their text."""
    one = rows.ticket_text(Ticket("t", {"a": "1", "b": "2"}))
    assert one == rows.ticket_text(Ticket("t", {"b": "2", "a": "1"}))
    assert rows.ticket_of(one) == Ticket("t", {"a": "1", "b": "2"})
    assert (rows.ticket_text(None), rows.ticket_of(None)) == (None, None)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("999999999.999", "999999999.999"),
        ("1000000000", None),
        ("0.000000000000000001", "0.000000000000000001"),
        ("0.0000000000000000001", None),
        ("-0.01", None),
        ("sNaN", None),
        ("0.00", "0.00"),
    ],
)
def test_money_is_exact_to_its_limits_and_unknown_beyond(amount: str, text: str | None) -> None:
    assert rows.decimal_text(Decimal(amount)) == text
    assert rows.decimal_text(None) is None
    assert rows.decimal_of(text) == (None if text is None else Decimal(amount))


POTS = {
    "planned": None,
    "blocked": None,
    "intent": Pot.RESERVED,
    "submitted": Pot.RESERVED,
    "remote_done": Pot.RESERVED,
    "fetched": Pot.RESERVED,
    "committed": Pot.SPENT,
    "lost": Pot.SPENT,
    "ambiguous": Pot.IN_DOUBT,
}


@pytest.mark.parametrize("state", POTS)
def test_every_state_has_its_pot(state: str) -> None:
    """What was reported counts, else what was reserved, else nobody knows."""
    row, pot = ROW._replace(state=state), POTS[state]
    cases = {("0.01", "0.02"): "0.01", (None, "0.02"): "0.02", ("0", "0.02"): "0"}
    for (cost, reserved), amount in cases.items():
        held = holding(row._replace(cost=cost, reserved=reserved))
        assert held == (None if pot is None else (pot, Decimal(amount)))
    unknown = money_of(row._replace(cost=None, reserved=None))
    assert unknown == (Money() if pot is None else Money(**{pot.value: Sum(unknown=1)}))


@pytest.mark.parametrize(
    ("fault", "cost", "expected"),
    [
        (Fault(FaultKind.REJECTED, "x", accepted=False), "0.01", None),
        (Fault(FaultKind.FAILED, "x", billed=False), None, None),
        (Fault(FaultKind.FAILED, "x", billed=True), None, (Pot.SPENT, Decimal("0.02"))),
        (Fault(FaultKind.FAILED, "x"), "0.01", (Pot.SPENT, Decimal("0.01"))),
        (Fault(FaultKind.FAILED, "x", accepted=True), None, (Pot.IN_DOUBT, Decimal("0.02"))),
        (None, None, (Pot.IN_DOUBT, Decimal("0.02"))),
        (None, "0.01", (Pot.SPENT, Decimal("0.01"))),
    ],
)
def test_a_failure_holds_what_may_have_been_billed(
    fault: Fault | None, cost: str | None, expected: object
) -> None:
    text = rows.fault_text(fault) if fault else None
    row = ROW._replace(state="failed", cost=cost, fault=text)
    assert holding(row) == expected


def test_no_row_holds_no_money() -> None:
    assert money_of(None) == Money()


def test_a_purse_is_read_as_it_was_written() -> None:
    """To the last of eighteen places, and with what nobody knows counted apart."""
    tiny = Decimal("0.000000000000000001")
    money = Money(Sum(Decimal("1.5"), 1), Sum(tiny, 2), Sum(Decimal(10**9) + tiny, 3))
    cells = purse_cells("spring", money)
    assert cells == (
        *("spring", "1.5", 1, "0.000000000000000001", 2),
        *("1000000000.000000000000000001", 3),
    )
    assert purse_money(cells) == money
    assert money + money - money == money
    assert (money + money).in_doubt == Sum(2 * (Decimal(10**9) + tiny), 6)
    assert money.at_risk == Decimal("1000000001.500000000000000002")


def test_the_money_of_many_jobs_is_exact() -> None:
    """A hundred of the dearest, and not a quintillionth is lost."""
    dear = Decimal("999999999.999999999999999999")
    total = sum((Money(spent=Sum(dear)) for _ in range(100)), Money())
    assert total.at_risk == Decimal("99999999999.999999999999999900")
    left = Limit(Decimal(10**12)).left(total)
    assert left == Decimal("900000000000.000000000000000100")
    assert Limit(Decimal(10**12)).admits(total, left)
    assert (total - total).spent == Sum()


NEXT = {
    "planned": "intent submitted",
    "blocked": "intent planned",
    "intent": "planned blocked submitted remote_done fetched failed ambiguous",
    "submitted": "remote_done fetched failed lost",
    "remote_done": "fetched failed lost",
    "fetched": "committed failed lost",
    "committed": "lost planned",
    "failed": "planned intent submitted",
    "ambiguous": "planned submitted remote_done failed",
    "lost": "planned submitted committed failed",
}


@pytest.mark.parametrize("old", list(State))
def test_the_graph_is_the_documented_one(old: State) -> None:
    """Written twice on purpose: an edge too many is a picture that may be paid for twice."""
    assert {new.value for new in State if may_follow(old, new)} == {*NEXT[old.value].split()}


def test_a_key_enters_the_ledger_at_the_start_or_with_a_ticket() -> None:
    assert {state.value for state in FIRST} == {"planned", "intent", "submitted"}
    assert {state.value for state in IN_FLIGHT} == {"submitted", "remote_done", "fetched"}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("accepted", [None, True, False])
def test_a_run_submits_by_itself_only_what_was_surely_not_accepted(
    state: State, *, accepted: bool | None
) -> None:
    fault = Fault(FaultKind.FAILED, "x", accepted=accepted)
    free = state in (State.PLANNED, State.BLOCKED)
    refused = state is State.FAILED and accepted is False
    assert may_be_claimed(state, fault) == (free or refused)
    assert may_be_claimed(state, None) == free


def test_a_conflict_says_what_was_found_and_what_was_wanted() -> None:
    found = str(Conflict(key("mug"), State.LOST, "submitted"))
    assert found == f"{key('mug')[:12]} is lost, so it cannot become submitted"
    assert "is absent" in str(Conflict(key("mug"), None, "changed"))
