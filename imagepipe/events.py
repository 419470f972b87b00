"""What may happen in a run. All that people see, and every machine log, is drawn from these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from imagepipe.model import Fault, Key


@dataclass(frozen=True, slots=True)
class RunStarted:
    """`jobs` counts the planned jobs by provider that may need a request (not the reused ones)."""

    run: str
    manifests: tuple[str, ...]
    total: int
    work: dict[str, int]


@dataclass(frozen=True, slots=True)
class Submitting:
    """An intent is durable and a paid request is about to leave."""

    key: Key
    provider: str
    path: str
    attempt: int


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
    """A picture is stored and its output written. `how`: generated, resumed, restored, reused."""

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
    """Nothing is sent to this provider for `seconds`; everybody waits."""

    provider: str
    seconds: float
    reason: str


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
    | Submitting
    | Submitted
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
