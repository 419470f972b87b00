"""Laws of the nearest size: it is allowed, it is as near as any, and what is allowed stays."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from imagepipe.provider.fitting import Bounds, Range, bounds, nearest
from imagepipe.provider.spec import Constraint

SIDES = st.integers(1, 5_000)
STEPS = st.sampled_from([None, 1, 8, 16, 64])


@st.composite
def constraints(draw: st.DrawFn) -> dict[str, Constraint]:
    """Bounds as vendors write them: sides with a step, area, ratio; each may be missing."""
    found: dict[str, Constraint] = {}
    for name in ("width", "height"):
        least, most = draw(st.integers(16, 512)), draw(st.integers(1_024, 4_096))
        step = draw(STEPS)
        found[name] = Constraint(
            least=Decimal(least), most=Decimal(most), multiple_of=Decimal(step) if step else None
        )
    if draw(st.booleans()):
        most = draw(st.integers(300_000, 9_000_000))
        found["pixels"] = Constraint(most=Decimal(most))
    if draw(st.booleans()):
        most = draw(st.integers(1, 4))
        found["ratio"] = Constraint(least=round(Decimal(1) / most, 4), most=Decimal(most))
    return found


@given(constraints(), SIDES, SIDES)
@settings(max_examples=300, deadline=None)
def test_the_nearest_size_is_allowed_and_stays(
    rules: dict[str, Constraint], width: int, height: int
) -> None:
    """What is suggested would be taken; suggesting again changes nothing."""
    allowed = bounds(rules)
    assert allowed is not None
    near = nearest(allowed, width, height)
    assert near is not None
    assert allowed.hold(*near)
    assert nearest(allowed, *near) == near
    if allowed.hold(width, height):
        assert near == (width, height)


@given(SIDES, SIDES, st.sampled_from([16, 32, 64]))
@settings(max_examples=60, deadline=None)
def test_nothing_allowed_is_much_nearer_in_ratio(width: int, height: int, step: int) -> None:
    """Against every size of a small grid: at most a step of the shorter side off the best ratio."""
    side = Range(Decimal(256), Decimal(1_024), Decimal(step))
    free = Range(Decimal(1), Decimal(2) ** 32)
    ratio = Range(Decimal("0.0001"), Decimal(10_000))
    allowed = Bounds(side, side, free, ratio)
    assume(not allowed.hold(width, height))
    near = nearest(allowed, width, height)
    assert near is not None
    aim = math.log(width / height)
    grid = range(256, 1_025, step)
    best = min(abs(math.log(w / h) - aim) for w, h in product(grid, grid))
    assert abs(math.log(near[0] / near[1]) - aim) <= best + step / 256


def test_a_side_gives_way_where_the_nearest_ratio_has_too_many_pixels() -> None:
    """294x1024 would be the ratio nearest to 1:4, and is 1,056 pixels too large."""
    rules = {
        "width": Constraint(least=Decimal(294), most=Decimal(1_024)),
        "height": Constraint(least=Decimal(16), most=Decimal(1_024)),
        "pixels": Constraint(most=Decimal(300_000)),
    }
    allowed = bounds(rules)
    assert allowed is not None
    assert nearest(allowed, 1, 4) == (294, 1_020)


def test_bounds_that_exclude_each_other_have_no_nearest() -> None:
    """No guess is better than a wrong one."""
    rules = {"width": Constraint(least=Decimal(1_000)), "pixels": Constraint(most=Decimal(10))}
    allowed = bounds(rules)
    assert allowed is not None
    assert nearest(allowed, 512, 512) is None


def test_a_step_that_is_no_whole_number_bounds_nothing() -> None:
    """Pixels are whole; such a rule is left to its own message."""
    assert bounds({"width": Constraint(multiple_of=Decimal("0.5"))}) is None
