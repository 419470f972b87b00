"""Money: reserved with the claim, settled with the end, counted once, never over a limit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe.model import Fault, FaultKind, Ticket
from imagepipe.store.claims import Claimed, OverLimit
from imagepipe.store.ledger import Ledger
from imagepipe.store.money import Limit, Money, Sum
from imagepipe.store.rows import decimal_text
from tests.unit.store.makers import (
    BILLED,
    CENT,
    NOW,
    REFUSED,
    UNCERTAIN,
    job,
    key,
    open_ledger,
    receipt,
    run,
)
from tests.unit.store.makers import claim as claimed

ZERO = Decimal(0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as opened:
        yield opened
        assert [*opened.verify()] == []


def pots(ledger: Ledger) -> tuple[Decimal, Decimal, Decimal]:
    return ledger.spent().amount, ledger.reserved().amount, ledger.in_doubt().amount


def test_money_moves_from_pot_to_pot(ledger: Ledger) -> None:
    """Reserved at the claim, spent at the commit: what was reported, not what was reserved."""
    claimed(ledger, "mug")
    assert pots(ledger) == (ZERO, CENT, ZERO)
    ledger.ticketed(key("mug"), Ticket("t"), NOW)
    ledger.remote_done(key("mug"), Decimal("0.004"), None, NOW)
    assert pots(ledger) == (ZERO, Decimal("0.004"), ZERO)
    ledger.commit(receipt("mug", cost=None), NOW)
    assert pots(ledger) == (Decimal("0.004"), ZERO, ZERO)


def test_a_release_gives_the_reserve_back(ledger: Ledger) -> None:
    """What was not sent costs nothing."""
    claimed(ledger, "mug")
    ledger.release(key("mug"), "r1", NOW)
    assert pots(ledger) == (ZERO, ZERO, ZERO)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (REFUSED, (ZERO, ZERO, ZERO)),
        (Fault(FaultKind.FAILED, "x", billed=False), (ZERO, ZERO, ZERO)),
        (BILLED, (CENT, ZERO, ZERO)),
        (Fault(FaultKind.FAILED, "x"), (ZERO, ZERO, CENT)),
    ],
)
def test_a_failure_costs_what_its_rule_says(
    ledger: Ledger, fault: Fault, expected: tuple[Decimal, Decimal, Decimal]
) -> None:
    """Not accepted or not billed: nothing; billed: spent; no word: in doubt."""
    claimed(ledger, "mug")
    ledger.fail(key("mug"), fault, NOW)
    assert pots(ledger) == expected


def test_a_doubt_stays_in_doubt_when_it_is_paid_again(ledger: Ledger) -> None:
    """A picture that may have been paid twice is counted twice."""
    claimed(ledger, "mug")
    ledger.ambiguous(key("mug"), UNCERTAIN, NOW)
    assert pots(ledger) == (ZERO, ZERO, CENT)
    ledger.resubmit(key("mug"), NOW, why="asked")
    assert pots(ledger) == (ZERO, ZERO, CENT)
    claimed(ledger, "mug")
    ledger.commit(receipt("mug", ticket=None), NOW)
    assert pots(ledger) == (CENT, ZERO, CENT)


def test_an_unknown_price_is_counted_and_never_zero(ledger: Ledger) -> None:
    """It is in no amount, and says so."""
    wanted = job("mug", price=None)
    ledger.claim(wanted.candidates[0], wanted, "r1", NOW)
    assert ledger.reserved() == Sum(Decimal(0), 1)
    ledger.commit(receipt("mug", cost=None), NOW)
    assert ledger.money() == Money(spent=Sum(Decimal(0), 1))


def test_a_claim_over_the_limit_is_refused(ledger: Ledger) -> None:
    """Spent, reserved and in doubt all count; the last cent may be used."""
    limit = Limit(Decimal("0.03"))
    found: list[object] = []
    for name in ("spent", "doubt", "flying", "too much"):
        wanted = job(name)
        found.append(ledger.claim(wanted.candidates[0], wanted, "r1", NOW, limit=limit))
        if name == "spent":
            ledger.commit(receipt(name), NOW)
        if name == "doubt":
            ledger.ambiguous(key(name), UNCERTAIN, NOW)
    assert [type(one) for one in found] == [Claimed, Claimed, Claimed, OverLimit]
    assert found[-1] == OverLimit(CENT, Decimal("0.00"))
    assert ledger.record(key("too much")) is None


def test_an_unknown_price_needs_to_be_allowed(ledger: Ledger) -> None:
    """A limit cannot hold what nobody knows."""
    wanted = job("mug", price=None)
    one = wanted.candidates[0]
    refused = ledger.claim(one, wanted, "r1", NOW, limit=Limit(Decimal(5)))
    assert refused == OverLimit(None, Decimal(5))
    allowed = ledger.claim(one, wanted, "r1", NOW, limit=Limit(Decimal(5), allow_unknown=True))
    assert isinstance(allowed, Claimed)


def test_purses_are_apart(tmp_path: Path) -> None:
    """A budget counts what its own runs claimed, and the store knows the whole."""
    with open_ledger(tmp_path, run("a", purse="spring"), run("b", purse="autumn")) as ledger:
        for name in ("a", "b"):
            wanted = job(name)
            limit = Limit(CENT)
            found = ledger.claim(wanted.candidates[0], wanted, name, NOW, limit=limit)
            assert isinstance(found, Claimed)
        assert ledger.money("spring").reserved == Sum(CENT)
        assert ledger.reserved() == Sum(CENT * 2)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.10", "0.10"),
        ("1E-7", "0.0000001"),
        ("5E+2", "500"),
        ("NaN", None),
        ("-1", None),
        ("Infinity", None),
        ("1E+9", None),
        ("1E-40", None),
        ("0", "0"),
    ],
)
def test_what_is_no_amount_of_money_is_unknown(amount: str, text: str | None) -> None:
    """Vendors may report anything."""
    assert decimal_text(Decimal(amount)) == text
