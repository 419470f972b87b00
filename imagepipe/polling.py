"""When to look at a submitted job again. Pure: the caller holds the clock.

The interval grows with the time already waited, so that the lag stays a fixed share of the job's
own latency, whatever that is: a job of 10 s is seen at most 2 s late, one of 60 s at most 12 s.
"""

from __future__ import annotations

SHARE = 0.2
"""The lag that is accepted, as a share of the time waited so far."""

LONGEST = 15.0
"""No interval is longer than this many seconds."""


def interval(waited: float, every: float, hint: float | None = None) -> float:
    """Seconds until the next poll.

    Args:
        waited: Seconds since the job was submitted.
        every: The vendor's least interval between two polls of one job.
        hint: What the last reply asked for, if it did.
    """
    wanted = max(every, min(SHARE * waited, LONGEST))
    return max(wanted, hint) if hint is not None else wanted
