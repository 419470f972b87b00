"""When to look, given how long jobs take: optimal inspection by dynamic programming.

A look costs so many seconds of waiting, and a finished job waits for the next look. Be S the share
of jobs that run longer than t, and W(t) the least cost from a look at t on, counted over all jobs:
W(t) = min over u >= t + every of S(t) (cost + u - t) + W(u). Each u is a straight line in S(t), so
that all are found in one pass from the end, over the lower hull of the lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from imagepipe.polling.grid import POINTS, RATIO, TIMES, at, point

LATE = 60.0
"""Seconds between two looks at a job that runs longer than any on the scale."""


def costs_to_go(survival: Sequence[float], cost: float, every: float) -> list[float]:
    """W at each point of the grid, in seconds per job. `every`: the least time between looks."""
    after = [0.0] * POINTS
    slopes: list[float] = []
    starts: list[float] = []
    best, free = 0, POINTS - 1
    for k in range(POINTS - 1, -1, -1):
        share, now = survival[k], TIMES[k]
        while free > k and TIMES[free] >= now + every:
            slope, start = TIMES[free], after[free]
            while len(slopes) > 1 and _hidden(slopes, starts, slope, start):
                slopes.pop()
                starts.pop()
            slopes.append(slope)
            starts.append(start)
            free -= 1
        if not slopes:
            after[k] = share * (cost + LATE) * 2.0
            continue
        best = min(best, len(slopes) - 1)
        value = slopes[best] * share + starts[best]
        while best + 1 < len(slopes):
            next_value = slopes[best + 1] * share + starts[best + 1]
            if next_value > value:
                break
            best, value = best + 1, next_value
        if free > k:  # the moment at which the vendor's interval ends lies between two points
            part = (now + every - TIMES[free]) / (TIMES[free + 1] - TIMES[free])
            soon = after[free] + (after[free + 1] - after[free]) * part
            value = min(value, share * (now + every) + soon)
        after[k] = share * (cost - now) + value
    return after


def next_look(
    survival: Sequence[float], after: Sequence[float], seen: float, earliest: float
) -> float:
    """Seconds since the submit at which the next look is best.

    Args:
        survival: The share of jobs that take longer, by point.
        after: The costs to go, by point.
        seen: When the job was last seen at work; 0 if never.
        earliest: No look before that.
    """
    share = max(at(survival, seen), 1e-300)
    first = max(point(earliest), 0)
    if TIMES[first] < earliest:
        first += 1
    best, least = -1, float("inf")
    if 0 < first < POINTS:
        least = share * earliest + at(after, earliest)
    for k in range(first, POINTS):
        waiting = share * TIMES[k]
        if waiting > least:
            break
        if waiting + after[k] < least:
            best, least = k, waiting + after[k]
    if best < 0:
        return earliest if first < POINTS else max(earliest, seen + LATE)
    return max(_between(share, after, best, first), earliest)


def _between(share: float, after: Sequence[float], k: int, first: int) -> float:
    """The lowest place of the parabola through a point and its neighbours."""
    if not first < k < POINTS - 1:
        return TIMES[k]
    low, middle, high = (share * TIMES[i] + after[i] for i in (k - 1, k, k + 1))
    bend = low - 2.0 * middle + high
    if bend <= 0.0:
        return TIMES[k]
    shift = 0.5 * (low - high) / bend
    return TIMES[k] * float(RATIO ** max(-0.5, min(0.5, shift)))


def _hidden(slopes: list[float], starts: list[float], slope: float, start: float) -> bool:
    """Whether the last line is nowhere the lowest, once a flatter one has come."""
    ahead = (start - starts[-2]) * (slopes[-2] - slopes[-1])
    return ahead <= (starts[-1] - starts[-2]) * (slopes[-2] - slope)
