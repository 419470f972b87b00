"""How long jobs take, estimated while they run, from what polls can tell.

A poll tells no moment: a job that ran at one look and was done at the next ended in between
(interval-censored), and one that still runs takes longer than so (right-censored). What is sought
is the self-consistent estimate (Turnbull 1976), found by EM over the cells of the grid, smoothed at
each step (EMS: Silverman, Jones, Wilson and Nychka 1990), around a log-normal law that follows the
data and gives way to them. No form is assumed, so that cold starts, which a fitted log-normal law
gets wrong, are just a second hill. Older jobs count for less: providers drift.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import log, sqrt

from imagepipe.polling.grid import CELLS, LOGS, POINTS, log_normal

HALF_LIFE = 120
"""Jobs after which one counts half: shorter is noisier, longer is slower to follow a drift."""

SPREAD = 0.85
"""Deviation of the logarithm before anything is known: a third to three times the usual latency."""

FIRM, TAIL = 3.0, 0.02
"""What the log-normal law weighs, in jobs; and the share of it that may take any time at all."""

SURE_OF_PLACE, SURE_OF_SPREAD = 2.0, 4.0
"""What the first guess weighs in placing and spreading that law, in jobs."""

STEPS = 2
"""EM steps at a fit. Each goes on from the last fit, so that few are enough."""

FAINT = 1e-3
"""An observation that counts for less is forgotten."""

KERNEL = (1 / 64, 6 / 64, 15 / 64, 20 / 64, 15 / 64, 6 / 64, 1 / 64)
"""Smooths by 1.2 cells, which is 7 % of a latency."""

GROWTH = 2.0 ** (1.0 / HALF_LIFE)


class Latency:
    """The estimate: `survival[k]` is the share of jobs that take longer than `TIMES[k]`."""

    def __init__(self, usual: float) -> None:
        """`usual` is the median, in seconds, that is expected of a provider nobody has tried."""
        self._usual = log(usual)
        self._seen: dict[tuple[int, int], float] = {}
        self._running = [0] * POINTS
        self._one = 1.0
        """What a job weighs that ends now: it grows, instead of all others shrinking."""
        self.weight = 0.0
        self.masses = self._law(self._usual, SPREAD)
        self.survival = _survival(self.masses)

    def runs(self, before: int, now: int) -> None:
        """A job still ran at point `now`, after it had at `before` (-1: never looked at)."""
        self._leaves(before)
        if now >= 0:
            self._running[now] += 1

    def ended(self, before: int, by: int) -> None:
        """A job ran at point `before` and was done at `by`."""
        self._leaves(before)
        by = max(by, 0)
        self._count(min(before, by - 1), by)

    def left(self, before: int) -> None:
        """Nobody looks at a job any more; it took longer than `before`."""
        self._leaves(before)
        if before >= 0:
            self._count(before, POINTS)

    def recall(self, masses: Sequence[float], weight: float) -> None:
        """Count an earlier estimate as if so many jobs had ended according to it.

        The law does not follow at once. What is usual keeps a small share in the first looks, which
        costs little, and much less than a long wait for jobs of a provider that became faster.
        """
        for k, mass in enumerate(masses):
            if mass > 0.0:
                self._seen[k - 1, k] = self._seen.get((k - 1, k), 0.0) + mass * weight * self._one
        self.weight += weight
        self.fit()

    def move(self, cells: int, weight: float) -> None:
        """Everything comes so many cells earlier from now on; that weighs so many jobs."""
        masses = [*self.masses[cells:], *[0.0] * cells]
        masses[0] += sum(self.masses[:cells])
        self._seen, self._one, self.weight = {}, 1.0, 0.0
        self.masses = masses
        self.recall(masses, weight)

    def fit(self) -> None:
        """Bring the estimate up to date with what was seen."""
        self._forget()
        seen = [*self._observations()]
        if not seen:
            return
        masses, law = self.masses, self._following(self.weight)
        for _ in range(STEPS):
            expected = _smooth(_expected(masses, seen))
            scale = 1.0 / (sum(expected) + FIRM)
            masses = [(x + FIRM * y) * scale for x, y in zip(expected, law, strict=True)]
        self.masses = masses
        self.survival = _survival(masses)

    def _leaves(self, before: int) -> None:
        if before >= 0:
            self._running[before] -= 1

    def _count(self, after: int, by: int) -> None:
        """A job that ended behind point `after`, and not behind `by`."""
        self._seen[after, by] = self._seen.get((after, by), 0.0) + self._one
        self._one *= GROWTH
        self.weight = self.weight / GROWTH + 1.0

    def _forget(self) -> None:
        """Weights are brought down to 1 for a job of now, and what is faint goes."""
        scale, self._one = 1.0 / self._one, 1.0
        scaled = ((cells, weight * scale) for cells, weight in self._seen.items())
        self._seen = {cells: weight for cells, weight in scaled if weight > FAINT}

    def _observations(self) -> Iterator[tuple[int, int, float]]:
        """Slices of cells, and how many jobs ended, or will end, in one of them."""
        for (after, by), weight in self._seen.items():
            yield after + 1, by + 1, weight
        for k, running in enumerate(self._running):
            if running:
                yield k + 1, CELLS, running

    def _following(self, total: float) -> list[float]:
        """The log-normal law with the place and spread of the last estimate."""
        mean = sum(x * y for x, y in zip(self.masses, LOGS, strict=True))
        spread = sum(x * (y - mean) ** 2 for x, y in zip(self.masses, LOGS, strict=True))
        mean = (SURE_OF_PLACE * self._usual + total * mean) / (SURE_OF_PLACE + total)
        spread = (SURE_OF_SPREAD * SPREAD**2 + total * spread) / (SURE_OF_SPREAD + total)
        return self._law(mean, sqrt(spread))

    def _law(self, mean: float, deviation: float) -> list[float]:
        law = log_normal(mean, deviation)
        return [(1.0 - TAIL) * mass + TAIL / CELLS for mass in law]


def _expected(masses: list[float], seen: list[tuple[int, int, float]]) -> list[float]:
    """How many jobs ended in each cell, if each was spread as the masses are where it may lie."""
    below = [0.0, *accumulate(masses)]
    change = [0.0] * (CELLS + 1)
    for start, end, weight in seen:
        mass = below[end] - below[start]
        share = weight / mass if mass > 1e-12 else 0.0
        change[start] += share
        change[end] -= share
    return [mass * factor for mass, factor in zip(masses, accumulate(change), strict=False)]


def _smooth(values: list[float]) -> list[float]:
    a, b, c, d, c_, b_, a_ = KERNEL
    padded = [0.0, 0.0, 0.0, *values, 0.0, 0.0, 0.0]
    shifted = zip(*(padded[shift:] for shift in range(7)), strict=False)
    return [
        a * s + b * t + c * u + d * v + c_ * w + b_ * x + a_ * y for s, t, u, v, w, x, y in shifted
    ]


def _survival(masses: list[float]) -> list[float]:
    """Summed from the far end, so that the least shares keep their digits."""
    return [*accumulate(masses[:0:-1])][::-1]
