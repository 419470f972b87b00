"""Where a run stands, provider by provider: a fold over its events, with the time handed in.

What is drawn on a terminal, what is printed as plain lines and what others read of a run are made
of this. It prints nothing. Times are seconds since the epoch, of a clock that goes on steadily.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeAlias

from imagepipe import events
from imagepipe.events import Event
from imagepipe.model import Key
from imagepipe.standing import Hold, Lane, Standing, Why

_RECENT = 60.0
"""Seconds over which a rate is taken."""

_REMEMBERED = 600
"""Endings kept for a rate; a faster provider's rate is taken over a shorter time."""

_BELIEVABLE = 3
"""Endings before a rate, and a time left, are shown."""

LONG = 15.0
"""Seconds of a pause from which on it is told apart from the pace: the rate before it is what the
time after it is reckoned with, and a new one is taken then."""

Price: TypeAlias = "Decimal | None"


@dataclass(slots=True)
class _Row:
    """One provider in a run: its lane, and what the lane is worked out from."""

    lane: Lane
    work: int = 0
    flying: dict[Key, Price] = field(default_factory=dict)
    unanswered: set[Key] = field(default_factory=set)
    money: set[Key] = field(default_factory=set)
    key: set[Key] = field(default_factory=set)
    rpm: Decimal | None = None
    most: int | None = None
    closed: Hold | None = None
    stopped: Hold | None = None
    blocked: Hold | None = None
    begun: float | None = None
    paced: float | None = None
    pausing: bool = False
    endings: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def begin(self, key: Key, price: Price, now: float) -> None:
        self.begun = now if self.begun is None else self.begun
        self.flying[key] = price
        self.money.discard(key)
        self.key.discard(key)

    def end(self, key: Key) -> None:
        self.flying.pop(key, None)
        self.unanswered.discard(key)
        self.money.discard(key)
        self.key.discard(key)

    def now(self, now: float, signal: str | None) -> Lane:
        prices = [price for price in self.flying.values() if price is not None]
        over = self.lane.done + self.lane.kept + self.lane.failed + len(self.flying)
        lane = replace(
            self.lane,
            total=max(
                self.work, over + self.lane.blocked
            ),  # a fallback may bring more than planned
            in_flight=len(self.flying),
            unanswered=len(self.unanswered),
            reserved=sum(prices, Decimal(0)),
            reserved_unknown=len(self.flying) - len(prices),
            rate=self._rate(now),
        )
        return replace(lane, hold=self._hold(lane, now, signal), left=self._left(lane, now, signal))

    def close(self, hold: Hold, now: float) -> None:
        until = hold.until or now
        if until - now >= LONG and not self.pausing:
            self.paced, self.pausing = self._rate(now), True
        self.closed = hold

    def _rate(self, now: float) -> float | None:
        """Endings a minute of late, with the time in which the first ones were made."""
        if self.pausing and self._closed_for(now) <= 0 and self.closed is not None:
            self.pausing, self.begun = False, self.closed.until
            self.endings.clear()
        while self.endings and self.endings[0] < now - _RECENT:
            self.endings.popleft()
        if len(self.endings) < _BELIEVABLE or self.begun is None:
            return None
        if len(self.endings) == _REMEMBERED:
            return (_REMEMBERED - 1) / max(now - self.endings[0], 0.001) * 60
        return len(self.endings) / max(min(now - self.begun, _RECENT), 1.0) * 60

    def _left(self, lane: Lane, now: float, signal: str | None) -> float | None:
        """Seconds until it is through, if it goes on as of late and its limits allow no more."""
        waiting = lane.waiting - lane.blocked
        if not waiting + lane.in_flight:
            return 0.0
        rate = self.paced if self.pausing else lane.rate
        if signal is not None or not rate:
            return None
        left = (waiting + lane.in_flight) / rate * 60
        if self.rpm:
            left = max(left, waiting / float(self.rpm) * 60)
        return left + max(0.0, self._closed_for(now)) if waiting else left

    def _closed_for(self, now: float) -> float:
        """Seconds; 0 or less: it is open."""
        return (self.closed.until or 0.0) - now if self.closed is not None else 0.0

    def _hold(self, lane: Lane, now: float, signal: str | None) -> Hold | None:
        """What keeps the next job from being sent."""
        if not lane.waiting:
            return None
        if self.stopped is not None:
            return self.stopped
        if signal is not None:
            return Hold(Why.DRAINING)
        if self.blocked is not None and lane.blocked >= lane.waiting:
            return self.blocked
        if self._closed_for(now) > 0:
            return self.closed
        open_ = lane.waiting - lane.blocked
        if self.money and len(self.money) + len(self.key) >= open_:
            return Hold(Why.MONEY)
        if len(self.key) >= open_:
            return Hold(Why.KEY)
        if self.most is not None and lane.in_flight >= self.most:
            return Hold(Why.IN_FLIGHT, most=Decimal(self.most))
        return Hold(Why.RATE, most=self.rpm) if self.rpm else Hold(Why.TRYING)


