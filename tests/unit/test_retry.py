"""Waiting before another try: within its ceiling, and never less than a vendor asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imagepipe import retry
from imagepipe.model import Fault, FaultKind


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_between_a_tenth_and_the_whole_of_its_ceiling(n: int, chance: float) -> None:
    wait = retry.backoff(n, chance)
    ceiling = min(60.0, 2.0 ** min(n, 16))
    assert 0.1 * ceiling <= wait <= ceiling


@given(st.floats(0.001, 1e12), st.floats(0, 1, exclude_max=True))
def test_a_hint_is_obeyed_up_to_the_longest_wait(hint: float, chance: float) -> None:
    wait = retry.gate_wait(Fault(FaultKind.THROTTLED, "", wait=hint), 0, chance)
    assert min(hint, retry.LONGEST_WAIT) <= wait <= retry.LONGEST_WAIT
