"""One job and what is known of it: what is to be done, and why.

The rule of the file: money is spent only where nothing at all is known of a key, or where what is
known proves that it was not paid for, or where a person said so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Final, Protocol, assert_never

from imagepipe.model import Candidate, Fault, FaultKind, Job, Json, Key, Record, State
from imagepipe.planner.changes import describe_change

RETRY = "retry asked"
"""How the reason for a picture begins that a person asked for otherwise than the manifest does."""

RESUBMITS = 2
"""How often `on_ambiguous: resubmit` pays for one doubtful job again, before a person must."""


class Verdict(StrEnum):
    """What a plan says of a job; `shared` is reported as `reused`.

    `forced` is a picture that was paid for and is paid for again, because a person asked.
    """

    NEW = "new"
    CHANGED = "changed"
    FORCED = "forced"
    REUSED = "reused"
    SHARED = "shared"
    RESTORED = "restored"
    RESUMABLE = "resumable"
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"
    LOST = "lost"

    @cached_property
    def pays(self) -> bool:
        return self in (Verdict.NEW, Verdict.CHANGED, Verdict.FORCED)

    @cached_property
    def asks_provider(self) -> bool:
        """Whether a run sends requests for it."""
        return self.pays or self in (Verdict.SHARED, Verdict.RESUMABLE)

    @cached_property
    def works(self) -> bool:
        """Whether a run has anything to do for it."""
        return self.pays or self in (Verdict.SHARED, Verdict.RESTORED, Verdict.RESUMABLE)

    @cached_property
    def asks(self) -> bool:
        """Whether a person has to decide."""
        return self in (Verdict.FAILED, Verdict.AMBIGUOUS, Verdict.LOST)


class Standing(StrEnum):
    """What is at a job's output path, compared with the job's stored picture."""

    RIGHT = "right"  # this very picture, as far as is recorded
    EDITED = "edited"  # a file that somebody changed, or made: kept, whatever is asked for
    OTHER = "other"  # an earlier picture of the job
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Previous:
    """What a job's spot showed, or asked for, last. `canonical` is None if only the lock knows."""

    key: Key
    canonical: Mapping[str, Json] | None


class Known(Protocol):
    """What the ledger, the lock and the tree of outputs say, a batch at a time.

    Reading it changes nothing.
    """

    def records(self, keys: Sequence[Key]) -> Mapping[Key, Record]:
        """What is known of each key; an absent one is new."""

    def standing(self, wanted: Sequence[tuple[Job, Record]]) -> Sequence[Standing]:
        """For each job with a committed record, what is at its output's path."""

    def has_blob(self, record: Record) -> bool:
        """Whether the picture itself is in the store."""

    def recourse(self, record: Record, provider: str) -> str | None:
        """How a run settles a doubtful submit to this instance by itself; None if it cannot."""

    def previous(self, jobs: Sequence[Job]) -> Mapping[str, Previous]:
        """By spot, what was there before."""

    def strangers(self, jobs: Sequence[Job]) -> Mapping[str, str]:
        """By spot, the file at a job's path that nothing known tells of."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a person allows: retrying failures, and paying again.

    `force` asks for pictures anew that were paid for. A job in flight or in doubt is not forced:
    it is brought in, or settled, first.
    """

    retry_failed: bool = False
    force: bool = False
    resubmit_ambiguous: bool = False
    resubmit_unbilled: int = 0


@dataclass(slots=True)  # of `Final` fields: `frozen` would cost a tenth of a plan
class Step:
    """A job with its verdict. `candidate` is the provider it is about; `record` what is known.

    `kept` is the path of a file that is a person's, and stays where the job's picture would be.
    `stranger` is that of a file where a picture is to be paid for, and of which nothing is known:
    a person's, or one that a run made which an older copy of the store has forgotten. `before` is
    what a changed job asked for last.
    """

    job: Final[Job]
    candidate: Final[Candidate]
    verdict: Final[Verdict]
    reason: Final[str]
    record: Final[Record | None] = None
    kept: Final[str | None] = None
    stranger: Final[str | None] = None
    before: Final[Previous | None] = None


def judge(jobs: Sequence[Job], known: Known, policy: Policy) -> Iterator[Step]:
    """The verdicts on a batch of jobs, in order."""
    records = known.records([c.key for job in jobs for c in job.candidates])
    stored = {id(job): found for job in jobs if (found := _committed(job, records)) is not None}
    wanted = [(job, stored[id(job)][1]) for job in jobs if id(job) in stored]
    standings = iter(known.standing(wanted))
    others = [job for job in jobs if id(job) not in stored]
    before, strange = known.previous(others), known.strangers(others)
    for job in jobs:
        if id(job) in stored:
            step = _stored(job, *stored[id(job)], next(standings), known)
            yield _forced(step) if policy.force and step.kept is None else step
        else:
            step = _open(job, records, before.get(job.spot) if before else None, policy, known)
            path = strange.get(job.spot) if strange and step.verdict.pays else None
            yield step if path is None else replace(step, stranger=path)


def _committed(job: Job, records: Mapping[Key, Record]) -> tuple[Candidate, Record] | None:
    """The first of a job's candidates whose picture was made."""
    for candidate in job.candidates:
        record = records.get(candidate.key)
        if record is not None and record.state is State.COMMITTED:
            return candidate, record
    return None


