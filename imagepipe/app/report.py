"""What a run and a plan came to, as the JSON that scripts depend on (docs/design.md, 8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from imagepipe.charges import Charge
from imagepipe.engine import OUTCOMES, Failure, Tally
from imagepipe.model import Fault, Json
from imagepipe.planner import Step, Summary, Verdict
from imagepipe.store.money import Sum
from imagepipe.wire import Operation

VERSION = 1

KEPT = "it was edited or made by hand"
"""Why a file stays where a picture of the store would be."""


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run. Money is USD; `unknown` counts pictures whose price nobody knows.

    `in_doubt` is the price of doubtful jobs; `risked` that of submits which repeat, by leave, one
    that may have been paid for. `kept` has the files that are a person's, and why they stay;
    `charges` is what replies said of prices, beside what was estimated.
    """

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
    in_doubt: Sum = field(default_factory=Sum)
    risked: Sum = field(default_factory=Sum)
    kept: tuple[tuple[str, str], ...] = ()
    rehearsal: bool = False
    charges: tuple[Charge, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """The object that `run --json` prints."""
        jobs: dict[str, Json] = {"total": self.total, **self.jobs}
        return {
            "version": VERSION,
            "manifests": list(self.manifests),
            "run": self.run,
            "jobs": jobs,
            "cost": {
                "currency": "USD",
                "spent": money(self.spent),
                "unknown": self.unknown,
                "in_doubt": money(self.in_doubt.amount),
                "in_doubt_unknown": self.in_doubt.unknown,
                "risked": money(self.risked.amount),
                "risked_unknown": self.risked.unknown,
                "charges": [_charge(charge) for charge in self.charges],
            },
            "requests": dict(self.requests),
            "seconds": round(self.seconds, 3),
            "faults": [_failure(failure) for failure in self.faults],
            "kept": [{"path": path, "reason": reason} for path, reason in self.kept],
            "rehearsal": self.rehearsal,
        }


def report_of(
    tally: Tally, manifests: tuple[str, ...], run: str, summary: Summary, *, rehearsal: bool
) -> Report:
    """The report of a run that carried out a plan with this summary."""
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
        in_doubt=tally.in_doubt,
        risked=tally.risked,
        kept=(*((path, KEPT) for path in summary.kept), *tally.kept),
        rehearsal=rehearsal,
        charges=tuple(tally.charges),
    )


def plan_json(
    manifests: tuple[str, ...],
    summary: Summary,
    orphaned: int,
    steps: Iterable[Step] | None = None,
    *,
    rehearsal: bool = False,
    over_budget: str | None = None,
) -> dict[str, Json]:
    """The object that `plan --json` prints; `steps` with `-v`.

    `over_budget` is why a run would refuse to pay for this plan.
    """
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
        "kept": [{"path": path, "reason": KEPT} for path in summary.kept],
        "strangers": list(summary.strangers),
        "rehearsal": rehearsal,
        "over_budget": over_budget,
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


def _charge(charge: Charge) -> dict[str, Json]:
    """One case of a price: what its pictures were estimated at and charged with, in USD."""
    estimated = charge.estimated
    return {
        "provider": charge.provider,
        "case": {name: text for name, text in charge.case if not name.startswith("?")},
        "pictures": charge.pictures,
        "estimated": None if estimated is None else money(estimated),
        "charged": money(charge.charged),
        "drift": charge.has_drifted,
    }


def _failure(failure: Failure) -> dict[str, Json]:
    return {
        "key": failure.key,
        "path": failure.path,
        "provider": failure.provider,
        "kind": failure.how if failure.how != "failed" else failure.fault.kind.value,
        "message": failure.fault.message,
    }
