"""What a run came to, as the JSON that scripts depend on (docs/design.md, 8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from imagepipe.app.plan_report import KEPT, VERSION, money
from imagepipe.charges import Charge
from imagepipe.engine import OUTCOMES, Failure, Tally
from imagepipe.model import Fault, Json
from imagepipe.planner import Summary
from imagepipe.store.money import Sum
from imagepipe.wire import Operation


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run. Money is USD; `unknown` counts pictures whose price nobody knows.

    `in_doubt` is the price of doubtful jobs; `risked` that of submits which repeat, by leave, one
    that may have been paid for. `kept` has the files that are a person's, and why they stay;
    `charges` is what replies said of prices, beside what was estimated; `pruned` the outputs that
    no job makes any more and that were removed. `reserved` is held for jobs in flight when the run
    was interrupted: paid for, or about to be, by a run whose `spent` does not have it.
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
    pruned: tuple[str, ...] = ()
    reserved: Sum = field(default_factory=Sum)

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
                "reserved": money(self.reserved.amount),
                "reserved_unknown": self.reserved.unknown,
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
            "pruned": list(self.pruned),
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
        reserved=tally.reserved,
    )


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
