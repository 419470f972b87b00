"""A vendor that refuses what exceeds limits it does not tell, in virtual time, and what is ideal.

It refuses with a bare 429: no Retry-After, no word that tells the rate from the number in flight.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import anyio

Durations = Literal["long", "short"]


@dataclass(frozen=True)
class Hidden:
    """What a vendor allows, in submits a second and jobs at a time.

    A `bucket` holds one second's worth of submits, or one; a `minute` is a rolling one.
    """

    rate: float
    in_flight: int
    kind: Literal["bucket", "minute"] = "bucket"

    @property
    def burst(self) -> float:
        return max(1.0, self.rate) if self.kind == "bucket" else self.rate * 60.0

    def __str__(self) -> str:
        return f"{self.rate:g}/s, {self.in_flight} in flight"


@dataclass
class Limited:
    """The vendor. `outage` is from when to when it refuses everything."""

    hidden: Hidden
    chance: random.Random
    outage: tuple[float, float] = (math.inf, math.inf)
    refusals: int = 0
    accepted: list[float] = field(default_factory=list)
    working: int = 0
    most_working: int = 0
    _level: float = field(init=False)
    _at: float = 0.0
    _minute: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._level = self.hidden.burst

    async def make(self, seconds: float) -> bool:
        """One request that is held until the picture is done; False at once if it is refused."""
        await anyio.sleep(self.chance.uniform(0.02, 0.04))
        now = anyio.current_time()
        if not self._allows(now):
            self.refusals += 1
            await anyio.sleep(self.chance.uniform(0.05, 0.15))
            return False
        self.accepted.append(now)
        self.working += 1
        self.most_working = max(self.most_working, self.working)
        await anyio.sleep(seconds)
        self.working -= 1
        await anyio.sleep(self.chance.uniform(0.05, 0.15))
        return True

    def _allows(self, now: float) -> bool:
        if self.outage[0] <= now < self.outage[1] or self.working >= self.hidden.in_flight:
            return False
        if self.hidden.kind == "minute":
            while self._minute and self._minute[0] <= now - 60.0:
                self._minute.popleft()
            if len(self._minute) >= self.hidden.burst:
                return False
            self._minute.append(now)
            return True
        self._level += (now - self._at) * self.hidden.rate
        self._level, self._at = min(self._level, self.hidden.burst), now
        if self._level < 1.0 - 1e-9:
            return False
        self._level -= 1.0
        return True


def durations(hidden: Hidden, jobs: int, how: Durations, chance: random.Random) -> list[float]:
    """Seconds that jobs take.

    `long` is 6 to 60 s, so that the number in flight binds; with `short` ones, log-normal and 0.4
    of what would use both limits at once, the rate does.
    """
    if how == "long":
        return [chance.uniform(6.0, 60.0) for _ in range(jobs)]
    typical = 0.4 * hidden.in_flight / hidden.rate
    return [typical * chance.lognormvariate(-0.08, 0.4) for _ in range(jobs)]


def bound(hidden: Hidden, seconds: list[float]) -> float:
    """The time nobody can go below: by the rate, or by the number in flight."""
    by_rate = (len(seconds) - hidden.burst) / hidden.rate
    return max(by_rate, sum(seconds) / hidden.in_flight)


def ideal(hidden: Hidden, seconds: list[float], *, interval: float | None = None) -> float:
    """What one needs who knows the limits and is never late: the bound and the last jobs' time.

    With an `interval` submits are that far apart, without a burst.
    """
    if hidden.kind == "minute":
        return _by_the_minute(hidden, seconds)
    apart, level, at = interval or 1.0 / hidden.rate, 1.0 if interval else hidden.burst, 0.0
    ends: list[float] = []
    now = 0.0
    for one in seconds:
        if len(ends) >= hidden.in_flight:
            now = max(now, heapq.heappop(ends))
        level, at = min(level + (now - at) / apart, 1.0 if interval else hidden.burst), now
        if level < 1.0:
            now += (1.0 - level) * apart
            level, at = 1.0, now
        level -= 1.0
        heapq.heappush(ends, now + one)
    return max(ends)


def _by_the_minute(hidden: Hidden, seconds: list[float]) -> float:
    left: deque[float] = deque(maxlen=int(hidden.burst))
    ends: list[float] = []
    now = 0.0
    for one in seconds:
        if len(ends) >= hidden.in_flight:
            now = max(now, heapq.heappop(ends))
        if len(left) == left.maxlen:
            now = max(now, left[0] + 60.0)
        left.append(now)
        heapq.heappush(ends, now + one)
    return max(ends)
