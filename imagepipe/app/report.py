"""What a run and a plan came to, as the JSON that scripts depend on (docs/design.md, 8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.engine import OUTCOMES, Failure, Tally
from imagepipe.model import Fault, Json
from imagepipe.planner import Step, Summary, Verdict
from imagepipe.wire import Operation

VERSION = 1


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run. Money is USD; `unknown` counts pictures whose price nobody knows."""

    manifests: tuple[str, ...]
    run: str
    total: int
    jobs: dict[str, int]
    spent: Decimal
    unknown: int
    requests: dict[str, int]
    seconds: float
    faults: tuple[Failure, ...]
    stopped: dict[str, Fault]
    exit_code: int

    def to_json(self) -> dict[str, Json]:
        """The object that `run --json` prints."""
        jobs: dict[str, Json] = {"total": self.total, **self.jobs}
        return {
            "version": VERSION,
            "manifests": list(self.manifests),
            "run": self.run,
            "jobs": jobs,
            "cost": {"currency": "USD", "spent": money(self.spent), "unknown": self.unknown},
            "requests": dict(self.requests),
            "seconds": round(self.seconds, 3),
            "faults": [_failure(failure) for failure in self.faults],
        }


def report_of(tally: Tally, manifests: tuple[str, ...], run: str) -> Report:
    return Report(
        manifests=manifests,
        run=run,
        total=tally.total,
        jobs={name: tally.jobs[name] for name in OUTCOMES},
        spent=tally.spent,
        unknown=tally.unknown,
        requests={
            "submit": tally.requests[Operation.SUBMIT],
            "poll": tally.requests[Operation.POLL],
            "download": tally.requests[Operation.DOWNLOAD],
        },
        seconds=tally.seconds,
        faults=tuple(tally.failures),
        stopped=dict(tally.stopped),
        exit_code=tally.exit_code,
    )


def plan_json(
    manifests: tuple[str, ...],
    summary: Summary,
    orphaned: int,
    steps: Iterable[Step] | None = None,
) -> dict[str, Json]:
    """The object that `plan --json` prints; `steps` with `-v`."""
    count = summary.count
    jobs: dict[str, Json] = {
        "total": summary.total,
        "new": count(Verdict.NEW),
        "changed": count(Verdict.CHANGED),
        "reused": count(Verdict.REUSED, Verdict.SHARED),
        "restored": count(Verdict.RESTORED),
        "resumable": count(Verdict.RESUMABLE),
        "failed": count(Verdict.FAILED),
        "ambiguous": count(Verdict.AMBIGUOUS),
        "lost": count(Verdict.LOST),
        "orphaned": orphaned,
    }
    cost: dict[str, Json] = {
        "currency": "USD",
        "estimate": money(summary.estimate),
        "unknown": summary.unpriced,
    }
    head: dict[str, Json] = {
        "version": VERSION,
        "manifests": list(manifests),
        "jobs": jobs,
        "cost": cost,
    }
    return head if steps is None else {**head, "steps": [_step(step) for step in steps]}


def money(amount: Decimal) -> str:
    """A decimal string without exponent or trailing zeros."""
    return format(amount.normalize(), "f") if amount else "0"


def _step(step: Step) -> dict[str, Json]:
    verdict = Verdict.REUSED if step.verdict is Verdict.SHARED else step.verdict
    return {
        "key": step.candidate.key,
        "path": step.job.path,
        "verdict": verdict.value,
        "reason": step.reason,
    }


def _failure(failure: Failure) -> dict[str, Json]:
    return {
        "key": failure.key,
        "path": failure.path,
        "provider": failure.provider,
        "kind": failure.how if failure.how != "failed" else failure.fault.kind.value,
        "message": failure.fault.message,
    }
