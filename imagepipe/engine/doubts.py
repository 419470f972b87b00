"""A submit whose answer nobody knows, settled by what was kept or by what its provider declares.

Nothing here pays: a kept reply is read, the same request is repeated under its first nonce, or a
list is asked for. What proves nothing changes nothing, and the submit stays held for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import anyio

from imagepipe import exchange, retry
from imagepipe.engine import notes
from imagepipe.engine.accounts import turns
from imagepipe.engine.courier import Courier, Ending
from imagepipe.exchange import Done, Doubtful, Ended, Fetching, Polling, Refused, State
from imagepipe.gate import Closed
from imagepipe.gate.clock import current_time
from imagepipe.model import Fault, FaultKind, Key, Record, Ticket
from imagepipe.model import State as Stage
from imagepipe.provider import Doubt, Reread, Resend, Search
from imagepipe.provider.recourse import seconds_between
from imagepipe.store import Attempt, Conflict, Ledger
from imagepipe.wire import Operation, Reply

TRIES = 3
"""How often a provider is asked about one doubt in one run."""


@dataclass(frozen=True, slots=True)
class Free:
    """Surely never accepted: planned again, as if it had not been sent."""


Settled: TypeAlias = Ending | Free | None
"""How a doubt ended in this run; None if somebody else settled it meanwhile."""


async def settle(courier: Courier) -> Settled:
    """Settle a key's doubt, if that can be done without a person."""
    key = courier.candidate.key
    record, attempt = await courier.writer.write(lambda ledger: _known(ledger, key))
    if record is None or attempt is None or record.state is not Stage.AMBIGUOUS:
        return None
    reply = await courier.ports.offload(kept_reply, courier, attempt.number)
    doubt = Doubt(attempt.nonce, attempt.since, reply)
    held = Doubtful(record.fault or Fault(FaultKind.UNCERTAIN, "its answer is not known"))
    inquiry = _Inquiry(courier, attempt, doubt, held)
    found = courier.provider.recourse(doubt, courier.ports.now())
    match found:
        case Reread(reply):
            now = current_time()
            return await inquiry.accept(exchange.answered(reply, courier.provider, now))
        case Resend() if courier.provider.knows(attempt.nonce):
            return await inquiry.resend()
        case Search(seconds) if courier.provider.knows(attempt.nonce):
            since = record.updated_at or courier.ports.now()
            return await inquiry.search(since, seconds)
        case _:
            return held


def kept_reply(courier: Courier, attempt: int) -> Reply | None:
    """The spooled reply to an attempt."""
    kept = courier.ports.spool.read(courier.candidate.key, attempt)
    return Reply(kept.status, kept.headers, kept.body) if kept is not None else None


