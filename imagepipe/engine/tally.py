"""What became of the jobs of a run, counted; the source of reports and exit codes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from imagepipe.charges import Charges
from imagepipe.errors import StoreError
from imagepipe.events import OpenSubmit
from imagepipe.marks import Marks
from imagepipe.model import Fault, Key
from imagepipe.store.money import Sum
from imagepipe.wire import Operation

OUTCOMES = (
    "generated",
    "reused",
    "restored",
    "resumed",
    "failed",
    "ambiguous",
    "lost",
    "blocked",
    "skipped",
)
"""The ways a job can end in a run; every job is counted under exactly one."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that ended without a picture, for reports."""

    key: Key
    path: str
    provider: str
    how: str
    fault: Fault


FEWEST_DOUBTS = 3
"""New doubtful submits after which nothing more is sent to a provider; more in large runs."""


@dataclass(slots=True)
class Tally:
    """Counters of one run. `spent` sums the costs that are known, in USD; `unknown` the others.

    `in_doubt` is the money of doubtful jobs, `risked` that of submits which repeat, by somebody's
    leave, one that may have been paid for. `kept` has the outputs that are not a run's to
    replace, each with the reason; `broken` is why nothing more may be paid for. `doubts` counts
    this run's doubtful submits by provider, `planned` the jobs; `tight` once there was no money
    for one; `open` are the submits whose answer is not in the ledger at this moment, `tickets`
    the jobs by what providers called them, `charges` what replies said of prices; `reserved` what
    the store holds for jobs in flight when a run was interrupted, which this run may have begun.
    """

    total: int = 0
    jobs: Counter[str] = field(default_factory=Counter)
    requests: Counter[Operation] = field(default_factory=Counter)
    spent: Decimal = Decimal(0)
    unknown: int = 0
    failures: list[Failure] = field(default_factory=list)
    stopped: dict[str, Fault] = field(default_factory=dict)
    doubts: Counter[str] = field(default_factory=Counter)
    planned: Counter[str] = field(default_factory=Counter)
    tight: bool = False
    over_budget: bool = False
    signal: int | None = None
    seconds: float = 0.0
    open: list[OpenSubmit] = field(default_factory=list)
    in_doubt: Sum = field(default_factory=Sum)
    risked: Sum = field(default_factory=Sum)
    kept: list[tuple[str, str]] = field(default_factory=list)
    broken: StoreError | None = None
    tickets: Marks = field(default_factory=Marks)
    charges: Charges = field(default_factory=Charges)
    reserved: Sum = field(default_factory=Sum)

    def paid(self, cost: Decimal | None) -> None:
        if cost is None:
            self.unknown += 1
        else:
            self.spent += cost

    def doubtful(self, price: Decimal | None) -> None:
        self.in_doubt += _sum(price)

    def repaid(self, price: Decimal | None) -> None:
        self.risked += _sum(price)

    def doubted(self, provider: str) -> bool:
        """Count a new doubt; True once it is one too many: the third, or 1 % of the jobs."""
        self.doubts[provider] += 1
        return self.doubts[provider] >= max(FEWEST_DOUBTS, self.planned[provider] // 100)

    def failed(self, key: Key, path: str, provider: str, how: str, fault: Fault) -> None:
        self.jobs[how] += 1
        self.failures.append(Failure(key, path, provider, how, fault))

    @property
    def exit_code(self) -> int:
        """When several apply: signal, ambiguous or lost, stopped provider, budget, failed."""
        if self.signal is not None:
            return 128 + self.signal
        if self.jobs["ambiguous"] or self.jobs["lost"]:
            return 4
        if self.stopped:
            return 5
        if self.over_budget:
            return 6
        return 1 if self.jobs["failed"] or self.jobs["blocked"] else 0


def _sum(price: Decimal | None) -> Sum:
    return Sum(unknown=1) if price is None else Sum(price)
