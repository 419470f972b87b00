"""When the next request may leave, as arithmetic: GCRA over one number. No clock, no waiting.

GCRA (generic cell rate algorithm, ITU-T I.371) keeps the *theoretical arrival time* of the next
request. It is exact, needs no timer, and an idle hour earns no burst beyond the one allowed.
"""

from __future__ import annotations

from dataclasses import dataclass

MARGIN = 1.01
"""Requests leave this much further apart than a stated limit allows, so that no rolling minute of
the vendor's clock ever holds one too many."""


@dataclass(frozen=True, slots=True)
class Pace:
    """One request per `interval` seconds (0 = unlimited), next due at `due`."""

    interval: float = 0.0
    due: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a request may leave."""
        return max(0.0, self.due - now)

    def taken(self, now: float, turns: int = 1) -> Pace:
        """The pace after a request that counts for so many turns left."""
        if not self.interval:
            return self
        return Pace(self.interval, max(self.due, now) + turns * self.interval)

    def at(self, interval: float) -> Pace:
        """The same pace at another speed: what is due next is due by the new one."""
        return Pace(interval, self.due - self.interval + interval)
