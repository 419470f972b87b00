"""When the next request may leave, as arithmetic: GCRA over one number. No clock, no waiting.

GCRA (generic cell rate algorithm, ITU-T I.371) keeps the *theoretical arrival time* of the next
request. It is exact, needs no timer, and an idle hour earns no burst beyond the one allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MARGIN = 1.01
"""Requests leave this much further apart than the limit allows, so that no rolling minute of the
vendor's clock ever holds one too many."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A rate of one request per `interval` seconds (0 = unlimited), next due at `due`."""

    interval: float = 0.0
    due: float = 0.0

    @classmethod
    def per_minute(cls, requests: float | None) -> Pace:
        return cls(interval=60.0 / requests * MARGIN) if requests else cls()

    def wait(self, now: float) -> float:
        """Seconds until a request may leave."""
        return max(0.0, self.due - now)

    def taken(self, now: float) -> Pace:
        """The pace after one more place was taken; the caller waits for it `wait(now)` seconds."""
        if not self.interval:
            return self
        return replace(self, due=max(self.due, now) + self.interval)
