"""The scale on which latencies are counted: cells of equal ratio from a tenth of a second up.

Cell 0 ends at `TIMES[0]`, cell k at `TIMES[k]`, and the last one has no end. Log-spaced, because a
latency is known to a share of itself: a picture of 8 s to half a second, one of 80 s to five.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import erfc, log, sqrt

LOW, RATIO, POINTS = 0.1, 1.06, 170

TIMES: tuple[float, ...] = tuple(LOW * RATIO**k for k in range(POINTS))
"""Where cells end, in seconds: 0.1 to 1,890."""

CELLS = POINTS + 1

_STEP = log(RATIO)
LOGS: tuple[float, ...] = tuple(log(LOW) + _STEP * (k - 0.5) for k in range(CELLS))
"""The middle of each cell, as a natural logarithm."""


def position(seconds: float) -> float:
    """Where a time lies between the points; below 0 if it is in cell 0."""
    return log(seconds / LOW) / _STEP if seconds > 0 else -1.0


def point(seconds: float) -> int:
    """The nearest point, -1 for the start, `POINTS` - 1 for all that is late."""
    return min(max(round(position(seconds)), -1), POINTS - 1)


def at(survival: Sequence[float], seconds: float) -> float:
    """The share that takes longer than so many seconds, between the points as a straight line."""
    if seconds <= LOW:
        return 1.0 - (1.0 - survival[0]) * max(seconds, 0.0) / LOW
    place = position(seconds)
    k = int(place)
    if k >= POINTS - 1:
        return survival[-1]
    return survival[k] + (survival[k + 1] - survival[k]) * (place - k)


def log_normal(mean: float, deviation: float) -> list[float]:
    """The mass of each cell under a log-normal law, by mean and deviation of the logarithm."""
    scale = -1.0 / (max(deviation, 1e-3) * sqrt(2.0))
    below = [0.5 * erfc(((log(LOW) + _STEP * k) - mean) * scale) for k in range(POINTS)]
    middle = [after - before for before, after in pairwise(below)]
    return [below[0], *middle, 1.0 - below[-1]]
