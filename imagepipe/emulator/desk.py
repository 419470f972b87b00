"""What all six vendors have in common behind the counter of one provider: quirks, limits, jobs.

The desk decides whether a request is admitted and what becomes of it; how that is said is the
vendor's own affair. One event loop uses it: there is no await between a check and its effect.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from imagepipe.emulator.book import Book, Job
from imagepipe.emulator.limits import Day, Minute
from imagepipe.emulator.quirks import Always, Chance, First, Lasting
from imagepipe.emulator.settings import Settings
from imagepipe.emulator.state import Accepted, Ended, StateFile
from imagepipe.emulator.tally import Tally
from imagepipe.emulator.values import Ask, Clock, Fate, chance

_UNPAID = frozenset(
    {
        "fail-third-party",
        "fail-bad-output",
        "fail-preprocessing",
        "fail-unavailable",
        "fail-asset",
        "fail-validation",
        "fail-no-code",
        "fail",
    }
)
"""Failures that are refunded (providers' documents, where they say so, and reports). Moderation is
charged in full: docs.dev.runwayml.com/api-details/moderation."""

FATES: dict[str, Fate] = {
    "fail": Fate("failed", "INTERNAL"),
    "fail-safety-input": Fate("failed", "SAFETY.INPUT.TEXT"),
    "fail-safety-output": Fate("failed", "SAFETY.OUTPUT.IMAGE"),
    "fail-safety-prompt": Fate("failed", "INPUT_PREPROCESSING.SAFETY.TEXT"),
    "fail-third-party": Fate("failed", "INPUT_PREPROCESSING.SAFETY.THIRD_PARTY"),
    "fail-bad-output": Fate("failed", "INTERNAL.BAD_OUTPUT.CODE01"),
    "fail-preprocessing": Fate("failed", "INPUT_PREPROCESSING.INTERNAL"),
    "fail-unavailable": Fate("failed", "THIRD_PARTY.UNAVAILABLE"),
    "fail-asset": Fate("failed", "ASSET.INVALID"),
    "fail-validation": Fate("failed", "THIRD_PARTY.INPUT_VALIDATION"),
    "fail-no-code": Fate("failed", None),
    "cancelled": Fate("cancelled", billed=False),
    "forever": Fate("never"),
}


class Desk:
    """One provider's account. `reset` makes it as new, with the same settings.

    `queues` says whether jobs over the in-flight limit wait for a place (vendors with tasks) or are
    refused by the vendor (synchronous ones).
    """

    def __init__(
        self,
        provider: str,
        settings: Settings,
        clock: Clock,
        state: StateFile | None = None,
        *,
        queues: bool = True,
    ) -> None:
        self.provider = provider
        self.settings = settings
        self.clock = clock
        self.quirks = settings.quirks_of(provider)
        self.limits = settings.limits_of(provider)
        self._latency = settings.latency_of(provider)
        self._state = state
        self._queues = queues
        self.reset()

    def reset(self) -> None:
        self.tally = Tally()
        self.minute = Minute(self.limits.rpm)
        self.day = Day(self.limits.daily)
        self.book = Book(self.limits.in_flight if self._queues else None)
        self.open_requests = 0
        self._struck: Counter[str] = Counter()

    # -- quirks -------------------------------------------------------------------------------

    def on(self, quirk: str) -> bool:
        """Whether a quirk that is simply on or off is on."""
        return quirk in self.quirks

    def strikes(self, quirk: str, digest: str = "") -> bool:
        """Whether a quirk hits this time. Counts: ask once per occasion."""
        match self.quirks.get(quirk):
            case None | Lasting():
                return False
            case Always():
                return True
            case First(count):
                self._struck[quirk] += 1
                return self._struck[quirk] <= count
            case Chance(probability):
                self._struck[quirk + digest] += 1
                nth = self._struck[quirk + digest]
                draw = chance(self.settings.seed, self.provider, quirk, digest, nth)
                return draw < probability

    def lasts(self, quirk: str, job: Job, polls: int) -> bool:
        """Whether a quirk of a job's first polls, or seconds, still holds at its `polls`th."""
        match self.quirks.get(quirk):
            case Always():
                return True
            case First(count):
                return polls <= count
            case Lasting(seconds):
                return self.clock.seconds() - job.accepted < seconds
            case _:
                return False

    def polls_of(self, quirk: str) -> int:
        """How many polls a quirk lasts; 0 when it is off or counts something else."""
        match self.quirks.get(quirk):
            case First(count):
                return count
            case Always():
                return 10**9
            case _:
                return 0

    # -- jobs ---------------------------------------------------------------------------------

    def accept(self, ask: Ask, digest: str, price: Decimal | None, *, lane: str = "") -> Job:
        """Takes a job for good: from here on it is paid for. Durable before it returns."""
        nth = self.tally.accepted[digest] + 1
        seed = self.settings.seed
        now = self.clock.seconds()
        job = Job(
            id=str(uuid.uuid4()),  # never twice the same, also after a reset
            provider=self.provider,
            digest=digest,
            ask=ask,
            seed=ask.seed if ask.seed is not None else int(chance(seed, digest) * (2**31 - 1)),
            fate=self._fate(digest),
            seconds=self._latency.at(chance(seed, self.provider, "latency", digest, nth)),
            accepted=now,
            epoch=self.clock.epoch(),
            lane=lane,
        )
        self._enter(job, price)
        if self._state is not None:
            self._state.write(_as_entry(job))
        return job

    def cancel(self, job: Job, *, refunded: bool, deleted: bool) -> None:
        """Ends a job that runs, or removes one that has ended, as a client asked."""
        now = self.clock.seconds()
        self._end(job, now, refunded=refunded, deleted=deleted)
        if self._state is not None:
            ended = Ended(job.id, job.provider, self.clock.epoch(), deleted, refunded)
            self._state.write(ended)

    def restore(self, entry: Accepted | Ended, price: Decimal | None = None) -> None:
        """Takes over what an earlier process wrote."""
        now = self.clock.seconds() - self.clock.epoch() + entry.epoch
        match entry:
            case Accepted():
                job = Job(
                    id=entry.id,
                    provider=entry.provider,
                    digest=entry.digest,
                    ask=entry.ask,
                    seed=entry.seed,
                    fate=entry.fate,
                    seconds=entry.seconds,
                    accepted=now,
                    epoch=entry.epoch,
                    lane=entry.lane,
                )
                self._enter(job, price)
            case Ended():
                job = self.book.jobs[entry.id]
                self._end(job, now, refunded=entry.refunded, deleted=entry.deleted)

    def phases(self) -> Counter[str]:
        now = self.clock.seconds()
        return Counter(job.phase(now) for job in self.book.jobs.values())

    def _enter(self, job: Job, price: Decimal | None) -> None:
        self.book.enter(job)
        self.tally.accept(job.digest, job.ask.prompt, price)
        if self._queues:  # a synchronous request is under way as long as it is open
            self.tally.hold(job.accepted, job.ends)

    def _end(self, job: Job, now: float, *, refunded: bool, deleted: bool) -> None:
        if job.phase(now) in ("waiting", "queued", "running"):
            job.refunded = refunded
            self.book.cancel(job, now)
        job.deleted = job.deleted or deleted

    def _fate(self, digest: str) -> Fate:
        for name in self.quirks:
            if name in FATES and self.strikes(name, digest):
                billed = name not in _UNPAID and FATES[name].billed
                billed = (billed or self.on("failures-billed")) and not self.on("failures-free")
                return replace(FATES[name], billed=billed)
        return Fate()


def _as_entry(job: Job) -> Accepted:
    return Accepted(
        id=job.id,
        provider=job.provider,
        digest=job.digest,
        lane=job.lane,
        seed=job.seed,
        seconds=job.seconds,
        epoch=job.epoch,
        fate=job.fate,
        ask=job.ask,
    )
