"""One step of a plan, from its verdict to its count: pay, go on, restore, or wait for another.

An errand chooses among a job's providers, brings the picture to its output and the receipt to the
ledger, and sees that the job is counted exactly once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never

import anyio

from imagepipe import events
from imagepipe.engine.counting import count, stop, too_many_doubts
from imagepipe.engine.courier import Courier, Ending
from imagepipe.engine.delivery import Delivery
from imagepipe.engine.doubts import Free, settle
from imagepipe.engine.keeping import Delivered
from imagepipe.engine.ports import Ports
from imagepipe.engine.reckoning import reconcile
from imagepipe.engine.recovery import recover
from imagepipe.engine.tally import Tally
from imagepipe.engine.terms import Terms
from imagepipe.engine.writer import Writer
from imagepipe.exchange import Doubtful, Ended, Parked
from imagepipe.gate import Closed, Gate
from imagepipe.gate.clock import current_time
from imagepipe.model import Candidate, Fault, FaultKind, Record, State
from imagepipe.planner import Step, Verdict
from imagepipe.provider import Provider
from imagepipe.store import Held, Ledger, Life, OverLimit, life_of

_UNPROVABLE = (
    "run {run} holds it, and from here nobody can tell whether that run lives; run again on its "
    "host, or when it has ended"
)

LOOK_AGAIN = 0.5
"""Seconds between two looks at a key that another run is at."""


_GIVEN_BACK = "the job with the same request did not run"

TRIES = 10
"""How often a key is taken up that others give back unmade."""


class Wait(Enum):
    """What a step has to wait for: whoever is at its key, or money that others may not need."""

    KEY = "key"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Errand:
    """A step and all that it takes to carry it out. `gates` and `providers` are by instance."""

    step: Step
    gates: Mapping[str, Gate]
    providers: Mapping[str, Provider]
    ports: Ports
    writer: Writer
    tally: Tally
    terms: Terms

    async def go(self) -> Wait | None:
        """Carry the step out, unless it has to wait.

        Raises:
            Closed: its account admits nothing, and neither does that of any fallback.
            StoreError: the store cannot be written.
        """
        match self.step.verdict:
            case Verdict.NEW | Verdict.CHANGED | Verdict.FORCED:
                return await self._generate()
            case Verdict.RESUMABLE:
                return await self._resume(self._known())
            case Verdict.RESTORED:
                await self._delivery(self.step.candidate).restore(self._known(), "restored")
                return None
            case Verdict.SHARED:
                return Wait.KEY
            case Verdict.REUSED | Verdict.FAILED | Verdict.AMBIGUOUS | Verdict.LOST:
                count(self.step, self.tally, self.ports.listener)
                return None
            case _:
                assert_never(self.step.verdict)

    async def collect(self) -> None:
        """Wait for whoever is at this key, and take the picture from the store.

        What a run left behind that died meanwhile is gone on with here.
        """
        tries = 0
        while True:
            record, owner = await self.writer.write(self._standing)
            if record is None or record.state is State.PLANNED:
                if (tries := tries + 1) > TRIES or await self._given_back():
                    return None if tries <= TRIES else self._leave(_GIVEN_BACK)
                await anyio.sleep(LOOK_AGAIN)
                continue
            match record.state:
                case State.COMMITTED:
                    return await self._delivery(self.step.candidate).restore(record, "reused")
                case State.INTENT | State.SUBMITTED | State.REMOTE_DONE | State.FETCHED:
                    if record.claim == self.ports.run:
                        return self._leave("left for the next run")
                    if owner is Life.UNPROVABLE:
                        return self._leave(_UNPROVABLE.format(run=record.claim))
                    if record.claim is None and await self._resume(record) is not Wait.KEY:
                        return None
                case State.AMBIGUOUS:
                    if await self._resume(record) is not Wait.KEY:
                        return None
                case state:
                    how = "lost" if state is State.LOST else "failed"
                    fault = record.fault or Fault(FaultKind.UNCERTAIN, state.value)
                    return self._stop(self.step.candidate, how, fault)
            await anyio.sleep(LOOK_AGAIN)

    async def _given_back(self) -> bool:
        """Whoever was at the key did not get it made; False if somebody is at it again."""
        if self.step.verdict is Verdict.SHARED:
            self._leave(_GIVEN_BACK)
            return True
        wait = await self._generate(afresh=True)
        if wait is Wait.MONEY:
            self.give_up()
        return wait is not Wait.KEY

    def give_up(self) -> None:
        """There is no money for it, and none is to be waited for."""
        self._over_limit(self.step.candidate, unknown=False)

    def _standing(self, ledger: Ledger) -> tuple[Record | None, Life]:
        """What is known now, and whether the run that holds it, if one does, is alive."""
        key = self.step.candidate.key
        record = ledger.record(key)
        if record is None or record.claim in (None, self.ports.run):
            return record, Life.ALIVE
        run = ledger.run(record.claim or "")
        owner = Life.DEAD if run is None else life_of(run, self.ports.look)
        if owner is not Life.DEAD:
            return record, owner
        ledger.recover(self.ports.now(), self.ports.look)
        return ledger.record(key), Life.DEAD

    def _leave(self, why: str) -> None:
        fault = Fault(FaultKind.TRANSIENT, why)
        self._stop(self.step.candidate, "blocked", fault)

    async def _generate(self, *, afresh: bool = False) -> Wait | None:
        """The first candidate; the next only after a failure that surely cost nothing.

        `afresh` means that nothing is known of the key any more, so that nobody is asked again.
        """
        job, closed = self.step.job, None
        start = job.candidates.index(self.step.candidate)
        for candidate in job.candidates[start:]:
            first = candidate is self.step.candidate and not afresh
            terms = self._leave_to_repeat() if first else self.terms
            started = current_time()
            try:
                ending = await self._pay(candidate, terms)
            except Closed as error:
                closed = closed or error
                if error.fault is None:
                    break
                continue
            closed = None
            if ending is None:
                return Wait.KEY
            if _unpaid(ending) and candidate is not job.candidates[-1]:
                continue
            return await self._settle(candidate, ending, "generated", started)
        if closed is not None:
            raise closed
        raise AssertionError("a job has at least one candidate")

    async def _pay(self, candidate: Candidate, terms: Terms) -> Ending | None:
        """Submit; a lost answer is settled at once where the provider declares how."""
        ending = await self._courier(candidate, terms).generate()
        if not isinstance(ending, Doubtful):
            return ending
        settled = await settle(self._courier(candidate, terms))
        if isinstance(settled, Free):
            return await self._courier(candidate, replace(terms, again=None)).generate()
        return settled

    async def _resume(self, record: Record) -> Wait | None:
        """Go on with what was begun, unless somebody else is at it."""
        candidate, started = self.step.candidate, current_time()
        ending = await recover(self._courier(candidate, self.terms), record)
        match ending:
            case None:
                return Wait.KEY
            case Free():
                return await self._generate(afresh=True)
            case _:
                return await self._settle(candidate, ending, "resumed", started)

    async def _settle(
        self, candidate: Candidate, ending: Ending, how: str, started: float
    ) -> Wait | None:
        match ending:
            case Delivered():
                await self._delivery(candidate).deliver(ending, how, started)
                self.gates[candidate.provider].breaker.delivered()
            case Held():
                return Wait.KEY
            case OverLimit(price=price):
                if price is not None and how == "generated" and self._again() is None:
                    return Wait.MONEY
                self._over_limit(candidate, unknown=price is None)
            case Doubtful(fault=fault):
                self.tally.doubtful(candidate.price)
                self._stop(candidate, "ambiguous", fault)
                if how == "generated" and self.tally.doubted(candidate.provider):
                    self._deny(candidate, too_many_doubts(self.tally, candidate.provider))
            case Parked(fault=fault):
                if fault.kind is FaultKind.DENIED:
                    self._deny(candidate, fault)
                self._stop(candidate, "blocked", fault)
            case Ended(fault=fault):
                if how == "generated":
                    self._billed(candidate, ending)
                self._ended(candidate, fault)
            case _:
                assert_never(ending)
        return None

    def _billed(self, candidate: Candidate, ended: Ended) -> None:
        """A picture that was never had may be paid for all the same: by the price, if no bill."""
        if ended.bill.cost is None and ended.cost:  # else it was told with the picture
            provider = self.providers[candidate.provider]
            reconcile(candidate, provider, ended.cost, self.ports)
        if ended.fault.billed or ended.cost or ended.fault.kind is FaultKind.MISSING:
            self.tally.paid(ended.cost if ended.cost is not None else candidate.price)

    def _ended(self, candidate: Candidate, fault: Fault) -> None:
        match fault.kind:
            case FaultKind.DENIED:
                self._deny(candidate, fault)
                self._stop(candidate, "blocked", fault)
            case FaultKind.MISSING:
                self._stop(candidate, "lost", fault)
            case _:
                self._stop(candidate, "failed", fault)
                if (why := self.gates[candidate.provider].breaker.ended(fault)) is not None:
                    self._deny(candidate, why)

    def _delivery(self, candidate: Candidate) -> Delivery:
        provider = self.providers[candidate.provider]
        return Delivery(self.step.job, candidate, provider, self.ports, self.writer, self.tally)

    def _stop(self, candidate: Candidate, how: str, fault: Fault) -> None:
        stop(
            self.step,
            how,
            fault,
            tally=self.tally,
            listener=self.ports.listener,
            candidate=candidate,
        )

    def _deny(self, candidate: Candidate, fault: Fault) -> None:
        """The account takes nothing more: one message, and its gate is shut."""
        if candidate.provider not in self.tally.stopped:
            self.tally.stopped[candidate.provider] = fault
            self.ports.listener(events.ProviderStopped(candidate.provider, fault))
        self.gates[candidate.provider].stop(fault)

    def _over_limit(self, candidate: Candidate, *, unknown: bool) -> None:
        self.tally.over_budget = True
        reason = "its price is unknown" if unknown else "the cost limit is reached"
        self._stop(candidate, "blocked", Fault(FaultKind.DENIED, reason, accepted=False))

    def _leave_to_repeat(self) -> Terms:
        return self.terms.for_attempt(
            self.step.record, again=self._again(), forced=self.step.verdict is Verdict.FORCED
        )

    def _again(self) -> str | None:
        """Why a key that was submitted before may be submitted again; None if it never was."""
        record = self.step.record
        if self.step.verdict is Verdict.FORCED:
            return self.step.reason
        if record is None or record.state not in (State.FAILED, State.AMBIGUOUS, State.LOST):
            return None
        fault = record.fault
        free = fault is not None and (fault.accepted is False or fault.billed is False)
        return None if record.state is State.FAILED and free else self.step.reason

    def _known(self) -> Record:
        if self.step.record is None:
            raise AssertionError(f"a step that is {self.step.verdict} has a record")
        return self.step.record

    def _courier(self, candidate: Candidate, terms: Terms) -> Courier:
        return Courier(
            job=self.step.job,
            candidate=candidate,
            provider=self.providers[candidate.provider],
            gate=self.gates[candidate.provider],
            ports=self.ports,
            writer=self.writer,
            tally=self.tally,
            terms=terms,
        )


def _unpaid(ending: Ending) -> bool:
    """Whether a job ended in a way that surely cost nothing."""
    if not isinstance(ending, Ended):
        return False
    return ending.fault.accepted is False or ending.fault.billed is False