class Board:
    """All providers of one run."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}
        self._head = Standing("", (), 0.0, 0.0, 0, ())

    def standing(self, now: float) -> Standing:
        """Where the run stands; providers without jobs are left out, the others are by name."""
        signal = self._head.signal
        rows = (row.now(now, signal) for _, row in sorted(self._rows.items()))
        return replace(self._head, at=now, lanes=tuple(lane for lane in rows if lane.total))

    def take(self, event: Event, now: float) -> None:
        """Account for one event that happened at `now`."""
        match event:
            case events.Polled(key=key, provider=name):
                if key not in (row := self._row(name)).flying:  # begun by an earlier run
                    row.begin(key, None, now)
            case events.Submitting(key=key, provider=name, price=price):
                self._row(name).begin(key, price, now)
                self._row(name).unanswered.add(key)
            case events.Submitted(key=key, provider=name):
                self._row(name).unanswered.discard(key)
            case events.Refused(key=key, provider=name):
                self._row(name).end(key)
            case events.Waiting(key=key, provider=name, what=what):
                row = self._row(name)
                (row.money if what == "money" else row.key).add(key)
            case events.Finished():
                self._finished(event, now)
            case events.Stopped():
                self._stopped(event)
            case _:
                self._heard(event, now)

    def _heard(self, event: Event, now: float) -> None:
        """What concerns no single job."""
        match event:
            case events.RunStarted(run=run, manifests=manifests, total=total, work=work):
                self._head = Standing(run, manifests, now, now, total, ())
                self._head = replace(self._head, rehearsal=event.rehearsal, max_cost=event.max_cost)
                for name, jobs in work.items():
                    self._row(name).work = jobs
            case events.Limited(provider=name, rpm=rpm, in_flight=most):
                self._row(name).rpm, self._row(name).most = rpm, most
            case events.GateClosed(provider=name, seconds=seconds, reason=reason, asked=asked):
                self._row(name).close(Hold(Why.CLOSED, reason, now + seconds, asked), now)
            case events.ProviderStopped(provider=name, fault=fault):
                self._row(name).stopped = Hold(Why.STOPPED, fault.message)
            case events.Draining(signal=signal):
                again = self._head.signal is not None
                self._head = replace(self._head, signal=signal, leaving=again)
            case _:
                pass

    def _row(self, name: str) -> _Row:
        if name not in self._rows:
            self._rows[name] = _Row(Lane(name))
        return self._rows[name]

    def _finished(self, event: events.Finished, now: float) -> None:
        row = self._row(event.provider)
        row.end(event.key)
        lane = row.lane
        if event.how not in ("generated", "resumed"):
            row.lane = replace(lane, kept=lane.kept + 1)
            return
        row.endings.append(now)
        if event.how == "resumed":  # spent by the run that submitted it
            row.lane = replace(lane, done=lane.done + 1)
        elif event.cost is None:
            row.lane = replace(lane, done=lane.done + 1, unknown=lane.unknown + 1)
        else:
            row.lane = replace(lane, done=lane.done + 1, spent=lane.spent + event.cost)

    def _stopped(self, event: events.Stopped) -> None:
        """What is blocked costs nothing and waits for another run."""
        row, fault = self._row(event.provider), event.fault
        row.end(event.key)
        if event.how == "blocked":
            row.lane = replace(row.lane, blocked=row.lane.blocked + 1)
            row.blocked = Hold(Why.BLOCKED, fault.message)
        else:
            row.lane = replace(row.lane, failed=row.lane.failed + 1)
