"""Which pot a job's money is in, and the running totals of every purse. Never a float.

A purse is whatever a budget is for (the caller names it; runs that share a budget share the name).
Totals are kept beside the rows, in the same transaction, so that a claim can be refused in constant
time; they are redundant, and `Ledger.verify` adds them up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum
from typing import TypeAlias

from imagepipe.model import State
from imagepipe.store.rows import Cell, JobRow, Row, decimal_of, fault_of

_EXACT = Context(prec=60)


class Pot(StrEnum):
    """Paid; promised to a job in flight; or nobody knows whether it was paid."""

    SPENT = "spent"
    RESERVED = "reserved"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount of USD, and how many prices in it nobody knows (they are not in the amount)."""

    amount: Decimal = Decimal(0)
    unknown: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(_EXACT.add(self.amount, other.amount), self.unknown + other.unknown)

    def __sub__(self, other: Sum) -> Sum:
        return Sum(_EXACT.subtract(self.amount, other.amount), self.unknown - other.unknown)


@dataclass(frozen=True, slots=True)
class Money:
    """The three pots of one purse, or of all of them."""

    spent: Sum = Sum()
    reserved: Sum = Sum()
    in_doubt: Sum = Sum()

    def __add__(self, other: Money) -> Money:
        return Money(
            self.spent + other.spent,
            self.reserved + other.reserved,
            self.in_doubt + other.in_doubt,
        )

    def __sub__(self, other: Money) -> Money:
        return Money(
            self.spent - other.spent,
            self.reserved - other.reserved,
            self.in_doubt - other.in_doubt,
        )

    @property
    def at_risk(self) -> Decimal:
        """The most that may have been, or may yet be, billed for what is known."""
        return (self.spent + self.reserved + self.in_doubt).amount


NOTHING = Money()


@dataclass(frozen=True, slots=True)
class Limit:
    """The most a purse may hold, in USD."""

    max_cost: Decimal
    allow_unknown: bool = False

    def left(self, money: Money) -> Decimal:
        return _EXACT.subtract(self.max_cost, money.at_risk)

    def admits(self, money: Money, price: Decimal | None) -> bool:
        if price is None:
            return self.allow_unknown
        return price <= self.left(money)


Holding: TypeAlias = "tuple[Pot, Decimal | None] | None"


def holding(row: JobRow) -> Holding:
    """The pot of a job's current attempt, and how much is in it (None: nobody knows).

    What the provider reported counts; until it does, the reserve stands in for it.
    """
    cost, reserved = decimal_of(row.cost), decimal_of(row.reserved)
    known = cost if cost is not None else reserved
    match State(row.state):
        case State.PLANNED | State.BLOCKED:
            return None
        case State.INTENT | State.SUBMITTED | State.REMOTE_DONE | State.FETCHED:
            return Pot.RESERVED, known
        case State.COMMITTED | State.LOST:
            return Pot.SPENT, known
        case State.AMBIGUOUS:
            return Pot.IN_DOUBT, known
        case State.FAILED:
            return _failed(row, cost, known)


def money_of(row: JobRow | None) -> Money:
    return _money(holding(row) if row else None)


def change(old: JobRow | None, new: JobRow) -> Money:
    """What the purse of a job gains by its next row; most steps move no money."""
    before, after = holding(old) if old else None, holding(new)
    return NOTHING if before == after else _money(after) - _money(before)


def _money(held: Holding) -> Money:
    if held is None:
        return NOTHING
    pot, amount = held
    total = Sum(unknown=1) if amount is None else Sum(amount)
    return Money(**{pot.value: total})


def purse_money(cells: Row) -> Money:
    """A row of `purses`, without its name."""
    spent, a, reserved, b, in_doubt, c = cells[1:]
    return Money(
        Sum(Decimal(spent), a),
        Sum(Decimal(reserved), b),
        Sum(Decimal(in_doubt), c),
    )


def purse_cells(purse: str, money: Money) -> tuple[Cell, ...]:
    pots = (money.spent, money.reserved, money.in_doubt)
    return (purse, *(cell for pot in pots for cell in (format(pot.amount, "f"), pot.unknown)))


def _failed(row: JobRow, cost: Decimal | None, known: Decimal | None) -> Holding:
    fault = fault_of(row.fault)
    if fault is not None and (fault.accepted is False or fault.billed is False):
        return None
    if cost is not None or (fault is not None and fault.billed):
        return Pot.SPENT, known
    return Pot.IN_DOUBT, known
