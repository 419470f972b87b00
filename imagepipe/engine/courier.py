"""Carries one job through its exchange: sends, waits, fetches and writes down, as its state says.

The order is the promise: the intent is durable before the first byte of a submit leaves, the
ticket before the first poll, the picture before its receipt. From intent to ticket nothing can
cancel a job, and no failure of one job reaches another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias, assert_never
from uuid import uuid4

import anyio

from imagepipe import events, exchange
from imagepipe.engine import notes, tickets, watching
from imagepipe.engine.accounts import beyond_means, turns
from imagepipe.engine.keeping import Delivered, Keeping
from imagepipe.engine.looks import Looks, heed, learner
from imagepipe.engine.ports import Ports
from imagepipe.engine.reckoning import reckoned, set_aside, tell, tightened
from imagepipe.engine.tally import Tally
from imagepipe.engine.terms import Terms
from imagepipe.engine.writer import Writer
from imagepipe.errors import StoreError
from imagepipe.exchange import (
    Collecting,
    Done,
    Doubtful,
    Ended,
    Fetching,
    NotFetched,
    Parked,
    Polling,
    Refused,
    State,
    Submitting,
)
from imagepipe.gate import Gate, Place
from imagepipe.gate.clock import current_time
from imagepipe.model import Candidate, Fault, FaultKind, Job, Ticket
from imagepipe.provider import PICTURE_FIELDS, Provider
from imagepipe.store import Claim, Claimed, Held, Ledger, Limit, OverLimit, Spooled
from imagepipe.wire import Answer, Operation, Reply, Request

Ending: TypeAlias = Delivered | Held | OverLimit | Doubtful | Parked | Ended


@dataclass(frozen=True, slots=True)
class Courier:
    """One job's way to one provider."""

    job: Job
    candidate: Candidate
    provider: Provider
    gate: Gate
    ports: Ports
    writer: Writer
    tally: Tally
    terms: Terms = field(default_factory=Terms)

    async def generate(self) -> Ending:
        """Submit, and carry on to the end.

        Raises:
            Closed: the account admits nothing more; nothing was sent.
        """
        begun = current_time()
        async with self.gate.place() as place:
            state = await self._submit(place, begun)
            looks = self._looks(begun=True)
            while isinstance(state, Polling | Collecting):
                state = await self._look(state, looks)
        return await self.carry(state, looks, places=True)

    async def resume(self, ticket: Ticket) -> Ending:
        """Go on with a ticket that an earlier run left; looking needs no admission."""
        return await self.carry(exchange.resume(ticket, current_time()))

    async def _submit(self, place: Place, begun: float) -> State | Held | OverLimit:
        """`begun` is since when it has been waiting for its turn."""
        again = self.terms.again
        while True:
            nonce = self.provider.nonce(uuid4().hex)
            wanted = reckoned(self.candidate, self.provider, self.ports)
            limit, run = self._limit() if self.tally.tight else None, self.ports.run
            if (over := await beyond_means(self.writer, run, limit, wanted.price)) is not None:
                return over
            request = await self._built(nonce)
            await place.turn(turns(self.provider, self.candidate.values))
            if self.tally.broken is not None:
                place.unused()
                raise self.tally.broken
            with anyio.CancelScope(shield=True), self._open():
                claim = await self.writer.write(self._claim(wanted, again, nonce), shielded=True)
                if not isinstance(claim, Claimed):
                    self.tally.tight |= isinstance(claim, OverLimit)
                    place.unused()
                    return claim
                if self.terms.limit is not None:
                    set_aside(wanted, self.provider, self.ports)
                waited = current_time() - begun
                state = await self.ask(request, claim.attempt, wanted.price, waited)
                await self._note(state, shielded=True)
                await self.told(state, claim.attempt)
            if not isinstance(state, Refused):
                if not isinstance(state, Doubtful):
                    place.accepted()
                if self.terms.risks:
                    self.tally.repaid(self.candidate.price)
                return state
            place.refused(state.fault, reached=state.reached)
            again, begun = None, current_time()

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Known as unanswered for as long as it may be; somebody may have to leave meanwhile."""
        key, name, price = self.candidate.key, self.provider.name, self.candidate.price
        submit = events.OpenSubmit(key, name, self.job.path, self.ports.now(), price)
        self.tally.open.append(submit)
        try:
            yield
        finally:
            self.tally.open.remove(submit)

    async def ask(
        self, request: Request, attempt: int, price: Decimal | None, waited: float = 0.0
    ) -> State:
        """Send a submit that `waited` so many seconds for its turn, with `price` set aside.

        A picture in its reply is on the disk before the reply is read.
        """
        key, name, path = self.candidate.key, self.provider.name, self.job.path
        self.ports.listener(events.Submitting(key, name, path, attempt, price))
        self.tally.requests[Operation.SUBMIT] += 1
        answer = await self.send(request, waited)
        if isinstance(answer, Reply) and answer.ok and self.provider.synchronous:
            await self.ports.offload(self._spool, answer, attempt)
        state = Submitting(request).next(answer, self.provider, current_time())
        return tickets.own(state, key, self.provider.base_url, self.tally.tickets)

    async def send(self, request: Request, waited: float = 0.0) -> Answer:
        """A request of this job; whoever watches is told how it went."""
        sending = self.ports.transport.send(request)
        return await watching.sent(
            sending,
            self.ports.watch,
            request,
            self.provider.name,
            key=self.candidate.key,
            waited=waited,
        )

    async def told(self, state: State, attempt: int) -> None:
        """What follows from an answer that is in the ledger by now."""
        key, name, path = self.candidate.key, self.provider.name, self.job.path
        if isinstance(state, Refused):
            self.ports.listener(events.Refused(key, name, path, attempt, state.fault))
        match state:
            case Polling() | Fetching() | Done():
                ticket = state.ticket.id if state.ticket else None
                self.ports.listener(events.Submitted(key, name, path, ticket))
            case Refused() | Ended(fault=Fault(billed=None | False)):
                await self.ports.offload(self.ports.spool.drop, self.candidate.key, attempt)
            case _:
                pass

    def _looks(self, *, begun: bool) -> Looks | None:
        """`begun`: in this run, so that it is known since when. A reply that is all needs none."""
        if self.provider.synchronous:
            return None
        one = learner(self.ports.polls, self.provider, self.candidate)
        return Looks(one.watch() if begun else one.glimpse(), self.provider.schedule.deadline)

    async def _look(self, state: Polling | Collecting, looks: Looks | None) -> State:
        if isinstance(state, Polling) and looks is not None:
            await looks.wait(state)
        await self.gate.poll()
        asked = current_time()
        request = state.request(self.provider) if isinstance(state, Polling) else state.request
        self.tally.requests[Operation.POLL] += 1
        answer = await self.send(request)
        heed(self.gate, self.provider, state, answer)
        after = state.next(answer, self.provider, current_time())
        if isinstance(state, Polling) and looks is not None:
            looks.found(state, asked, after)
        if isinstance(after, Polling):
            polled = events.Polled(self.candidate.key, self.provider.name, after.status)
            self.ports.listener(polled)
        else:
            await self._note(after, later=_told_later(after))
        return after

    async def carry(
        self, state: State | Held | OverLimit, looks: Looks | None = None, *, places: bool = False
    ) -> Ending:
        """From any state to where it ends; an expired address leads back to a poll.

        With `places`, the output is written with the picture: not for what an earlier run began,
        whose output has to be announced first.
        """
        looks = looks or self._looks(begun=False)
        keeping = Keeping(self.job, self.candidate, self.ports, places)
        while True:
            match state:
                case Polling() | Collecting():
                    state = await self._look(state, looks)
                case Fetching():
                    fetched = await self._fetch(state, keeping)
                    if isinstance(fetched, Delivered):
                        return fetched
                    state = fetched
                case Done():
                    return await self._keep(state, keeping)
                case Refused(fault=fault):
                    return Ended(fault)
                case Held() | OverLimit() | Doubtful() | Parked() | Ended():
                    return state
                case Submitting():
                    raise AssertionError("a submit is sent by generate alone")
                case _:
                    assert_never(state)

    async def _fetch(self, state: Fetching, keeping: Keeping) -> State | Delivered:
        if state.due > current_time():
            await anyio.sleep_until(state.due)
        sink = self.ports.blobs.temporary(self.ports.run)
        self.tally.requests[Operation.DOWNLOAD] += 1
        fetching = self.ports.downloader.fetch(state.url, sink)
        outcome = await watching.fetched(fetching, self.ports.watch, state.url, self.candidate)
        if isinstance(outcome, NotFetched):
            await self.ports.offload(sink.unlink, True)
        else:
            done = Done(None, state.ticket, state.bill)
            kept = await self.ports.offload(keeping.adopt, sink, outcome, done)
            if isinstance(kept, Delivered):
                key, name = self.candidate.key, self.provider.name
                self.ports.listener(events.Downloaded(key, name, outcome.size))
                return kept
            outcome = NotFetched(kept)
        if _told_later(state):
            await self._note(state)  # since its picture takes longer
        after = state.next(outcome, current_time())
        await self._note(after)
        return after

    async def _keep(self, done: Done, keeping: Keeping) -> Delivered | Ended:
        """A picture that came inside a reply."""
        kept = await self.ports.offload(keeping.put, done.data or b"", done)
        if isinstance(kept, Delivered):
            return kept
        fault = Fault(FaultKind.FAILED, kept, accepted=True, billed=True)
        ended = Ended(fault, done.ticket, done.bill)
        await self._note(ended)
        return ended

    async def _note(self, state: State, *, later: bool = False, shielded: bool = False) -> None:
        """Make durable what the state means, if it means anything to the ledger, now or `later`."""
        tell(state, self.candidate, self.provider, self.ports)
        note = notes.of(state, self.candidate.key, self.ports.run, self.ports.now())
        if note is not None and not later:
            await self.writer.write(note, shielded=shielded)
        if not isinstance(state, Polling | Collecting):
            self.ports.charges.settled(self.candidate.key)

    def _claim(
        self, wanted: Candidate, again: str | None, nonce: str | None
    ) -> Callable[[Ledger], Claim]:
        def claim(ledger: Ledger) -> Claim:
            now, run, limit = self.ports.now(), self.ports.run, self._limit()
            unbilled = self.terms.unbilled
            if again is not None:
                self.terms.free(ledger, self.candidate.key, now, why=again, run=run)
            return ledger.claim(
                wanted, self.job, run, now, limit=limit, unbilled=unbilled, nonce=nonce
            )

        return claim

    def _limit(self) -> Limit | None:
        return tightened(self.terms.limit, self.ports)

    def _spool(self, reply: Reply, attempt: int) -> None:
        """A disk that takes no reply ends the spending; what the reply holds may still be saved."""
        spooled = Spooled(reply.status, reply.headers, reply.body)
        try:
            self.ports.spool.write(self.candidate.key, attempt, spooled, self.ports.run)
        except OSError as error:
            message = f"a paid reply could not be kept on the disk: {error.strerror}"
            self.ports.listener(events.Note(message, self.provider.name, self.candidate.key))
            hint = "free some space or mend the disk, then run again: it goes on"
            self.tally.broken = self.tally.broken or StoreError(message, hint=hint)

    async def _built(self, nonce: str | None) -> Request:
        """Only pictures that go along have to be read from the disk."""
        if any(name in self.candidate.values for name in PICTURE_FIELDS):
            return await self.ports.offload(self.request, nonce)
        return self.request(nonce)

    def request(self, nonce: str | None) -> Request:
        """The submit, with the nonce of its attempt."""
        values, key = self.candidate.values, self.candidate.key
        return self.provider.submit(values, self.ports.load, key, nonce)


def _told_later(state: State) -> bool:
    """Whether the receipt is soon enough to tell that a ticket's job is done: it has no bill."""
    return isinstance(state, Fetching | Done) and state.bill.cost is None
