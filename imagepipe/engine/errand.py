"""One step of a plan, from its verdict to its count: pay, go on, restore, or wait for another.

An errand chooses among a job's providers, brings the picture to its output and the receipt to the
ledger, and sees that the job is counted exactly once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import assert_never

import anyio

from imagepipe import events
from imagepipe.engine.counting import count, stop
from imagepipe.engine.courier import Courier, Delivered, Ending, Terms
from imagepipe.engine.ports import Ports
from imagepipe.engine.tally import Tally
from imagepipe.engine.writer import Writer
from imagepipe.exchange import Doubtful, Ended, Parked
from imagepipe.gate import Closed, Gate
from imagepipe.model import Candidate, Digest, Fault, FaultKind, Key, Receipt, Record, State
from imagepipe.planner import Step, Verdict
from imagepipe.provider import Provider
from imagepipe.store import Held, Kept, Ledger, Outcome, OverLimit, Wish

LOOK_AGAIN = 0.5
"""Seconds between two looks at a key that another run is at."""


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

    async def go(self) -> bool:
        """Carry the step out; True if it has to wait for somebody else.

        Raises:
            Closed: its account admits nothing, and neither does that of any fallback.
            StoreError: the store cannot be written.
        """
        match self.step.verdict:
            case Verdict.NEW | Verdict.CHANGED:
                return await self._generate()
            case Verdict.RESUMABLE:
                return await self._resume()
            case Verdict.RESTORED:
                await self._restore(self._known(), "restored")
                return False
            case Verdict.SHARED:
                return True
            case Verdict.REUSED | Verdict.FAILED | Verdict.AMBIGUOUS | Verdict.LOST:
                count(self.step, self.tally, self.ports.listener)
                return False
            case _:
                assert_never(self.step.verdict)

    async def collect(self) -> None:
        """Wait for whoever is at this key, and take the picture from the store."""
        key = self.step.candidate.key
        while True:
            records = await self.writer.write(lambda ledger: ledger.records([key]))
            record = records.get(key)
            if record is None or record.state is State.PLANNED:
                fault = Fault(FaultKind.TRANSIENT, "the job with the same request did not run")
                self._stop(self.step.candidate, "blocked", fault)
                return
            match record.state:
                case State.COMMITTED:
                    await self._restore(record, "reused")
                    return
                case State.INTENT | State.SUBMITTED | State.REMOTE_DONE | State.FETCHED:
                    if record.claim in (None, self.ports.run):
                        fault = Fault(FaultKind.TRANSIENT, "left for the next run")
                        self._stop(self.step.candidate, "blocked", fault)
                        return
                    await anyio.sleep(LOOK_AGAIN)
                case state:
                    how = {State.AMBIGUOUS: "ambiguous", State.LOST: "lost"}.get(state, "failed")
                    fault = record.fault or Fault(FaultKind.UNCERTAIN, state.value)
                    self._stop(self.step.candidate, how, fault)
                    return

    async def _generate(self) -> bool:
        """The first candidate; the next only after a failure that surely cost nothing."""
        job, closed = self.step.job, None
        start = job.candidates.index(self.step.candidate)
        for candidate in job.candidates[start:]:
            again = self._again() if candidate is self.step.candidate else None
            courier = self._courier(candidate, replace(self.terms, again=again))
            started = anyio.current_time()
            try:
                ending = await courier.generate()
            except Closed as error:
                closed = closed or error
                if error.fault is None:
                    break
                continue
            closed = None
            if _unpaid(ending) and candidate is not job.candidates[-1]:
                continue
            return await self._settle(candidate, ending, "generated", started)
        if closed is not None:
            raise closed
        raise AssertionError("a job has at least one candidate")

    async def _resume(self) -> bool:
        record = self._known()
        if record.state is State.INTENT or record.ticket is None:
            return True
        started, ticket = anyio.current_time(), record.ticket
        if record.state is not State.COMMITTED:
            run, now, key = self.ports.run, self.ports.now(), record.key
            owner = record.claim
            if owner not in (None, run):
                return True
            await self.writer.write(lambda ledger: ledger.take(key, run, now, owner=owner))
        ending = await self._courier(self.step.candidate, self.terms).resume(ticket)
        return await self._settle(self.step.candidate, ending, "resumed", started)

    async def _settle(self, candidate: Candidate, ending: Ending, how: str, started: float) -> bool:
        match ending:
            case Delivered():
                await self._deliver(candidate, ending, how, started)
            case Held():
                return True
            case OverLimit(price=price):
                self._over_limit(candidate, unknown=price is None)
            case Doubtful(fault=fault):
                self._stop(candidate, "ambiguous", fault)
            case Parked(fault=fault):
                if fault.kind is FaultKind.DENIED:
                    self._deny(candidate, fault)
                self._stop(candidate, "blocked", fault)
            case Ended(fault=fault):
                self._ended(candidate, ending, fault)
            case _:
                assert_never(ending)
        return False

    def _ended(self, candidate: Candidate, ended: Ended, fault: Fault) -> None:
        if fault.billed or ended.cost:
            self.tally.paid(ended.cost)
        match fault.kind:
            case FaultKind.DENIED:
                self._deny(candidate, fault)
                self._stop(candidate, "blocked", fault)
            case FaultKind.MISSING:
                self._stop(candidate, "lost", fault)
            case _:
                self._stop(candidate, "failed", fault)

    async def _deliver(
        self, candidate: Candidate, delivered: Delivered, how: str, started: float
    ) -> None:
        """Output first, then receipt and output in one commit: a cut leaves nothing half told."""
        receipt = self._receipt(candidate, delivered)
        extension = receipt.picture.extension
        outcome = await self._write(receipt.key, receipt.blob, extension)

        def commit(ledger: Ledger) -> None:
            ledger.commit(receipt, receipt.finished_at)
            if not isinstance(outcome, Kept):
                ledger.put_output(self.ports.root, outcome.output)

        await self.writer.write(commit)
        if how == "generated":
            self.tally.paid(receipt.cost)
        self._finish(candidate, how, receipt.cost, started)

    async def _restore(self, record: Record, how: str) -> None:
        """The output again, from the picture in the store; nothing is asked for."""
        started = anyio.current_time()
        if record.blob is None or record.extension is None:
            raise AssertionError("a committed key has a blob")
        outcome = await self._write(record.key, record.blob, record.extension)
        if not isinstance(outcome, Kept):
            output = outcome.output
            await self.writer.write(lambda ledger: ledger.put_output(self.ports.root, output))
        self._finish(self.step.candidate, how, None, started)

    async def _write(self, key: Key, blob: Digest, extension: str) -> Outcome:
        """Write the output; ask what a run left there only if something is there."""
        job = self.step.job
        wish = Wish(f"{job.path}.{extension}", job.spot, key, blob, blob)
        source, run, write = self.ports.blobs.path(blob), self.ports.run, self.ports.outputs.write
        outcome = await self.ports.offload(write, wish, source, run)
        if isinstance(outcome, Kept):
            root, path = self.ports.root, wish.path
            recorded = await self.writer.write(lambda ledger: ledger.output(root, path))
            trusted = self.ports.trusted(path)

            def again() -> Outcome:
                return write(wish, source, run, recorded=recorded, trusted=trusted)

            outcome = await self.ports.offload(again)
        if isinstance(outcome, Kept):
            message = f"{outcome.path} is left as it is: {outcome.reason}"
            self.ports.listener(events.Note(message, key=key))
        return outcome

    def _receipt(self, candidate: Candidate, delivered: Delivered) -> Receipt:
        bill, now = delivered.done.bill, self.ports.now()
        return Receipt(
            key=candidate.key,
            provider=candidate.provider,
            canonical=candidate.canonical,
            blob=delivered.blob,
            size=delivered.size,
            picture=delivered.picture,
            ticket=delivered.done.ticket,
            cost=bill.cost if bill.cost is not None else candidate.price,
            seed=bill.seed if bill.seed is not None else _sent_seed(candidate),
            submitted_at=now,
            finished_at=now,
        )

    def _finish(self, candidate: Candidate, how: str, cost: Decimal | None, started: float) -> None:
        self.tally.jobs[how] += 1
        seconds = anyio.current_time() - started
        path = self.step.job.path
        self.ports.listener(
            events.Finished(candidate.key, candidate.provider, path, how, cost, seconds)
        )

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

    def _again(self) -> str | None:
        """Why a key that was submitted before may be submitted again; None if it never was."""
        record = self.step.record
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


def _sent_seed(candidate: Candidate) -> int | None:
    seed = candidate.values.get("seed")
    return seed if isinstance(seed, int) else None
