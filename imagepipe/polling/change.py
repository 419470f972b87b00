"""Whether jobs have begun to take a fraction of what they took: a test that goes on all the time.

A look that finds its job done does not tell how long ago it ended. So where a provider becomes
faster, the estimate follows slowly, by what lies just before the looks. But how often a look finds
its job done tells much: each look has a probability of that under the estimate, and another one if
all took half as long. The sum of the logarithms of their ratio, never below 0, crosses a bound soon
after such a change and seldom otherwise (the cumulative sum of Page 1954, with the likelihood
ratios of Lorden 1971). Providers that become slower need none: looks see that jobs still run.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from imagepipe.polling.grid import POINTS

FASTER = (8, 14)
"""Cells by which all may have moved: to 0.63 and to 0.44 of what it was."""

BOUND = 11.0
"""The sum that is believed. False alarms come less often than once in e**BOUND looks."""

LEAST = 0.02
"""No outcome of a look is thought less likely: what is left for jobs that are unlike the others."""


class Change:
    """The sums, by what may have happened."""

    def __init__(self) -> None:
        self._sums = [0.0] * len(FASTER)

    def look(self, before: int, now: int, *, done: bool, survival: Sequence[float]) -> int | None:
        """A look at point `now` at a job that ran at point `before`; -1: never looked at.

        Returns:
            The cells by which the estimate is to be moved down, once that is clear.
        """
        if now <= before:
            return None
        usual = _likely(survival, before, now, done=done)
        for n, cells in enumerate(FASTER):
            if_so = _likely(survival, before, now, done=done, moved=cells)
            self._sums[n] = max(0.0, self._sums[n] + log(if_so / usual))
        n = max(range(len(FASTER)), key=self._sums.__getitem__)
        if self._sums[n] < BOUND:
            return None
        self._sums = [0.0] * len(FASTER)
        return FASTER[n]


def _likely(
    survival: Sequence[float], before: int, now: int, *, done: bool, moved: int = 0
) -> float:
    """The probability of what a look found, if everything comes so many cells earlier."""
    ran = 1.0 if before < 0 else survival[min(before + moved, POINTS - 1)]
    share = survival[min(now + moved, POINTS - 1)] / ran if ran > 0.0 else 0.0
    return max(1.0 - share if done else share, LEAST)
