"""Where a run stands, provider by provider: a fold over its events, with the time handed in.

What is drawn on a terminal and what is printed as plain lines both read this. It prints nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from imagepipe import events
from imagepipe.events import Event
from imagepipe.model import Key

_RECENT = 60.0
"""Seconds over which a rate is taken."""

_REMEMBERED = 600
"""Endings kept for a rate; a faster provider's rate is taken over a shorter time."""

_BELIEVABLE = 3
"""Endings before a rate, and a time left, are shown."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a provider was declared to allow: submits a minute, jobs at a time. None is no limit."""

    rpm: Decimal | None = None
    in_flight: int | None = None


@dataclass(slots=True)
class Row:
    """One provider in a run. Times are seconds of the clock that events are taken with."""

    provider: str
    bounds: Bounds = Bounds()
    work: int = 0
    done: int = 0
    kept: int = 0
    failed: int = 0
    flying: set[Key] = field(default_factory=set)
    spent: Decimal = Decimal(0)
    unknown: int = 0
    closed_until: float = 0.0
    closed_why: str = ""
    stopped: str | None = None
    endings: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    @property
    def waiting(self) -> int:
        return max(0, self.work - self.done - self.kept - self.failed - len(self.flying))

    @property
    def total(self) -> int:
        """Jobs of this provider; a fallback may bring more than were planned."""
        return max(self.work, self.done + self.kept + self.failed + len(self.flying))

    def rate(self, now: float) -> float | None:
        """Endings a minute of late; None while too few are known."""
        while self.endings and self.endings[0] < now - _RECENT:
            self.endings.popleft()
        if len(self.endings) < _BELIEVABLE or now <= self.endings[0]:
            return None
        return (len(self.endings) - 1) / (now - self.endings[0]) * 60

    def left(self, now: float) -> float | None:
        """Seconds until this provider is through, if it goes on as of late."""
        remaining = self.waiting + len(self.flying)
        rate = self.rate(now)
        if self.stopped is not None or not remaining:
            return 0.0
        return remaining / rate * 60 if rate else None

    def why_waiting(self, now: float) -> str:
        """What keeps the next job from being sent; empty if nothing is known to."""
        if self.stopped is not None:
            return "stopped"
        if self.closed_until > now:
            return f"closed {max(1, round(self.closed_until - now))} s"
        at_a_time = self.bounds.in_flight
        if at_a_time is not None and len(self.flying) >= at_a_time:
            return f"max {at_a_time} open"
        return f"max {self.bounds.rpm.normalize():f}/min" if self.bounds.rpm else ""


class Board:
    """All providers of one run."""

    def __init__(self, bounds: Mapping[str, Bounds] | None = None) -> None:
        self._bounds = dict(bounds or {})
        self.rows: dict[str, Row] = {}
        self.total = 0
        self.kept = 0
        self.started: float | None = None
        self.draining: str | None = None

    def take(self, event: Event, now: float) -> None:
        """Account for one event that happened at `now`, in seconds of any steady clock."""
        match event:
            case events.RunStarted(total=total, work=work):
                self.total, self.started = total, now
                for name, jobs in work.items():
                    self._row(name).work = jobs
            case events.Submitting(key=key, provider=name) | events.Polled(key=key, provider=name):
                self._row(name).flying.add(key)
            case events.Finished():
                self._finished(event, now)
            case events.Stopped(key=key, provider=name):
                self._row(name).flying.discard(key)
                self._row(name).failed += 1
            case events.GateClosed(provider=name, seconds=seconds, reason=reason):
                row = self._row(name)
                row.closed_until, row.closed_why = now + seconds, reason
            case events.ProviderStopped(provider=name, fault=fault):
                self._row(name).stopped = fault.message
            case events.Draining(signal=signal):
                self.draining = signal
            case _:
                pass

    def shown(self) -> list[Row]:
        """Rows with something to say, in the order of their names."""
        return [row for _, row in sorted(self.rows.items()) if row.total]

    def sum(self, rows: Iterable[Row] | None = None) -> Row:
        """All rows, or some, as one; its rate is theirs together."""
        whole = Row("all")
        for row in self.rows.values() if rows is None else rows:
            whole.work += row.total
            whole.done += row.done
            whole.kept += row.kept
            whole.failed += row.failed
            whole.flying |= row.flying
            whole.spent += row.spent
            whole.unknown += row.unknown
        return whole

    def rate(self, now: float) -> float | None:
        rates = [rate for row in self.rows.values() if (rate := row.rate(now)) is not None]
        return sum(rates) if rates else None

    def left(self, now: float) -> float | None:
        """Seconds until the slowest provider is through; None while one is unknown."""
        slowest = 0.0
        for row in self.rows.values():
            left = row.left(now)
            if left is None:
                return None
            slowest = max(slowest, left)
        return slowest

    def _row(self, name: str) -> Row:
        if name not in self.rows:
            self.rows[name] = Row(name, self._bounds.get(name, Bounds()))
        return self.rows[name]

    def _finished(self, event: events.Finished, now: float) -> None:
        row = self._row(event.provider)
        row.flying.discard(event.key)
        if event.how not in ("generated", "resumed"):
            row.kept += 1
            return
        row.done += 1
        row.endings.append(now)
        if event.cost is None:
            row.unknown += 1
        else:
            row.spent += event.cost
