"""Learns how long the jobs of one provider and model take, and says when to look at each.

It draws together the estimate and the schedule, and makes both anew when enough was seen. It knows
ages, the seconds since a submit, and no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from imagepipe.model import Json
from imagepipe.polling.change import Change
from imagepipe.polling.grid import CELLS, LOGS, LOW, RATIO, point
from imagepipe.polling.inspection import costs_to_go, next_look
from imagepipe.polling.latency import Latency

COST = 0.5
"""What one poll costs, in seconds that a finished picture may wait for it."""

USUAL = 4.0
"""Of a provider that nobody has tried, a job is expected to take so many of its least intervals."""

SHARE = 0.12
"""The estimate is renewed when the jobs that it does not know yet are one, and this share more."""

STILL = 0.1
"""What it tells that a job still runs, against that one has ended."""

SLOWEST = 0.99
"""The share of jobs that a mean is taken of; the rest may hold what nobody has seen yet."""

ENOUGH, MOVED = 20.0, 8.0
"""Jobs by which a change is told, and what the moved estimate weighs after one, in jobs."""

RECALLED = 30.0
"""What an earlier run's estimate weighs at most, in jobs: a provider may have changed since."""


class Learner:
    """One provider and model. Ages are in seconds since the submit was answered."""

    def __init__(self, every: float, *, usual: float | None = None, cost: float = COST) -> None:
        """`every` is the vendor's least interval, `usual` the median that is expected at first."""
        self.every, self.cost = every, cost
        self._latency = Latency(usual or USUAL * every)
        self._change = Change()
        self._news = 0.0
        self.jobs = 0
        """Jobs whose end this run has seen."""
        self.plans = 0
        """How often the schedule was made anew."""
        self._after: list[float] = []
        self._first = 0.0
        self._plan()

    def watch(self) -> Watch:
        """A job from its submit on."""
        return Watch(self, counts=True)

    def glimpse(self) -> Watch:
        """A job of an earlier run: how long it has taken is not known, so it teaches nothing."""
        return Watch(self, counts=False)

    def look(self, seen: float, earliest: float) -> float:
        """The age at which to look next, at `earliest` or later; `seen` is when it last ran."""
        if seen <= 0.0 and earliest <= self._first:
            return self._first
        return next_look(self._latency.survival, self._after, seen, earliest)

    def lesson(self) -> Json:
        """The estimate with all that was seen, to be kept for another run."""
        self._latency.fit()
        masses = [round(mass, 6) for mass in self._latency.masses]
        start = next(k for k, mass in enumerate(masses) if mass > 0.0)
        end = next(k for k, mass in enumerate(reversed(masses)) if mass > 0.0)
        kept: list[Json] = [*masses[start : CELLS - end]]
        weight = round(self._latency.weight, 3)
        return {"grid": [LOW, RATIO, CELLS], "jobs": weight, "start": start, "masses": kept}

    def recall(self, lesson: Json) -> bool:
        """Go on from what an earlier run kept; False if it is nothing that could have been kept."""
        found = _read(lesson)
        if found is None:
            return False
        masses, weight = found
        self._latency.recall(masses, min(weight, RECALLED))
        self._plan()
        return True

    def runs(self, before: int, now: int) -> None:
        self._compare(before, now, done=False)
        self._latency.runs(before, now)
        self._heard(STILL)

    def ended(self, before: int, by: int) -> None:
        self._compare(before, by, done=True)
        self._latency.ended(before, by)
        self.jobs += 1
        self._heard(1.0)

    def left(self, before: int) -> None:
        self._latency.left(before)

    def _compare(self, before: int, now: int, *, done: bool) -> None:
        """Where jobs take a fraction of what they took, all that was seen is taken as if so."""
        if self._latency.weight < ENOUGH:
            return
        moved = self._change.look(before, now, done=done, survival=self._latency.survival)
        if moved is not None:
            self._latency.move(moved, MOVED)
            self._news = 0.0
            self._plan()

    def _heard(self, news: float) -> None:
        self._news += news
        if self._news >= 1.0 + SHARE * self._latency.weight:
            self._news = 0.0
            self._latency.fit()
            self._plan()

    def _plan(self) -> None:
        survival = self._latency.survival
        self._after = costs_to_go(survival, self.cost, self.every)
        self._first = next_look(survival, self._after, 0.0, self.every)
        self.plans += 1


class Watch:
    """One job, as far as polls have seen it."""

    __slots__ = ("_counts", "_known", "_learner", "_next", "_plan", "_point", "_seen")

    def __init__(self, learner: Learner, *, counts: bool) -> None:
        self._learner, self._counts = learner, counts
        self._known = counts
        """Whether it is running, as far as anybody knows: if not, a look pays at once."""
        self._seen, self._point = 0.0, -1
        self._next, self._plan = 0.0, -1

    def look(self, earliest: float) -> float:
        """The age at which to look next, at `earliest` or later."""
        if not self._known:
            return earliest
        learner = self._learner
        if learner.plans != self._plan or earliest > self._next:
            self._next, self._plan = learner.look(self._seen, earliest), learner.plans
        return self._next

    def runs(self, age: float) -> None:
        """A look at this age found it at work."""
        self._known, self._seen, self._plan = True, age, -1
        if self._counts:
            before, self._point = self._point, point(age)
            self._learner.runs(before, self._point)

    def ended(self, age: float) -> None:
        """A look at this age found it done."""
        self._known = False
        if self._counts:
            self._counts = False
            self._learner.ended(self._point, point(age))

    def left(self) -> None:
        """It will not be looked at again; after its end this means nothing."""
        self._known = False
        if self._counts:
            self._counts = False
            self._learner.left(self._point)


def usual(lesson: Json) -> float | None:
    """The mean latency, in seconds, that a lesson tells; the slowest hundredth is left out."""
    found = _read(lesson)
    if found is None:
        return None
    total, seconds = 0.0, 0.0
    for mass, middle in zip(found[0], LOGS, strict=False):
        mass = min(mass, SLOWEST - total)  # noqa: PLW2901 - what is left of it
        total += mass
        seconds += mass * exp(middle)
    return seconds / total if total else None


def _read(lesson: Json) -> tuple[Sequence[float], float] | None:
    """Masses by cell and their weight. What is not as `lesson` writes it is nothing."""
    if not isinstance(lesson, dict) or lesson.get("grid") != [LOW, RATIO, CELLS]:
        return None
    start, kept, weight = lesson.get("start"), lesson.get("masses"), _number(lesson.get("jobs"))
    if not isinstance(start, int) or not isinstance(kept, list) or weight is None:
        return None
    masses = [mass for mass in map(_number, kept) if mass is not None]
    total = sum(masses)
    if start < 0 or start + len(kept) > CELLS or len(masses) < len(kept) or not 0.9 < total < 1.1:
        return None
    return [0.0] * start + [mass / total for mass in masses], weight


def _number(value: Json) -> float | None:
    """A number that is not negative, and finite; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        return None
    return float(value)
