"""What a refused submit was about: the rate, or the number in flight.

A refusal says only that a limit was reached. Which one follows from what was being tried, from how
long ago the submit before it left, and from refusals that came before. Pure; moments are seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from imagepipe.admission.adaptive import Rate, Window
from imagepipe.model import Fault
from imagepipe.pace import Pace

SURE = 2
"""Doubtful refusals with as many jobs in flight: the next one is for their number."""

APART = 3.0
"""A submit that left so many intervals after the last one cannot have been too fast."""

NEARLY = 0.8
"""Share of a window from which its size is a possible cause."""

_NUMBER = re.compile(
    r"concurren|in[-_ ]?flight|parallel|simultaneous|at (?:once|the same time)", re.IGNORECASE
)
_SPEED = re.compile(r"(?:per|/|a) ?(?:second|sec|minute|min|hour)\b|\b[ri]p[ms]\b", re.IGNORECASE)


class Cause(StrEnum):
    """Which limit a refusal is put down to. `NONE`: the account had trouble of another kind."""

    RATE = "rate"
    WINDOW = "window"
    EITHER = "either"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(slots=True, eq=False)
class Turn:
    """A submit that may leave at `at`, with `others` in flight; it counts for `size` of them.

    `prompt` if it left as soon as the pace allowed; `before` is the pace that giving it back
    restores.
    """

    number: int
    at: float
    size: int
    others: int
    prompt: bool
    before: Pace
    passed: bool = False


@dataclass(frozen=True, slots=True)
class Burst:
    """Refusals with nothing passed in between, which count as one.

    Those up to turn `upto` left before the last one came back. `rate` and `window` are what was
    allowed before; `others` were in flight at the first, `last` at the latest.
    """

    cause: Cause
    at: float
    upto: int
    count: int
    others: int
    last: int
    gap: float
    rate: Rate
    window: Window


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A number in flight at which doubtful refusals came, `gap` seconds after the submit before."""

    others: int
    gap: float
    times: int = 1


def blame(
    turn: Turn,
    others: int,
    gap: float,
    *,
    rate: Rate,
    window: Window,
    suspicion: Suspicion | None,
) -> Cause:
    """The cause of the first refusal after something passed.

    Args:
        turn: The refused submit.
        others: How many were in flight that left before it.
        gap: Seconds between it and the last one that passed.
        rate: What it was sent by.
        window: Likewise.
        suspicion: What earlier refusals left in doubt.
    """
    if others == 0 or (window.is_stated and not rate.bounded):
        return Cause.RATE
    if not window.bounded:
        return _at_first(others, gap, window, suspicion)
    if window.trying and others >= window.steady:
        alone = not window.full or not turn.prompt or gap >= 2.0 * rate.interval
        return Cause.WINDOW if alone else Cause.EITHER
    if gap >= APART * rate.interval:
        return Cause.WINDOW
    if turn.prompt and rate.trying:
        return Cause.RATE
    crowded = others >= NEARLY * window.size and not turn.prompt
    return Cause.WINDOW if crowded else Cause.RATE


def _at_first(others: int, gap: float, window: Window, suspicion: Suspicion | None) -> Cause:
    """While both limits are being looked for at once."""
    if others + 1 <= NEARLY * window.steady:
        return Cause.RATE
    if suspicion is None or others > suspicion.others:
        return Cause.UNKNOWN
    sure = gap >= APART * suspicion.gap or suspicion.times >= SURE
    return Cause.WINDOW if sure else Cause.UNKNOWN


def suspect(suspicion: Suspicion | None, burst: Burst, others: int) -> Suspicion | None:
    """What is left in doubt when something passed again, with so many others in flight."""
    if burst.cause is not Cause.UNKNOWN:
        refuted = suspicion is not None and others > suspicion.others
        return None if refuted or burst.others == 0 else suspicion
    if others >= burst.others:
        return None
    if suspicion is None or burst.others > suspicion.others:
        return Suspicion(burst.others, burst.gap)
    return replace(suspicion, times=suspicion.times + 1)


def told(fault: Fault) -> Cause | None:
    """The cause that a vendor's own words name (`inflight_limit`, "images per minute"), if any."""
    words = f"{fault.code or ''} {fault.message}"
    if _NUMBER.search(words):
        return Cause.WINDOW
    return Cause.RATE if _SPEED.search(words) else None
