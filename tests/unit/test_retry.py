"""Waiting before another try: within its ceiling, and never next to nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagepipe import retry


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_between_a_tenth_and_the_whole_of_its_ceiling(n: int, chance: float) -> None:
    wait = retry.backoff(n, chance)
    ceiling = min(60.0, 2.0 ** min(n, 16))
    assert 0.1 * ceiling <= wait <= ceiling


def test_waits_double_up_to_their_limit() -> None:
    """From a tenth of the ceiling to the whole of it, by chance; no number is too large."""
    assert [retry.backoff(n, 1.0) for n in (0, 1, 5, 6, 7)] == [1.0, 2.0, 32.0, 60.0, 60.0]
    assert retry.backoff(3, 0.0) == pytest.approx(0.8)
    assert retry.backoff(3, 0.5) == pytest.approx(4.4)
    assert retry.backoff(3, 1.0, base=0.5, cap=3.0) == 3.0
    assert retry.backoff(10_000, 1.0, cap=1e9) == 2.0**16
