"""What may happen in a run. All that people see, and every machine log, is drawn from these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from imagepipe.model import Fault, Key


@dataclass(frozen=True, slots=True)
class RunStarted:
    """`work` counts the planned jobs by provider that have something to do (not the reused ones).

    `max_cost` is the limit in USD, None if there is none.
    """

    run: str
    manifests: tuple[str, ...]
    total: int
    work: dict[str, int]
    rehearsal: bool = False
    max_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Limited:
    """What an account allows, as stated or as it was found by trying; None: nothing is known.

    `rpm` is submits a minute, `in_flight` jobs at a time.
    """

    provider: str
    rpm: Decimal | None
    in_flight: int | None


@dataclass(frozen=True, slots=True)
class Submitting:
    """An intent is durable and a paid request is about to leave.

    `price` is what is set aside for it, in USD, None if nobody knows it.
    """

    key: Key
    provider: str
    path: str
    attempt: int
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A submit was surely not taken on; the job waits, and is submitted again by itself."""

    key: Key
    provider: str
    path: str
    attempt: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job waits for what others have.

    `what` is `money` (the budget's, which jobs in flight have reserved) or `key` (another run, or
    an earlier job, is at the same request).
    """

    key: Key
    provider: str
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """The provider accepted the job; `ticket` is its id, None for one that answers at once."""

    key: Key
    provider: str
    path: str
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Polled:
    key: Key
    provider: str
    status: str


@dataclass(frozen=True, slots=True)
class Downloaded:
    key: Key
    provider: str
    size: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A picture is stored and its output written. `how`: generated, resumed, restored, reused.

    `seconds` of this run, from the moment at which the job asked for its turn.
    """

    key: Key
    provider: str
    path: str
    how: str
    cost: Decimal | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """A job ended without a picture. `how`: failed, ambiguous, lost, blocked, skipped."""

    key: Key
    provider: str
    path: str
    how: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class GateClosed:
    """Nothing is sent to this provider for `seconds`; everybody waits.

    `asked`: the provider named the time itself.
    """

    provider: str
    seconds: float
    reason: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class ProviderStopped:
    """This account takes nothing more in this run (bad key, no credits)."""

    provider: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing that is no failure: an unknown status, an edited output kept."""

    message: str
    provider: str | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Draining:
    """A signal came: no new submits; paid work goes on."""

    signal: str
    in_flight: int


@dataclass(frozen=True, slots=True)
class OpenSubmit:
    """A submit that was decided on and has no durable answer: it may have been paid for.

    `since` is UTC, ISO 8601; `price` is USD, None if unknown.
    """

    key: Key
    provider: str
    path: str
    since: str
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Left:
    """The run ends at this moment, with submits unanswered: nothing more is heard of it."""

    signal: str
    in_doubt: tuple[OpenSubmit, ...]


@dataclass(frozen=True, slots=True)
class RunFinished:
    run: str
    seconds: float
    exit_code: int


Event: TypeAlias = (
    RunStarted
    | Limited
    | Submitting
    | Refused
    | Submitted
    | Waiting
    | Polled
    | Downloaded
    | Finished
    | Stopped
    | GateClosed
    | ProviderStopped
    | Note
    | Draining
    | Left
    | RunFinished
)

Listener: TypeAlias = Callable[[Event], None]
