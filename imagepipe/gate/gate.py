"""The gate of one account: a submit leaves when budget of time, window and breaker allow it.

It holds the clock and the waiting; every decision is `imagepipe.admission`'s. One refusal shuts the
gate for all, so that a limit is learnt once and not by each waiting job. It knows nothing of jobs
or money.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from imagepipe import retry
from imagepipe.admission import Admission, Breaker, Cause, Rate, Turn, Window, told
from imagepipe.gate.clock import current_time
from imagepipe.gate.line import Line
from imagepipe.model import Fault, FaultKind

READY = 8
"""Submits of an account that are built and wait for their turn: enough that none is left unused,
few enough that the pictures in them need no memory to speak of."""


class Closed(Exception):
    """Nothing more is admitted in this run; `fault` says why, None when the run is draining."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__("closed")
        self.fault = fault


class Gate:
    """Times are those of the event loop's monotonic clock, in seconds.

    `on_closed` is told of pauses, with the refusal and whether it named the time; `on_refused` of
    every refusal, when it has been learnt from; `on_stopped` once, when the gate itself gives the
    account up.
    """

    def __init__(
        self,
        name: str,
        *,
        chance: Callable[[], float],
        rate: Rate | None = None,
        window: Window | None = None,
        polls_count: bool = False,
        on_closed: Callable[[float, str, bool], None] = lambda _seconds, _reason, _asked: None,
        on_refused: Callable[[Admission], None] = lambda _admission: None,
        on_stopped: Callable[[Fault], None] = lambda _fault: None,
    ) -> None:
        self.admission = Admission(rate or Rate(), window or Window())
        self.breaker = Breaker(name)
        self._chance = chance
        self._polls_count = polls_count
        self._on_closed = on_closed
        self._on_refused = on_refused
        self._on_stopped = on_stopped
        self._submits, self._polls = Line(), Line()
        self._ready = anyio.Semaphore(READY, fast_acquire=True)
        self._polls_closed_until = 0.0
        self._fault: Fault | None = None
        self._shut = False

    @property
    def capacity(self) -> int:
        """The most submits that can ever be in flight."""
        return self.admission.window.ceiling

    @property
    def held(self) -> int:
        """What is in flight."""
        return self.admission.in_flight

    @property
    def stopped(self) -> bool:
        return self._shut

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """For one job, until the provider is done with it. Raises `Closed` if none is given."""
        self.check()
        await self._ready.acquire()
        place = Place(self)
        try:
            self.check()
            yield place
        finally:
            place.leave()

    async def poll(self) -> None:
        """Wait until a poll may leave: submits go first where the vendor counts both alike."""
        if not self._polls_count:
            await self._polls_reopened()
            return
        with self._polls.stand() as one:
            while True:
                await self._polls_reopened()
                now = current_time()
                wait = self._poll_wait(now) if self._polls.is_first(one) else math.inf
                if wait <= 0:
                    return
                await one.sleep(wait)

    def poll_refused(self, fault: Fault) -> None:
        """A poll was refused for now: no poll leaves before the vendor's hint, of whichever job."""
        wait = min(fault.wait or 0.0, retry.LONGEST_WAIT)
        until = current_time() + wait * (1.0 + 0.1 * self._chance())
        self._polls_closed_until = max(self._polls_closed_until, until)
        if self._polls_count:
            self.admission.closed_until = max(self.admission.closed_until, until)

    def stop(self, fault: Fault | None = None) -> None:
        """Admit nothing more: a bad key, no credits, or (None) the end of the run."""
        self._fault = self._fault or fault
        self._shut = True
        self._submits.wake_all()

    def check(self) -> None:
        """Raises `Closed` once nothing is admitted any more."""
        if self._shut:
            raise Closed(self._fault)

    async def next_turn(self, size: int, *, in_front: bool) -> Turn:
        """Wait for the next moment at which a submit may leave."""
        with self._submits.stand(in_front=in_front) as one:
            while True:
                self.check()
                wait = math.inf
                if self._submits.is_first(one):
                    now = current_time()
                    wait = self.admission.wait(now, size)
                    if wait <= 0:
                        return self.admission.take(now, size)
                await one.sleep(wait)

    def leave(self, turn: Turn, *, sent: bool) -> None:
        """A job is over, or was never sent."""
        if sent:
            self.admission.ended(turn)
        else:
            self.admission.give_back(turn)
        self._changed()

    def pass_(self, turn: Turn) -> None:
        """The provider took a submit on."""
        self.breaker.answered()
        self.admission.accepted(turn)
        self._changed()

    def refuse(self, turn: Turn, fault: Fault, *, reached: bool) -> None:
        """A submit was surely not taken on: everybody waits. A burst of refusals counts once."""
        now = current_time()
        hint = fault.wait if fault.wait is not None and fault.wait > 0 else None
        limit = fault.kind is FaultKind.THROTTLED
        cause = told(fault) if limit else Cause.NONE
        pause = self.admission.refused(turn, now, hint=hint, chance=self._chance(), cause=cause)
        if hint is not None and hint > retry.LONGEST_WAIT:
            self._give_up(self.breaker.parked(fault))
        elif limit and self.held:
            self.breaker.answered()
        elif (why := self.breaker.failed(fault, turn.at, now, reached=reached)) is not None:
            self._give_up(why)
        self._on_refused(self.admission)
        if pause > 0 and not self._shut:
            self._on_closed(pause, fault.message, hint is not None)
        self._changed()

    def _give_up(self, fault: Fault) -> None:
        if not self._shut:
            self._on_stopped(fault)
        self.stop(fault)

    def taken(self) -> None:
        """A submit that was ready has left, or will not."""
        self._ready.release()

    def _changed(self) -> None:
        self._submits.wake()
        self._polls.wake()

    async def _polls_reopened(self) -> None:
        if self._polls_closed_until > current_time():
            await anyio.sleep_until(self._polls_closed_until)

    def _poll_wait(self, now: float) -> float:
        """A poll gets what submits leave: all of it where none waits, or none may be in flight."""
        if len(self._submits) and not self._shut and self.admission.wait(now) < math.inf:
            return max(self.admission.wait(now), self.admission.rate.interval)
        return self.admission.poll(now)


class Place:
    """What one job has of a gate: a turn for each of its submits, and its share of the window."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._turn: Turn | None = None
        self._ready = True
        self._refused = False

    async def turn(self, size: int = 1) -> None:
        """Wait until a submit may leave that counts for `size` of the vendor's limits.

        A job has one submit in flight: the one before counts no more, or it would wait for itself.

        Raises:
            Closed: the account was stopped, or the run is draining.
        """
        self._over(sent=True)
        self._turn = await self._gate.next_turn(size, in_front=self._refused)
        self._no_longer_ready()

    def unused(self) -> None:
        """Nothing was sent after all."""
        self._over(sent=False)

    def accepted(self) -> None:
        """The submit had an answer that is no refusal for now."""
        if self._turn is not None:
            self._gate.pass_(self._turn)

    def refused(self, fault: Fault, *, reached: bool = True) -> None:
        """The submit was surely not taken on, and may be sent again."""
        if self._turn is not None:
            turn, self._turn, self._refused = self._turn, None, True
            self._gate.refuse(turn, fault, reached=reached)

    def leave(self) -> None:
        self._no_longer_ready()
        self._over(sent=True)

    def _over(self, *, sent: bool) -> None:
        if self._turn is not None:
            turn, self._turn = self._turn, None
            self._gate.leave(turn, sent=sent)

    def _no_longer_ready(self) -> None:
        if self._ready:
            self._ready = False
            self._gate.taken()
