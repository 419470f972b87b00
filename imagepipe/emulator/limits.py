"""A vendor's own view of its limits: submits per minute, submits per day.

A minute is a fixed window from its first submit, because the one documented form of a limit
(Runcrate's X-RateLimit-Limit, -Remaining and -Reset) describes such a window. Pure: the time is an
argument, in seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_MINUTE = 60.0
_DAY = 86_400.0
_TOLERANCE = 0.25
"""Seconds before the end of a full window in which a submit counts for the next one. Clients
pace by the time of sending; a server that forgave no jitter would refuse exact ones."""


@dataclass(slots=True)
class Minute:
    """At most `limit` submits in a window of 60 s. None allows any number."""

    limit: int | None
    used: int = 0
    resets: float = float("-inf")

    def take(self, now: float) -> bool:
        if self.limit is None:
            return True
        if now >= self.resets or (self.used >= self.limit and now >= self.resets - _TOLERANCE):
            self.used, self.resets = 0, now + _MINUTE
        if self.used >= self.limit:
            return False
        self.used += 1
        return True

    def wait(self, now: float) -> float:
        """Seconds until the window ends; 0 without one."""
        return max(0.0, self.resets - now)

    @property
    def remaining(self) -> int:
        return max(0, (self.limit or 0) - self.used)


@dataclass(slots=True)
class Day:
    """At most `limit` jobs in any 24 hours, per lane (Runway: per model)."""

    limit: int | None
    lanes: dict[str, deque[float]] = field(default_factory=dict)

    def take(self, now: float, lane: str) -> bool:
        if self.limit is None:
            return True
        if self.used(now, lane) >= self.limit:
            return False
        self.lanes[lane].append(now)
        return True

    def used(self, now: float, lane: str) -> int:
        taken = self.lanes.setdefault(lane, deque())
        while taken and taken[0] <= now - _DAY:
            taken.popleft()
        return len(taken)
