"""What a run found out about an account, for the next one. Pure: its age comes in as a number.

A lesson is where the next run begins, never leave to exceed a stated limit. One that is a day old
is doubted: accounts are upgraded, and limits are shared with others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from imagepipe.admission.adaptive import (
    CREEPS,
    FIRST_PACE,
    FIRST_WINDOW,
    FREE,
    HOLD,
    WIDEST,
    Rate,
    Window,
)
from imagepipe.model import Json

KNOWN_HOLD = 4 * HOLD
"""Accepted submits for which a limit that an earlier run met is held before more is tried."""

STALE = 86_400.0
"""Seconds after which a lesson only tells where to begin the search, at half of it."""


def learnt(rate: Rate, window: Window) -> dict[str, Json]:
    """What is worth remembering: limits that nobody states, where they were met or went beyond
    the first values.
    """
    found: dict[str, Json] = {}
    if not rate.is_stated and (rate.bounded or FIRST_PACE < rate.pace < FREE):
        found |= {"rate": round(rate.pace, 4), "rate_met": rate.bounded}
    steady = window.steady if window.bounded else window.size
    if not window.is_stated and (window.bounded or steady > FIRST_WINDOW):
        found |= {"in_flight": steady, "in_flight_met": window.bounded}
    return found


def recall(
    lesson: Mapping[str, Json], age: float | None, *, rate: Rate, window: Window
) -> tuple[Rate, Window]:
    """Where to begin with this lesson, in place of the first values.

    Args:
        lesson: What `learnt` gave, as it was kept; anything else in it is passed over.
        age: Seconds since then; None is unknown.
        rate: Where one would begin without it.
        window: Likewise.
    """
    fresh = age is not None and 0 <= age < STALE
    pace, most = lesson.get("rate"), lesson.get("in_flight")
    if isinstance(pace, int | float) and not isinstance(pace, bool) and not rate.is_stated:
        rate = _rate(rate, float(pace), met=fresh and lesson.get("rate_met") is True, fresh=fresh)
    if isinstance(most, int) and not isinstance(most, bool) and not window.is_stated:
        met = fresh and lesson.get("in_flight_met") is True
        window = _window(window, most, met=met, fresh=fresh)
    return rate, window


def _rate(rate: Rate, pace: float, *, met: bool, fresh: bool) -> Rate:
    if not math.isfinite(pace) or not 0 < pace < FREE:
        return rate
    if not fresh:
        return replace(rate, pace=min(rate.pace, pace) if pace < rate.pace else pace / 2)
    if not met:
        return replace(rate, pace=pace)
    return replace(rate, pace=pace, bounded=True, hold=KNOWN_HOLD, creep=CREEPS[1])


def _window(window: Window, most: int, *, met: bool, fresh: bool) -> Window:
    if not 1 <= most <= WIDEST:
        return window
    if not fresh:
        return replace(window, size=max(1, most // 2))
    size = min(most, window.ceiling)
    if not met:
        return replace(window, size=size)
    return replace(window, size=size, bounded=True, steady=size, hold=KNOWN_HOLD)


@dataclass(slots=True)
class Memory:
    """What earlier runs found out about accounts, and what this one does.

    `known` holds a lesson by account; `age` gives the seconds since a moment that `now` told.
    """

    known: Mapping[str, Json] = field(default_factory=dict)
    now: Callable[[], str] = str
    age: Callable[[str], float | None] = lambda _moment: None
    found: dict[str, Json] = field(default_factory=dict)

    def begin(self, account: str, rate: Rate, window: Window) -> tuple[Rate, Window]:
        """Where to begin with an account; the arguments are where one would without a lesson."""
        lesson = self.known.get(account)
        if not isinstance(lesson, dict):
            return rate, window
        at = lesson.get("at")
        age = self.age(at) if isinstance(at, str) else None
        return recall(lesson, age, rate=rate, window=window)

    def keep(self, account: str, rate: Rate, window: Window) -> None:
        """What an account turned out to allow; nothing where that is all stated."""
        if lesson := learnt(rate, window):
            self.found[account] = {**lesson, "at": self.now()}
