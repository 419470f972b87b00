"""Limits that nobody states, found by trying: how fast submits may leave, and how many may be out.

Pure arithmetic over what was accepted and refused; times come in as numbers, in seconds. Both
start low, grow quickly until the first refusal, hold what was found and try again ever more rarely.
A stated limit is where it begins and what it never exceeds. The constants were tuned together, in
virtual time, against vendors with hidden limits (`tests/bench/test_admission.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from imagepipe.pace import MARGIN

FIRST_PACE = 1.0
"""Submits a second to begin with. From there, vendors of 0.25 to 20/s were all found; starting at
2/s misreads those below 0.5/s, whose first refusals look like a limit of jobs in flight."""

RAMP = 1.25
"""Growth of a pace that was never refused, per accepted submit: 5/s after eight of them."""

CREEPS = (0.02, 0.0025)
"""Growth of a pace that was refused, per accepted submit: at first, and at least. It halves with
each measurement. Slow, so that enough is accepted between two refusals to measure by; a pace 10 %
low for thirty submits costs three of them."""

CREEPING = 16
"""Accepted submits after which the creep doubles: the limit is further away than it looked."""

AHEAD = 1.25
"""A pace grows to this multiple of what really left lately, so that submits that are held up by
something else do not raise it unseen (after AWS's adaptive mode, which allows 2)."""

ENOUGH = 12
"""Submits accepted between two refusals that measure a rate, to about one part in as many. A
vendor's bucket is empty at both of them, so that the count is what it let pass."""

MEASURED = 0.98
"""Share of a measured rate that is used."""

FIRST_CUT, EARLY_CUT, LATE_CUT = 0.8, 0.88, 0.95
"""What a refusal that measures nothing leaves of a pace: the first, before a measurement, after."""

FREE = 10_000.0
"""Submits a second where a number in flight is stated and no rate: vendors that limit the one
seldom limit the other (BFL, Ideogram, Runway), and what may be in flight bounds a burst."""

DEEPEST_CUT = 0.3
"""The first refusal leaves at least this much, however little left lately."""

HOLD = 16
"""Accepted submits at a found limit before more is tried; doubles with each try in vain, so that a
limit costs one refusal per doubling of the jobs."""

LONGEST_HOLD = 4096

FIRST_WINDOW = 4
"""Jobs in flight to begin with."""

WIDEST = 64
"""Jobs in flight at most where no limit is stated."""

TRIED = 8
"""Submits accepted with one more in flight that make it the new limit; the next step is twice as
far, so that a limit which was raised is found again quickly."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A pace in submits a second, never above `ceiling` (infinite: none is stated).

    `calm` submits were accepted at need since the last refusal; of them, `count` since `since`
    without a moment in which nothing was waiting.
    """

    pace: float = FIRST_PACE
    ceiling: float = math.inf
    bounded: bool = False
    hold: int = 0
    creep: float = CREEPS[0]
    calm: int = 0
    since: float | None = None
    count: int = 0

    @classmethod
    def stated(cls, per_minute: float) -> Rate:
        pace = per_minute / 60.0 / MARGIN
        return cls(pace, pace, bounded=True)

    @classmethod
    def free(cls) -> Rate:
        """As fast as the number in flight allows, until that is refused."""
        return cls(FREE)

    @property
    def interval(self) -> float:
        return 1.0 / self.pace

    @property
    def is_stated(self) -> bool:
        return math.isfinite(self.ceiling)

    @property
    def at_ceiling(self) -> bool:
        return self.pace >= self.ceiling

    @property
    def trying(self) -> bool:
        """Whether it is faster than what is known, or stated, to be allowed."""
        return not self.at_ceiling and (not self.bounded or self.calm > self.hold)

    def accepted(self, at: float, lately: float, *, turns: int = 1, may_grow: bool = True) -> Rate:
        """After a submit passed that left at `at`, as soon as the pace allowed.

        Args:
            at: When it left.
            lately: Submits a second that really passed.
            turns: How many it counts for.
            may_grow: Whether nothing else is being tried at the same time.
        """
        if self.since is None:
            return self.idle(at)
        after = replace(self, count=self.count + turns, calm=self.calm + turns)
        if not after.trying or not may_grow:
            return after
        if not self.bounded:
            grown = self.pace * RAMP if self.pace <= 2.0 * AHEAD * lately else self.pace
        elif self.pace <= AHEAD * lately:
            doublings = min((after.calm - self.hold) // CREEPING, 6)
            grown = self.pace * (1.0 + self.creep * 2.0**doublings)
        else:
            grown = self.pace
        return replace(after, pace=min(grown, self.ceiling))

    def idle(self, at: float) -> Rate:
        """After a submit passed that left later than it might: the vendor saved up meanwhile."""
        return replace(self, since=at, count=0)

    def refused(self, at: float, lately: float) -> Rate:
        """After a submit that left at `at` was refused for the rate."""
        after = Rate(self.pace, self.ceiling, True, self.hold, self.creep, since=at)
        if not self.bounded:
            wanted = min(self.pace * FIRST_CUT, lately * 0.9)
            known = lately if self.pace >= FREE else self.pace
            least = known * DEEPEST_CUT if math.isfinite(known) else 0.0
            return replace(after, pace=max(wanted, least) if least else FIRST_PACE)
        measured = self._measured(at)
        if measured is not None and self.calm > self.hold:
            between = math.sqrt(min(self.pace, measured) * self.pace)
            hold = min(max(HOLD, self.hold * 2), LONGEST_HOLD)
            creep = max(CREEPS[1], self.creep / 2)
            return replace(after, pace=between * MEASURED, hold=hold, creep=creep)
        return replace(after, pace=self.pace * (LATE_CUT if self.hold else EARLY_CUT))

    def forgiven(self, at: float) -> Rate:
        """After a refusal that changes nothing, as one does at a stated limit."""
        return replace(self, since=at, count=0, calm=0)

    def resumed(self, passed: int, seconds: float) -> Rate:
        """After a silence; `passed` submits were accepted in the `seconds` from one to the next.

        A quota by the minute shows as silences: what passes from one to the next is its rate.
        """
        after = replace(self, since=None, count=0)
        if passed < ENOUGH or seconds <= 0:
            return after
        pace = min(self.pace, passed / seconds * MEASURED)
        return replace(after, bounded=True, pace=pace, calm=0)

    def _measured(self, at: float) -> float | None:
        if self.since is None or self.count < ENOUGH or at <= self.since:
            return None
        return self.count / (at - self.since)


@dataclass(frozen=True, slots=True)
class Window:
    """How many may be in flight: `size`, of which `steady` is known to be allowed.

    `full` submits were accepted with all of it in use, since the last change.
    """

    size: int = FIRST_WINDOW
    ceiling: int = WIDEST
    is_stated: bool = False
    bounded: bool = False
    steady: int = 0
    hold: int = HOLD
    step: int = 1
    full: int = 0

    @classmethod
    def stated(cls, in_flight: int) -> Window:
        return cls(in_flight, in_flight, is_stated=True, bounded=True, steady=in_flight)

    @property
    def at_ceiling(self) -> bool:
        return self.size >= self.ceiling

    @property
    def trying(self) -> bool:
        return not self.bounded or self.size > self.steady

    def accepted(self, out: int) -> Window:
        """After a submit passed with which `out` were in flight."""
        if not self.bounded:
            grown = self.size + 1 if out * 2 >= self.size else self.size
            return replace(self, size=min(grown, self.ceiling), steady=max(self.steady, out))
        if out < self.size:
            return self
        counted = replace(self, full=self.full + 1)
        if self.trying and counted.full >= TRIED:
            return counted.wider(self.size, self.step * 2)
        if not self.trying and counted.full > self.hold:
            return counted.wider(self.steady, self.step)
        return counted

    def refused(self, others: int, *, surely: bool = True) -> Window:
        """After a submit was refused because `others` were in flight."""
        if self.bounded and self.trying and others >= self.steady:
            hold = min(self.hold * 2, LONGEST_HOLD) if surely else self.hold
            return replace(self, size=self.steady, hold=hold, step=1, full=0)
        size = max(1, min(others, self.ceiling))
        return Window(size, self.ceiling, self.is_stated, bounded=True, steady=size)

    def wider(self, steady: int, step: int) -> Window:
        size = min(self.size + step, self.ceiling)
        return replace(self, size=size, steady=steady, step=step, full=0)
