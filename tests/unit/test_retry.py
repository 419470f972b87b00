"""Waiting before another try: within its ceiling, and never less than a vendor asked for."""

from __future__ import annotations

import pytest
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


def test_waits_double_up_to_their_limit() -> None:
    """From a tenth of the ceiling to the whole of it, by chance; no number is too large."""
    assert [retry.backoff(n, 1.0) for n in (0, 1, 5, 6, 7)] == [1.0, 2.0, 32.0, 60.0, 60.0]
    assert retry.backoff(3, 0.0) == pytest.approx(0.8)
    assert retry.backoff(3, 0.5) == pytest.approx(4.4)
    assert retry.backoff(3, 1.0, base=0.5, cap=3.0) == 3.0
    assert retry.backoff(10_000, 1.0, cap=1e9) == 2.0**16


def test_a_shut_gate_waits_as_long_as_it_is_told() -> None:
    """And a tenth more at most, for the others; without a hint it backs off."""
    hints = [(10.0, 0.0, 10.0), (10.0, 1.0, 11.0), (0.5, 0.5, 0.525), (1e9, 0.0, 300.0)]
    for wait, chance, expected in hints:
        told = Fault(FaultKind.THROTTLED, "", wait=wait)
        assert retry.gate_wait(told, 3, chance) == pytest.approx(expected)
    for none in (None, 0.0):
        silent = Fault(FaultKind.THROTTLED, "", wait=none)
        assert retry.gate_wait(silent, 3, 0.5) == retry.backoff(3, 0.5)
