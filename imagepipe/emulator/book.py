"""The accepted jobs of one provider and when each is where.

Nothing runs here: a job's times are fixed when it is accepted, and its phase is read off the clock
when somebody asks. Places in the account's tier are given in the order of acceptance, per lane
(Runway counts per model, the others per account).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf

from imagepipe.emulator.values import Ask, Fate, Phase

QUEUED_SHARE = 0.2
"""The part of a job's time that it is queued; the rest it runs. No vendor publishes one."""


@dataclass(slots=True)
class Job:
    """One accepted request. `accepted`, `begins` and `ends` are seconds of the emulator's clock."""

    id: str
    provider: str
    digest: str
    ask: Ask
    seed: int
    fate: Fate
    seconds: float
    accepted: float
    epoch: float
    lane: str = ""
    begins: float = 0.0
    ends: float = 0.0
    polls: int = 0
    finished_polls: int = 0
    cancelled: float | None = None
    refunded: bool = False
    deleted: bool = False
    marks: set[str] = field(default_factory=set)

    def phase(self, now: float) -> Phase:
        if self.cancelled is not None:
            return "cancelled"
        if now < self.begins:
            return "waiting"
        if now < self.begins + QUEUED_SHARE * self.seconds:
            return "queued"
        if now < self.ends or self.fate.end == "never":
            return "running"
        return self.fate.end

    def progress(self, now: float) -> float:
        """How far the run is, 0 to 1."""
        started = self.begins + QUEUED_SHARE * self.seconds
        if self.ends <= started:
            return 0.5
        return round(min(max((now - started) / (self.ends - started), 0.0), 1.0), 3)


class Book:
    """One provider's jobs by id, with the places that its tier has. Not for use by threads."""

    def __init__(self, places: int | None) -> None:
        self.jobs: dict[str, Job] = {}
        self._places = places
        # Per lane, when the places taken so far become free: a heap, for speed only.
        self._ends: dict[str, list[float]] = defaultdict(list)

    def enter(self, job: Job) -> None:
        """Takes a job in and gives it its times: the earliest place, first come first served."""
        self.jobs[job.id] = job
        if self._places is None:
            _begin(job, job.accepted)
            return
        ends = self._ends[job.lane]
        while ends and ends[0] <= job.accepted:
            heappop(ends)
        free = job.accepted if len(ends) < self._places else heappop(ends)
        _begin(job, max(job.accepted, free))
        heappush(ends, _end(job))

    def cancel(self, job: Job, now: float) -> None:
        """Frees the job's place, now, for those that wait behind it."""
        job.cancelled = now
        if self._places is None:
            return
        ends: list[float] = []
        for other in self.jobs.values():
            if other.lane != job.lane or other.cancelled is not None or _end(other) <= now:
                continue
            if other.begins > now:
                _begin(other, now if len(ends) < self._places else heappop(ends))
            heappush(ends, _end(other))
        self._ends[job.lane] = ends


def _begin(job: Job, begins: float) -> None:
    job.begins = begins
    job.ends = begins + job.seconds


def _end(job: Job) -> float:
    return inf if job.fate.end == "never" else job.ends