def _stored(
    job: Job, candidate: Candidate, record: Record, standing: Standing, known: Known
) -> Step:
    match standing:
        case Standing.RIGHT:
            return Step(job, candidate, Verdict.REUSED, "its picture is there", record)
        case Standing.EDITED:
            reason = "what is at its path was edited or made by hand, and is kept"
            path = f"{job.path}.{record.extension}"
            return Step(job, candidate, Verdict.REUSED, reason, record, kept=path)
        case Standing.OTHER | Standing.MISSING:
            what = "missing" if standing is Standing.MISSING else "another picture"
            if known.has_blob(record):
                reason = f"its output is {what}; the store has the picture"
                return Step(job, candidate, Verdict.RESTORED, reason, record)
            if record.ticket is not None:
                reason = f"its output is {what}, and so is its blob; the provider is asked for it"
                return Step(job, candidate, Verdict.RESUMABLE, f"{reason}, unpaid", record)
            reason = f"paid for once; its output is {what}, and the store does not have it"
            return Step(job, candidate, Verdict.LOST, reason, record)
        case _:
            assert_never(standing)


def _forced(step: Step) -> Step:
    reason = "its picture was paid for; it is made and paid for again because of --force"
    return replace(step, verdict=Verdict.FORCED, reason=reason)


def _open(
    job: Job,
    records: Mapping[Key, Record],
    before: Previous | None,
    policy: Policy,
    known: Known,
) -> Step:
    """A job none of whose candidates has a picture."""
    found = [(c, records[c.key]) for c in job.candidates if c.key in records]
    for candidate, record in found:
        if record.state not in (State.PLANNED, State.BLOCKED, State.FAILED):
            return _under_way(job, candidate, record, policy, known)
    for candidate in job.candidates:
        step = _unpaid(job, candidate, records.get(candidate.key), before, policy)
        if step.verdict is not Verdict.FAILED:
            return step
    return _failed(job, *found[0])


def _under_way(
    job: Job, candidate: Candidate, record: Record, policy: Policy, known: Known
) -> Step:
    match record.state:
        case State.AMBIGUOUS if (how := known.recourse(record, candidate.provider)) is not None:
            return Step(job, candidate, Verdict.RESUMABLE, how, record)
        case State.SUBMITTED | State.REMOTE_DONE | State.FETCHED:
            return Step(job, candidate, Verdict.RESUMABLE, "submitted by an earlier run", record)
        case State.INTENT:
            reason = f"run {record.claim} is at it"
            return Step(job, candidate, Verdict.RESUMABLE, reason, record)
        case State.AMBIGUOUS if policy.resubmit_ambiguous and record.risked < RESUBMITS:
            reason = "in doubt; paid for again because on_ambiguous says resubmit"
            return Step(job, candidate, Verdict.NEW, reason, record)
        case State.AMBIGUOUS:
            reason = "it may have been accepted and paid for; `imagepipe pending list` settles it"
            if policy.resubmit_ambiguous:
                reason = f"in doubt {record.risked + 1} times, and not paid for again: {reason}"
            return Step(job, candidate, Verdict.AMBIGUOUS, reason, record)
        case _:
            reason = "paid for, and its picture is gone; `imagepipe pending list` settles it"
            step = Step(job, candidate, Verdict.LOST, reason, record)
            return _forced(step) if policy.force else step


def _unpaid(
    job: Job,
    candidate: Candidate,
    record: Record | None,
    before: Previous | None,
    policy: Policy,
) -> Step:
    """New, unless a failure of an earlier run stands in the way."""
    if record is None or record.state is not State.FAILED:
        return _new(job, candidate, record, before)
    fault = record.fault
    if policy.retry_failed or policy.force:
        return Step(job, candidate, Verdict.NEW, "it failed, and was asked for again", record)
    if fault is not None and fault.accepted is False:
        reason = f"refused unpaid by an earlier run: {fault.message}"
        return Step(job, candidate, Verdict.NEW, reason, record)
    unbilled = fault is not None and fault.billed is False
    if unbilled and record.unbilled < policy.resubmit_unbilled:
        reason = "it failed without being billed, and budget.resubmit_unbilled allows another try"
        return Step(job, candidate, Verdict.NEW, reason, record)
    return _failed(job, candidate, record)


def _failed(job: Job, candidate: Candidate, record: Record) -> Step:
    message = record.fault.message if record.fault else "no reason was given"
    what = "`--select status:failed` tries it again"
    if is_refusal(record.fault):
        what = "change what was refused: the same request would be refused again"
    reason = f"it failed: {message}; {what}"
    return Step(job, candidate, Verdict.FAILED, reason, record)


def is_refusal(fault: Fault | None) -> bool:
    """Whether the request itself was turned down, so that the same one passes at no time."""
    return fault is not None and fault.kind in (FaultKind.MODERATED, FaultKind.REJECTED)


def _new(job: Job, candidate: Candidate, record: Record | None, before: Previous | None) -> Step:
    known = before is not None and before.key not in {c.key for c in job.candidates}
    if job.retry is not None:
        verdict = Verdict.CHANGED if known else Verdict.NEW
        reason = f"{RETRY}: {job.retry}"
        return Step(job, candidate, verdict, reason, record, before=before if known else None)
    if before is None or not known:
        return Step(job, candidate, Verdict.NEW, "no picture of it was ever made", record)
    reason = describe_change(before.canonical, candidate.canonical)
    return Step(job, candidate, Verdict.CHANGED, reason, record, before=before)