def _known(ledger: Ledger, key: Key) -> tuple[Record | None, Attempt | None]:
    return ledger.record(key), ledger.latest_attempt(key)


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """One doubtful attempt. `held` is how it ends if nothing comes of it."""

    courier: Courier
    attempt: Attempt
    doubt: Doubt
    held: Doubtful

    async def accept(self, state: State) -> Settled:
        """Take an answer for the one that was lost, and carry on from it."""
        change = self._meaning(state)
        if change is None:
            return self.held
        with anyio.CancelScope(shield=True):
            if not await self._write(change):
                return None
            await self.courier.told(state, self.attempt.number)
        if isinstance(state, Refused):
            return Ended(state.fault)
        return await self.courier.carry(state)

    async def resend(self) -> Settled:
        """The same bytes under the same nonce; only what tells of the job itself is believed."""
        courier = self.courier
        request = await courier.ports.offload(courier.request, self.attempt.nonce)
        try:
            async with courier.gate.place() as place:
                for again in range(TRIES):
                    if again:
                        await anyio.sleep(retry.backoff(again, courier.ports.chance()))
                    await place.turn(turns(courier.provider, courier.candidate.values))
                    if not self._counts_once():
                        place.unused()
                        return self.held
                    with anyio.CancelScope(shield=True):
                        state = await courier.ask(
                            request, self.attempt.number, courier.candidate.price
                        )
                    if isinstance(state, Refused):
                        place.refused(state.fault, reached=state.reached)
                    elif not isinstance(state, Doubtful):
                        break
                else:
                    return self.held
        except Closed:
            return self.held
        return self.held if _is_refusal(state) else await self.accept(state)

    def _counts_once(self) -> bool:
        """Whether the nonce does so still: its time may run out while a turn is waited for."""
        courier = self.courier
        found = courier.provider.recourse(self.doubt, courier.ports.now())
        return isinstance(found, Resend)

    async def search(self, since: str, seconds: float) -> Settled:
        """Ask for the list of jobs, once it must show the one in question."""
        ports = self.courier.ports
        waited = max(0.0, seconds_between(since, ports.now()))
        await anyio.sleep(max(0.0, seconds - waited))
        for again in range(TRIES):
            if again:
                await anyio.sleep(retry.backoff(again, ports.chance()))
            tickets = await self._listed()
            if tickets is not None:
                return await self._decide(tickets)
        return self.held

    async def _listed(self) -> tuple[Ticket, ...] | None:
        courier, nonce = self.courier, self.attempt.nonce
        values, key = courier.candidate.values, courier.candidate.key
        courier.tally.requests[Operation.POLL] += 1
        answer = await courier.send(courier.provider.lookup(values, key, nonce))
        if not isinstance(answer, Reply):
            return None
        return courier.provider.found(values, key, nonce, answer)

    async def _decide(self, tickets: tuple[Ticket, ...]) -> Settled:
        name = self.courier.candidate.provider
        free = await self.courier.writer.write(lambda ledger: _unheld(ledger, tickets, name))
        match free:
            case ():
                why = "the provider's list does not have it"
                run, key = self.courier.ports.run, self.courier.candidate.key
                now = self.courier.ports.now()
                gone = await self._write(lambda ledger: ledger.disproved(key, run, now, why=why))
                return Free() if gone else None
            case (ticket,):
                return await self.accept(exchange.resume(ticket, current_time()))
            case _:
                return self.held

    async def _write(self, change: Callable[[Ledger], object]) -> bool:
        """Make a change to this very attempt, unless somebody else was first."""
        key, attempt = self.courier.candidate.key, self.attempt

        def checked(ledger: Ledger) -> None:
            if ledger.latest_attempt(key) != attempt:
                raise Conflict(key, None, "settled")
            change(ledger)

        try:
            await self.courier.writer.write(checked)
        except Conflict:
            return False
        return True

    def _meaning(self, state: State) -> Callable[[Ledger], object] | None:
        ports, key = self.courier.ports, self.courier.candidate.key
        run, now = ports.run, ports.now()
        ended = Ended(state.fault) if isinstance(state, Refused) else state
        note = notes.of(ended, key, run, now)
        match ended:
            case Polling(ticket=ticket):
                return lambda ledger: ledger.attach(key, ticket, now, run=run)
            case Fetching() | Done() | Ended() if note is not None:
                return lambda ledger: _answered(ledger, key, run, now, note)
            case _:
                return None


def _answered(ledger: Ledger, key: Key, run: str, now: str, note: notes.Note) -> None:
    ledger.answered(key, run, now)
    note(ledger)


def _is_refusal(state: State) -> bool:
    """Whether only the repeated request was turned down, which says nothing of the first."""
    return isinstance(state, Ended) and not 200 <= (state.fault.http or 0) < 300


def _unheld(ledger: Ledger, tickets: tuple[Ticket, ...], provider: str) -> tuple[Ticket, ...]:
    """Without those that other keys of this provider have; another instance's are left to doubt."""
    free: list[Ticket] = []
    for ticket in tickets:
        holders = ledger.records([key for key, _ in ledger.holders(ticket.id)])
        if not any(record.provider == provider for record in holders.values()):
            free += [ticket] * (2 if holders else 1)
    return tuple(free)
