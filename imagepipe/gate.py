"""Admission to one provider account: rate, jobs in flight, closed until, stopped.

Everybody who wants to send passes here, in the order of asking. One refusal shuts the gate for all,
so that a limit is learnt once and not by each waiting job. It knows nothing of jobs or money.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from imagepipe import retry
from imagepipe.model import Fault
from imagepipe.pace import Pace

UNKNOWN_IN_FLIGHT = 16
"""Jobs in flight at a provider whose limit nobody states."""


class Closed(Exception):
    """Nothing more is admitted in this run; `fault` says why, None when the run is draining."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__("closed")
        self.fault = fault


class Gate:
    """The gate of one account. Times are those of the event loop's monotonic clock, in seconds."""

    def __init__(
        self,
        *,
        per_minute: float | None,
        in_flight: int | None,
        chance: Callable[[], float],
        on_closed: Callable[[float, str], None] = lambda _seconds, _reason: None,
    ) -> None:
        self.capacity = in_flight or UNKNOWN_IN_FLIGHT
        self._places = anyio.Semaphore(self.capacity)
        self._pace = Pace.per_minute(per_minute)
        self._queue = anyio.Lock()
        self._chance = chance
        self._on_closed = on_closed
        self._closed_until = 0.0
        self._refusals = 0
        self._fault: Fault | None = None
        self._shut = anyio.Event()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold one of the places in flight. Raises `Closed` if none is given any more."""
        async with self._places:
            self._check()
            yield

    async def turn(self) -> None:
        """Wait for the next moment at which a submit may leave.

        Raises:
            Closed: the account was stopped, or the run is draining.
        """
        async with self._queue:
            while True:
                self._check()
                now = anyio.current_time()
                wait = max(self._closed_until - now, self._pace.wait(now))
                if wait <= 0:
                    self._pace = self._pace.taken(now)
                    return
                with anyio.move_on_after(wait):
                    await self._shut.wait()

    def accepted(self) -> None:
        """A submit passed: the next refusal starts its backoff anew."""
        self._refusals = 0

    def refused(self, fault: Fault) -> None:
        """The account said "not now": everybody waits. A burst of refusals counts once."""
        now = anyio.current_time()
        wait = retry.gate_wait(fault, self._refusals, self._chance())
        if now >= self._closed_until:
            self._refusals += 1
        if now + wait > self._closed_until:
            self._closed_until = now + wait
            self._on_closed(wait, fault.message)

    def stop(self, fault: Fault | None = None) -> None:
        """Admit nothing more: a bad key, no credits, or (None) the end of the run."""
        self._fault = self._fault or fault
        self._shut.set()

    @property
    def held(self) -> int:
        """Places in flight that are taken, or waited with for a turn."""
        return self.capacity - self._places.value

    @property
    def stopped(self) -> bool:
        return self._shut.is_set()

    def _check(self) -> None:
        if self._shut.is_set():
            raise Closed(self._fault)
