"""When to try again: pure arithmetic over faults. Chance comes in as a number in [0, 1).

Whether a request may be repeated is the exchange's to say. Constants: full jitter (Brooker,
"Exponential Backoff and Jitter", 2015) with a base of one second for a closed gate.
"""

from __future__ import annotations

from imagepipe.model import Fault

LONGEST_WAIT = 300.0
"""A gate is never shut for longer than this many seconds at a time."""

CONNECT_TRIES = 5
"""How often a submit that never left is tried before the job is given back."""


def backoff(attempt: int, chance: float, *, base: float = 1.0, cap: float = 60.0) -> float:
    """Seconds to wait before try number `attempt` + 1: full jitter, at least a tenth of the cap."""
    ceiling = min(cap, base * 2.0 ** min(attempt, 16))
    return ceiling * (0.1 + 0.9 * chance)


def gate_wait(fault: Fault, refusals: int, chance: float) -> float:
    """How long a refused account stays shut: the vendor's hint, else backoff.

    A hint gets up to a tenth on top, so that several processes do not come back at one instant.
    """
    if fault.wait is not None and fault.wait > 0:
        return min(fault.wait * (1.0 + 0.1 * chance), LONGEST_WAIT)
    return backoff(refusals, chance)
