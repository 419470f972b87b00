"""Where a run stands: values that a run makes of its events, and that whoever watches it reads.

Times are seconds since the epoch, money is USD. Knows neither files nor how it is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from imagepipe.charges import Charge
from imagepipe.model import Fault, Key


class Why(StrEnum):
    """What keeps a provider's next job from being sent."""

    STOPPED = "stopped"
    """The account takes nothing more in this run: bad key, no credits, given up."""
    DRAINING = "draining"
    """A signal came: what waits is left for the next run."""
    BLOCKED = "blocked"
    """The jobs that are left cannot be sent, as `text` says: the cost limit is reached."""
    CLOSED = "closed"
    """Nothing is sent until a time, which the provider named or this program chose."""
    MONEY = "money"
    """What is left of the budget is reserved by jobs in flight."""
    KEY = "key"
    """Another run, or an earlier job, is at the same request."""
    IN_FLIGHT = "in_flight"
    """As many jobs are out as the account allows at a time."""
    RATE = "rate"
    """Submits leave as fast as the account allows."""
    TRYING = "trying"
    """Nobody states what the account allows: it is found by trying."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why jobs wait. `text` are a vendor's words, or ours.

    `until` and `asked` (the provider named it) are of a closed account, `most` is the limit that
    is used up.
    """

    why: Why
    text: str = ""
    until: float | None = None
    asked: bool = False
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One provider in a run. Every job is done, there before, failed, in flight or waiting.

    `unanswered` of the jobs in flight have been submitted and are without an answer; `blocked` of
    the waiting ones will not be sent in this run. `unknown` counts the pictures whose price nobody
    knows, `reserved` is what jobs in flight may cost. `rate` is pictures a minute of late, `left`
    seconds; None: not known.
    """

    provider: str
    total: int = 0
    done: int = 0
    kept: int = 0
    failed: int = 0
    blocked: int = 0
    in_flight: int = 0
    unanswered: int = 0
    spent: Decimal = Decimal(0)
    unknown: int = 0
    reserved: Decimal = Decimal(0)
    reserved_unknown: int = 0
    rate: float | None = None
    left: float | None = None
    hold: Hold | None = None

    @property
    def waiting(self) -> int:
        return max(0, self.total - self.done - self.kept - self.failed - self.in_flight)


@dataclass(frozen=True, slots=True)
class Said:
    """A line that people were told, such as a failure; `tone` is failure, warning, good or note."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Jobs that ended without a picture for one reason; `named` are the first of them."""

    how: str
    provider: str
    fault: Fault
    jobs: int
    named: tuple[tuple[Key, str], ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: what its summary tells. Sums are USD with the number of unknown prices."""

    exit_code: int
    seconds: float
    total: int
    jobs: Mapping[str, int]
    requests: Mapping[str, int]
    spent: Decimal
    unknown: int
    in_doubt: tuple[Decimal, int]
    risked: tuple[Decimal, int]
    causes: tuple[Cause, ...]
    stopped: Mapping[str, Fault]
    kept: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    charges: tuple[Charge, ...] = ()
    reserved: tuple[Decimal, int] = (Decimal(0), 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """A run at one moment, `at`; `signal` is what it drains for, and `leaving` that a
    second one came: it waits for the answers to submits and for nothing else.

    `manifests` and `outputs`, where its pictures go, are absolute paths in what others read, and
    `again` the words of a command line that goes on with the same selection and limit.
    `said` are the last of the `spoken` lines that people were told. `ending` is there once it is
    over; a run that was killed never has one.
    """

    run: str
    manifests: tuple[str, ...]
    started: float
    at: float
    total: int
    lanes: tuple[Lane, ...]
    rehearsal: bool = False
    max_cost: Decimal | None = None
    signal: str | None = None
    said: tuple[Said, ...] = ()
    spoken: int = 0
    ending: Ending | None = None
    outputs: str = ""
    again: tuple[str, ...] = ()
    leaving: bool = False


def whole(lanes: tuple[Lane, ...]) -> Lane:
    """All lanes as one. Its time left is the longest, and unknown while that of one is."""
    rates = [lane.rate for lane in lanes if lane.rate is not None]
    lefts = [lane.left for lane in lanes]
    return Lane(
        "all",
        total=sum(lane.total for lane in lanes),
        done=sum(lane.done for lane in lanes),
        kept=sum(lane.kept for lane in lanes),
        failed=sum(lane.failed for lane in lanes),
        blocked=sum(lane.blocked for lane in lanes),
        in_flight=sum(lane.in_flight for lane in lanes),
        unanswered=sum(lane.unanswered for lane in lanes),
        spent=sum((lane.spent for lane in lanes), Decimal(0)),
        unknown=sum(lane.unknown for lane in lanes),
        reserved=sum((lane.reserved for lane in lanes), Decimal(0)),
        reserved_unknown=sum(lane.reserved_unknown for lane in lanes),
        rate=sum(rates) if rates else None,
        left=None if None in lefts else max((left for left in lefts if left), default=0.0),
    )
