"""When to try again: pure arithmetic. Chance comes in as a number in [0, 1).

Whether a request may be repeated is the exchange's to say, and how long a refused account is left
alone is the admission's. Full jitter after Brooker, "Exponential Backoff and Jitter", 2015.
"""

from __future__ import annotations

LONGEST_WAIT = 300.0
"""Seconds that a run waits for a provider that asks it to; one that asks for more is left alone."""


def backoff(attempt: int, chance: float, *, base: float = 1.0, cap: float = 60.0) -> float:
    """Seconds to wait before try number `attempt` + 1: full jitter, at least a tenth of the cap."""
    ceiling = min(cap, base * 2.0 ** min(attempt, 16))
    return ceiling * (0.1 + 0.9 * chance)
