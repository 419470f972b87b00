"""What was charged beside what was estimated: sums, drift, and what a budget reckons with."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagepipe.charges import Charges, Learnt, case_text, learnt
from imagepipe.model import Json

CASE = (("model", "m"), ("size", "1x1"))
FIVE, EIGHT = Decimal("0.05"), Decimal("0.08")


def test_pictures_of_one_case_are_summed() -> None:
    """Estimates and charges side by side, exactly."""
    charges = Charges()
    for charged in (FIVE, EIGHT, FIVE):
        charges.add("runway", CASE, FIVE, charged)
    (charge,) = charges
    assert (charge.pictures, charge.estimated, charge.charged) == (3, 3 * FIVE, Decimal("0.18"))
    assert charge.each == Decimal("0.06")


@pytest.mark.parametrize(
    ("estimate", "charged", "drifts"),
    [
        ("0.05", "0.05", False),
        ("0.05", "0.075", False),
        ("0.05", "0.0751", True),
        ("0.05", "0.01", False),
        ("0", "0.01", True),
        ("0", "0", False),
        (None, "9", False),
    ],
)
def test_half_as_much_again_is_a_drift(estimate: str | None, charged: str, drifts: bool) -> None:
    """Of a picture alone; what was never estimated cannot drift."""
    charges = Charges()
    wanted = None if estimate is None else Decimal(estimate)
    assert charges.add("runway", CASE, wanted, Decimal(charged)) is drifts
    assert [one.has_drifted for one in charges] == [drifts]


def test_a_drift_is_told_once() -> None:
    """The second dear picture of a case is no news; that of another case is."""
    charges = Charges()
    assert charges.add("runway", CASE, FIVE, EIGHT)
    assert not charges.add("runway", CASE, FIVE, EIGHT)
    assert charges.add("runway", (), FIVE, EIGHT)


def test_a_budget_reckons_with_what_was_charged() -> None:
    """Never with less than the price; with an earlier run's lesson until this run knows better."""
    charges = Charges((Learnt("runway", CASE, EIGHT, 3),))
    assert charges.reserve("runway", CASE, FIVE) == EIGHT
    assert charges.reserve("runway", (), FIVE) == FIVE
    assert charges.reserve("other", CASE, FIVE) == FIVE
    charges.add("runway", CASE, FIVE, FIVE)
    assert charges.reserve("runway", CASE, FIVE) == FIVE
    charges.add("runway", CASE, FIVE, Decimal("0.06"))
    charges.add("runway", CASE, FIVE, Decimal("0.02"))
    assert charges.reserve("runway", CASE, FIVE) == Decimal("0.06")
    assert charges.reserve("runway", CASE, None) == Decimal("0.06")
    assert charges.reserve("goneural", CASE, None) is None


def test_what_is_in_flight_may_fall_short() -> None:
    """As soon as it is known that such pictures cost more than was set aside."""
    charges = Charges()
    for key in ("a", "b"):
        charges.set_aside(key, "runway", CASE, FIVE)
    charges.set_aside("c", "runway", (), FIVE)
    charges.set_aside("d", "runway", CASE, None)
    assert charges.shortfall == 0
    charges.add("runway", CASE, FIVE, EIGHT)
    assert charges.shortfall == 2 * (EIGHT - FIVE)
    charges.settled("a")
    charges.settled("never")
    assert charges.shortfall == EIGHT - FIVE


def test_what_was_learnt_comes_back() -> None:
    """Through JSON, which has no decimals."""
    charges = Charges()
    charges.add("runway", CASE, None, FIVE)
    charges.add("runway", CASE, None, EIGHT)
    kept = json.loads(json.dumps(charges.lessons))
    assert learnt(kept) == (Learnt("runway", CASE, Decimal("0.065"), 2),)


LEAVES: st.SearchStrategy[Json] = st.sampled_from(
    [None, True, 1, -1, 0.5, float("inf"), "", "0.05", "NaN", "1e999", [], {}]
)
NAMES = st.sampled_from(["", "[", "[1]", '["a",{}]', '["a",[]]', '["a",{"model":1}]', "null", "{}"])
VALUES = LEAVES | st.fixed_dictionaries({"each": LEAVES, "pictures": LEAVES})


@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_a_spoilt_lesson_is_none(lessons: dict[str, Json]) -> None:
    """The file may be anything; what is believed is an amount of USD for some pictures."""
    for one in learnt(lessons):
        assert one.each.is_finite()
        assert one.each >= 0
        assert one.pictures >= 1


def test_a_case_in_words() -> None:
    assert case_text((*CASE, ("?input_images", "given"))) == "model m, size 1x1, with input_images"
