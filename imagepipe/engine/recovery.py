"""What a run finds begun: by a run that was killed or that left, or known to the lock file alone.

Every state has its way on, and none of them pays. A key that somebody else is at is left to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imagepipe import exchange
from imagepipe.engine import notes
from imagepipe.engine.courier import Courier, Ending
from imagepipe.engine.doubts import Settled, kept_reply, settle
from imagepipe.engine.keeping import Delivered
from imagepipe.exchange import Bill, Done, Doubtful, Ended
from imagepipe.finish.inspect import inspect
from imagepipe.gate.clock import current_time
from imagepipe.model import Digest, Fault, FaultKind, Key, Picture, Record, State, Ticket
from imagepipe.store import Attempt, Conflict, Ledger


async def recover(courier: Courier, record: Record) -> Settled:
    """Go on with what is known of a key; None if somebody else is at it."""
    match record:
        case Record(state=State.AMBIGUOUS):
            return await settle(courier)
        case Record(state=State.COMMITTED, ticket=Ticket() as ticket):
            return await _fetch_again(courier, record, ticket)
        case Record(state=State.SUBMITTED | State.REMOTE_DONE | State.FETCHED):
            return await _go_on(courier, record)
        case _:
            return None


async def _fetch_again(courier: Courier, record: Record, ticket: Ticket) -> Ending | None:
    """The picture was made, and is nowhere here: its ticket gives a fresh address."""
    if record.source == "lock" and not await _write(courier, _entered(courier, record, ticket)):
        return None
    return _billed(await courier.resume(ticket), record)


def _billed(ending: Ending, record: Record) -> Ending:
    """What was known of the cost and the seed is not forgotten because a late answer is silent."""
    if not isinstance(ending, Delivered):
        return ending
    told = ending.done.bill
    cost = told.cost if told.cost is not None else record.cost
    seed = told.seed if told.seed is not None else record.seed
    return replace(ending, done=replace(ending.done, bill=Bill(cost, seed)))


def _entered(courier: Courier, record: Record, ticket: Ticket) -> Callable[[Ledger], object]:
    """A paid ticket that only the lock file knew becomes the ledger's too."""
    now, run, key = courier.ports.now(), courier.ports.run, record.key

    def enter(ledger: Ledger) -> None:
        known = ledger.record(key)
        if known is not None and known.state in (State.AMBIGUOUS, State.FAILED, State.LOST):
            ledger.attach(key, ticket, now, run=run)
            return
        if known is not None and known.state is State.BLOCKED:
            ledger.resubmit(key, now, why="the lock file knows its ticket", run=run)
        ledger.admit(courier.candidate, courier.job, run, ticket, now, cost=record.cost)

    return enter


async def _go_on(courier: Courier, record: Record) -> Ending | None:
    """In flight: from the blob, from the ticket, or from the kept reply, whichever there is."""
    key, run, now = record.key, courier.ports.run, courier.ports.now()
    owner = record.claim
    if owner not in (None, run):
        return None
    if not await _write(courier, lambda ledger: ledger.take(key, run, now, owner=owner)):
        return None
    if record.blob is not None:
        stored = await courier.ports.offload(_stored, courier, record, record.blob)
        if stored is not None:
            return stored
    if record.ticket is not None:
        return _billed(await courier.resume(record.ticket), record)
    return await _read_again(courier, key)


async def _read_again(courier: Courier, key: Key) -> Ending:
    """Answered with the picture itself: paid, and nobody can be asked."""
    attempt = await courier.writer.write(lambda ledger: ledger.latest_attempt(key))
    number = attempt.number if isinstance(attempt, Attempt) else 1
    reply = await courier.ports.offload(kept_reply, courier, number)
    state: exchange.State = Doubtful(Fault(FaultKind.UNCERTAIN, "its reply was not kept"))
    if reply is not None:
        state = exchange.answered(reply, courier.provider, current_time())
    if isinstance(state, exchange.Doubtful | exchange.Refused):
        message = f"it was answered and paid for, and its picture is gone: {state.fault.message}"
        state = Ended(Fault(FaultKind.MISSING, message, accepted=True, billed=True))
    note = notes.of(state, key, courier.ports.run, courier.ports.now())
    if note is not None:
        await courier.writer.write(note)
    return await courier.carry(state)


def _stored(courier: Courier, record: Record, blob: Digest) -> Delivered | None:
    """The blob was complete when its run ended; only its receipt is missing."""
    blobs = courier.ports.blobs
    if not blobs.intact(blob):
        return None
    path = blobs.path(blob)
    picture = inspect(path)
    if not isinstance(picture, Picture):
        return None
    done = Done(None, record.ticket, Bill(record.cost, record.seed))
    return Delivered(blob, path.stat().st_size, picture, done)


async def _write(courier: Courier, change: Callable[[Ledger], object]) -> bool:
    """Whether the change was made, or somebody else was first."""
    try:
        await courier.writer.write(change)
    except Conflict:
        return False
    return True
