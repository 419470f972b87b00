"""A crowd of jobs whose latencies are drawn, polled in virtual time by any policy, and the optimum.

Looks take no time, so that what is counted is the policy alone.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Protocol, TypeAlias

Draw: TypeAlias = Callable[[random.Random, int], float]
"""The latency of a job by its number, in seconds."""

Survival: TypeAlias = Callable[[float], float]
"""The share of jobs that take longer."""


class Job(Protocol):
    """How a policy sees one job; ages are in seconds since its submit."""

    def look(self, earliest: float) -> float: ...
    def runs(self, age: float) -> None: ...
    def ended(self, age: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What a job cost: looks, and the seconds between its end and the look that saw it."""

    polls: int
    lag: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Means over jobs; `total` is what a policy is judged by, in seconds per job."""

    polls: float
    lag: float
    total: float


def mean(seen: Sequence[Seen], cost: float = 0.5) -> Cost:
    polls = sum(one.polls for one in seen) / len(seen)
    lag = sum(one.lag for one in seen) / len(seen)
    return Cost(polls, lag, cost * polls + lag)


class Table:
    """Looks at fixed ages, then at the last distance for ever."""

    def __init__(self, ages: Sequence[float]) -> None:
        self._ages, self._next = ages, 0

    def look(self, earliest: float) -> float:
        ages, n = self._ages, self._next
        if n < len(ages):
            return max(ages[n], earliest)
        return ages[-1] + (n + 1 - len(ages)) * (ages[-1] - ages[-2])

    def runs(self, age: float) -> None:
        assert age >= 0
        self._next += 1

    def ended(self, age: float) -> None:
        assert age >= 0


class Intervals:
    """Looks after intervals that may depend on the time waited so far, or on chance."""

    def __init__(self, interval: Callable[[float], float]) -> None:
        self._interval, self._next = interval, interval(0.0)

    def look(self, earliest: float) -> float:
        return max(self._next, earliest)

    def runs(self, age: float) -> None:
        self._next = age + self._interval(age)

    def ended(self, age: float) -> None:
        self._next = age


def simulate(
    draw: Draw,
    start: Callable[[], Job],
    *,
    jobs: int = 2000,
    in_flight: int = 50,
    every: float = 0.5,
    seed: int = 0,
) -> list[Seen]:
    """So many jobs in flight at any time, from the first moment on; in the order of submits.

    As in the engine, a job asks again when its time has come: others may have taught meanwhile.
    """
    queue: list[tuple[float, int, bool]] = []
    latency = [draw(random.Random(f"{seed} {n}"), n) for n in range(jobs)]
    begun, last, polls, lag = [0.0] * jobs, [0.0] * jobs, [0] * jobs, [0.0] * jobs
    watched: list[Job] = []

    def submit(now: float) -> None:
        n = len(watched)
        if n < jobs:
            begun[n] = now
            watched.append(start())
            heapq.heappush(queue, (now + watched[n].look(every), n, False))

    for _ in range(in_flight):
        submit(0.0)
    while queue:
        now, n, again = heapq.heappop(queue)
        age, job = now - begun[n], watched[n]
        if not again and (later := job.look(last[n] + every)) > age + 1e-6:
            heapq.heappush(queue, (begun[n] + later, n, True))
            continue
        polls[n] += 1
        last[n] = age
        if age >= latency[n]:
            lag[n] = age - latency[n]
            job.ended(age)
            submit(now)
        else:
            job.runs(age)
            heapq.heappush(queue, (begun[n] + job.look(age + every), n, False))
    return [Seen(*one) for one in zip(polls, lag, strict=True)]


def optimum(
    survival: Survival, *, every: float = 0.5, cost: float = 0.5, top: float, step: float = 0.02
) -> tuple[float, list[float]]:
    """The least cost of a policy that knows the law, and its ages; by plain dynamic programming.

    Independent of the package's way: an even grid up to `top`, where no job is left, and a search
    that tries every next look.
    """
    count = round(top / step)
    share = [survival(k * step) for k in range(count + 1)]
    gap = max(1, math.ceil(every / step - 1e-9))
    after, choice = [0.0] * (count + 1), [count] * (count + 1)
    after[count] = share[count] * (cost + top)
    for k in range(count - 1, -1, -1):
        best, least = count, float("inf")
        for u in range(min(k + gap, count), count + 1):
            waiting = share[k] * (cost + (u - k) * step)
            if waiting > least:
                break
            if waiting + after[u] < least:
                best, least = u, waiting + after[u]
        after[k], choice[k] = least, best
    ages, k = [], 0
    while k < count:
        k = choice[k]
        ages.append(k * step)
    areas = accumulate(0.5 * step * (a + b) for a, b in pairwise(share))
    return after[0] - max(areas), ages


def log_normal(median: float, sigma: float) -> Draw:
    return lambda chance, _n: median * math.exp(sigma * chance.gauss(0.0, 1.0))


def log_normal_survival(median: float, sigma: float) -> Survival:
    def survival(t: float) -> float:
        return 1.0 if t <= 0 else 0.5 * math.erfc(math.log(t / median) / (sigma * math.sqrt(2)))

    return survival
