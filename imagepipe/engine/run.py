"""The run loop: a lane per provider pulls its steps from the plan, and each job goes its own way.

How it works:

1. Every provider has a lane: its own stream of steps, so that a slow one holds up no other.
2. A lane starts a job when there is room; the gate of its account decides when a submit may leave.
3. A job's end is a value. A bug in one job stops admission, lets paid work finish, and is raised
   at the end; it never cancels another job.
4. What there is no money for waits until all the rest is done: what others reserve, in this run
   or beside it, they may not spend.
5. What somebody else is at (another run, or an earlier job with the same request) comes last, and
   is taken from the store.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

import anyio

from imagepipe import events
from imagepipe.engine.accounts import opened, remember
from imagepipe.engine.counting import count, stop
from imagepipe.engine.errand import LOOK_AGAIN, Errand, Wait
from imagepipe.engine.fetching import OneATurn
from imagepipe.engine.ports import Ports
from imagepipe.engine.tally import Tally
from imagepipe.engine.terms import Terms
from imagepipe.engine.writer import Writer
from imagepipe.errors import SetupError, StoreError
from imagepipe.events import Listener
from imagepipe.gate import Closed, Gate
from imagepipe.gate.clock import current_time
from imagepipe.marks import Marks
from imagepipe.model import Fault, FaultKind
from imagepipe.planner import Plan, Step
from imagepipe.provider import Provider
from imagepipe.store import Ledger, Life, life_of

AHEAD = 32
"""Steps that a lane takes from the plan at once."""

DOWNLOADING = 16
"""Jobs of a lane beyond its places in flight, at least: those that are only being fetched and
stored. With many places it is as many again: what was sent together is answered together, and the
next submits do not wait for its pictures."""

SHORT = 256
"""Jobs that wait for money; more could not be paid for by what comes back."""


@dataclass(slots=True)
class Control:
    """How a signal reaches a run: first `drain`, then `leave`; `signal` is for the exit code.

    `listener` is whoever hears of the run, once it is on.
    """

    draining: bool = False
    gates: list[Gate] = field(default_factory=list)
    scope: anyio.CancelScope | None = None
    signal: int | None = None
    tally: Tally | None = None
    listener: Listener | None = None

    def drain(self, signal: int | None = None) -> None:
        """Submit nothing more; what was paid for goes on."""
        self.draining, self.signal = True, self.signal or signal
        for gate in self.gates:
            gate.stop()

    @property
    def in_flight(self) -> int:
        """Jobs that hold a place at a provider."""
        return sum(gate.held for gate in self.gates)

    @property
    def open_submits(self) -> tuple[events.OpenSubmit, ...]:
        """What would be in doubt if the process ended now."""
        return () if self.tally is None else tuple(self.tally.open)

    def leave(self) -> None:
        """Wait for nothing but the submits whose answer is still out; tickets stay for later."""
        if self.scope is not None:
            self.scope.cancel()


@dataclass(slots=True)
class _Run:
    plan: Plan
    providers: Mapping[str, Provider]
    ports: Ports
    terms: Terms
    control: Control
    tally: Tally
    writer: Writer
    gates: dict[str, Gate] = field(default_factory=dict)
    deferred: list[Step] = field(default_factory=list)
    short: list[Step] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)
    bugs: list[Exception] = field(default_factory=list)
    planning: anyio.Lock = field(default_factory=anyio.Lock)


async def execute(
    plan: Plan,
    providers: Mapping[str, Provider],
    ports: Ports,
    *,
    terms: Terms | None = None,
    control: Control | None = None,
    stopped: Mapping[str, Fault] | None = None,
) -> Tally:
    """Carry a plan out.

    Args:
        plan: What is to be done.
        providers: The instances of the manifest by name, with their secrets.
        ports: The world.
        terms: What submits may cost and repeat.
        control: Through which a signal stops the run.
        stopped: Providers that are known to take nothing, by name.

    Raises:
        StoreError: the store could not be written; nothing was submitted after that.
        ExceptionGroup: bugs, after everything that was paid for had been brought in.
    """
    tally = Tally(total=plan.summary.total + plan.summary.skipped, charges=ports.charges)
    tally.jobs["skipped"] += plan.summary.skipped
    for name, verdicts in plan.summary.by_provider.items():
        tally.planned[name] = sum(verdicts.values())
    writer = Writer(ports.ledger, ports.offload)
    ports = replace(ports, downloader=OneATurn(ports.downloader))
    run = _Run(plan, providers, ports, terms or Terms(), control or Control(), tally, writer)
    run.control.tally = tally
    started = current_time()
    _open_gates(run)
    for name, fault in (stopped or {}).items():
        tally.stopped[name] = fault
        run.gates[name].stop(fault)
    async with anyio.create_task_group() as service:
        service.start_soon(writer.serve)
        try:
            await _lanes(run)
        finally:
            writer.close()
    remember(run.providers, run.gates, ports.limits)
    tally.tickets = Marks()  # whose they are is nobody's question any more
    tally.seconds = current_time() - started
    tally.signal = run.control.signal
    tally.jobs["skipped"] += tally.total - sum(tally.jobs.values())
    if tally.broken is not None and tally.broken not in run.bugs:
        run.bugs.append(tally.broken)
    if run.bugs:
        raise run.bugs[0] if len(run.bugs) == 1 else ExceptionGroup("several jobs failed", run.bugs)
    return tally


def _open_gates(run: _Run) -> None:
    def given_up(name: str, fault: Fault) -> None:
        run.tally.stopped[name] = fault
        run.ports.listener(events.ProviderStopped(name, fault))

    run.gates = opened(run.providers, run.ports, given_up)
    run.control.gates = list({id(gate): gate for gate in run.gates.values()}.values())
    if run.control.draining:
        run.control.drain()


async def _lanes(run: _Run) -> None:
    with anyio.CancelScope() as scope:
        run.control.scope = scope
        async with anyio.create_task_group() as lanes:
            for name in run.providers:
                lanes.start_soon(_lane, run, name)
        await _wait_for_money(run)
        room = anyio.Semaphore(DOWNLOADING)
        async with anyio.create_task_group() as collectors:
            for step in run.deferred:
                await room.acquire()
                collectors.start_soon(_one, run, step, room, _collect)


async def _lane(run: _Run, name: str) -> None:
    gate = run.gates[name]
    room = anyio.Semaphore(gate.capacity + max(DOWNLOADING, gate.capacity))
    steps = run.plan.steps(name)
    async with anyio.create_task_group() as jobs:
        while batch := await _next(run, steps):
            for step in batch:
                if not step.verdict.works:
                    count(step, run.tally, run.ports.listener)
                    continue
                await room.acquire()
                jobs.start_soon(_one, run, step, room, _go)


async def _wait_for_money(run: _Run) -> None:
    """Try again what there was no money for, until nobody holds any that may come back."""
    while run.short and not run.control.draining:
        others = await run.writer.write(lambda ledger: _others_hold(ledger, run.ports))
        before = len(run.short)
        await _try_again(run)
        if len(run.short) == before:
            if not others:
                break
            await anyio.sleep(LOOK_AGAIN)
    if not run.control.draining:
        for step in run.short:
            _errand(run, step).give_up()


def _others_hold(ledger: Ledger, ports: Ports) -> bool:
    """Whether a living run has jobs in flight that draw on the same budget."""
    lives = {life_of(one, ports.look) for one in ledger.rivals(ports.run)}
    if Life.DEAD in lives:
        ledger.recover(ports.now(), ports.look)
    return Life.ALIVE in lives


async def _try_again(run: _Run) -> None:
    """One after the other, until one is short of money again."""
    steps, run.short = run.short, []
    room = anyio.Semaphore(DOWNLOADING)
    async with anyio.create_task_group() as jobs:
        for number, step in enumerate(steps):
            await room.acquire()
            if run.short:
                run.short += steps[number:]
                break
            jobs.start_soon(_one, run, step, room, _go)


async def _next(run: _Run, steps: Iterator[Step]) -> list[Step]:
    """One lane at a time plans ahead: they share one reader of the ledger."""
    async with run.planning:
        return await run.ports.offload(_take, steps)


def _take(steps: Iterator[Step]) -> list[Step]:
    return list(islice(steps, AHEAD))


async def _go(run: _Run, step: Step) -> None:
    errand = _errand(run, step)
    match await errand.go():
        case Wait.KEY:
            run.deferred.append(step)
            _tell_waiting(run, step, Wait.KEY)
        case Wait.MONEY if len(run.short) < SHORT:
            run.short.append(step)
            _tell_waiting(run, step, Wait.MONEY)
        case Wait.MONEY:
            errand.give_up()


def _tell_waiting(run: _Run, step: Step, what: Wait) -> None:
    """Once: what waits for money is tried again and again."""
    key, name, path = step.candidate.key, step.candidate.provider, step.job.path
    if path not in run.waiting:
        run.waiting.add(path)
        run.ports.listener(events.Waiting(key, name, path, what.value))


async def _collect(run: _Run, step: Step) -> None:
    await _errand(run, step).collect()


async def _one(
    run: _Run,
    step: Step,
    room: anyio.Semaphore,
    work: Callable[[_Run, Step], Awaitable[None]],
) -> None:
    """The boundary around one job: nothing that happens inside reaches another."""
    try:
        await work(run, step)
    except Closed as closed:
        _not_admitted(run, step, closed.fault)
    except SetupError as error:
        _not_possible(run, step, error)
    except Exception as bug:  # noqa: BLE001 - kept and raised when all paid work is in
        run.bugs.append(bug)
        run.control.drain()
    finally:
        room.release()


def _errand(run: _Run, step: Step) -> Errand:
    return Errand(step, run.gates, run.providers, run.ports, run.writer, run.tally, run.terms)


def _not_admitted(run: _Run, step: Step, fault: Fault | None) -> None:
    """A stopped account blocks its jobs; a draining run leaves them for the next."""
    if fault is not None:
        _stop(run, step, "blocked", fault)


def _not_possible(run: _Run, step: Step, error: SetupError) -> None:
    """A trouble with the store ends the spending; any other concerns this job alone."""
    if isinstance(error, StoreError):
        if error not in run.bugs:
            run.bugs.append(error)
        run.control.drain()
    else:
        _stop(run, step, "failed", Fault(FaultKind.REJECTED, str(error), accepted=False))


def _stop(run: _Run, step: Step, how: str, fault: Fault) -> None:
    stop(step, how, fault, tally=run.tally, listener=run.ports.listener)
