"""The protocol state of one job: what is to be done next, and what an answer makes of it.

Two rules hold in this file. It decides and never acts: no clock, no socket, no ledger; `now` is an
argument. And a state says all there is to know: whoever drives a job needs nothing but the state.

    Submitting --accepted, pending--> Polling --ready--> Fetching --bytes--> Done
        |  |  `----------ready (synchronous)-------------^   |
        |  |  `--pictures in the reply------------------------------------> Done
        |  `--surely not accepted--> Refused                 `--expired--> Polling (no new payment)
        `--nobody knows--> Doubtful           any --a terminal fault--> Ended
    Polling | Fetching --the deadline, or the account is closed--> Parked (the ticket is kept)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias, assert_never

from imagepipe import polling
from imagepipe.model import Fault, FaultKind, Ticket
from imagepipe.provider import Address, Inline, Pending, Provider, Ready
from imagepipe.wire import Answer, NotSent, Operation, Reply, Request, Unanswered

REFRESHES = 2
"""How often an expired address is asked for anew before the job is left for the next run."""

FETCHES = 6
"""How often one address is tried."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a reply said of the job's price and seed; None is unknown."""

    cost: Decimal | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Submitting:
    """A paid request is ready to leave."""

    request: Request

    def next(self, answer: Answer, provider: Provider, now: float) -> State:
        match answer:
            case NotSent(reason):
                fault = Fault(FaultKind.TRANSIENT, reason, accepted=False)
                return Refused(fault, reached=False)
            case Unanswered(reason):
                return Doubtful(Fault(FaultKind.UNCERTAIN, reason))
            case Reply():
                return answered(answer, provider, now)
            case _:
                assert_never(answer)


@dataclass(frozen=True, slots=True)
class Polling:
    """The provider works on it. `seen` is set once it has admitted to knowing the ticket.

    Before `due` it is not to be asked again; how much later that pays is for others to say.
    """

    ticket: Ticket
    since: float
    due: float
    seen: bool = False
    errors: int = 0
    refreshes: int = 0
    status: str = "submitted"

    def request(self, provider: Provider) -> Request:
        return provider.poll(self.ticket)

    def next(self, answer: Answer, provider: Provider, now: float) -> State:
        if not isinstance(answer, Reply):
            fault = Fault(FaultKind.TRANSIENT, answer.reason)
            return self.again(fault, provider, now)
        reading = provider.read(Operation.POLL, answer)
        match reading:
            case Pending(ticket=ticket, status=status, wait=wait):
                later = replace(self, seen=True, errors=0, status=status)
                later = later if ticket is None else replace(later, ticket=_merged(later, ticket))
                return later.in_time(provider, now, wait)
            case Ready():
                ticket = self.ticket if reading.ticket is None else _merged(self, reading.ticket)
                if (request := provider.result(ticket)) is not None:
                    return Collecting(request, replace(self, ticket=ticket))
                return _ready(reading, ticket, now, self)
            case Fault():
                return self.after_fault(reading, provider, now)
            case _:
                assert_never(reading)

    def after_fault(self, fault: Fault, provider: Provider, now: float) -> State:
        match fault.kind:
            case FaultKind.TRANSIENT | FaultKind.THROTTLED | FaultKind.GARBLED:
                return self.again(fault, provider, now)
            case FaultKind.UNCERTAIN:  # a look costs nothing
                return self.again(fault, provider, now)
            case FaultKind.MISSING:
                fresh = not self.seen and now - self.since < provider.schedule.grace
                return self.again(fault, provider, now) if fresh else Ended(fault, self.ticket)
            case FaultKind.DENIED:
                return Parked(self.ticket, fault)
            case FaultKind.FAILED | FaultKind.REJECTED | FaultKind.MODERATED:
                return Ended(fault, self.ticket)
            case _:
                assert_never(fault.kind)

    def again(self, fault: Fault, provider: Provider, now: float) -> State:
        later = replace(self, errors=self.errors + 1)
        pause = min(2.0**later.errors, polling.LONGEST)
        return later.in_time(provider, now, max(fault.wait or 0.0, pause))

    def in_time(self, provider: Provider, now: float, hint: float | None) -> State:
        """The next poll, unless the job's deadline comes first: its ticket then waits for a run."""
        waited = now - self.since
        if waited > provider.schedule.deadline:
            reason = f"no picture after {waited:.0f} s (status {self.status}); a later run goes on"
            return Parked(self.ticket, Fault(FaultKind.TRANSIENT, reason, accepted=True))
        due = now + polling.soonest(provider.schedule.every, hint)
        return replace(self, due=due)


@dataclass(frozen=True, slots=True)
class Collecting:
    """The job is done, and its result is one request away (fal)."""

    request: Request
    before: Polling

    def next(self, answer: Answer, provider: Provider, now: float) -> State:
        if not isinstance(answer, Reply):
            return self.before.again(Fault(FaultKind.TRANSIENT, answer.reason), provider, now)
        reading = provider.read(Operation.RESULT, answer)
        match reading:
            case Ready():
                return _ready(reading, self.before.ticket, now, self.before)
            case Pending():
                fault = Fault(FaultKind.GARBLED, "the result holds no picture")
                return self.before.again(fault, provider, now)
            case Fault():
                return self.before.after_fault(reading, provider, now)
            case _:
                assert_never(reading)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A download that worked; the bytes lie where whoever fetched them put them."""


@dataclass(frozen=True, slots=True)
class NotFetched:
    """A download that did not. `expired`: the address is gone, and a new one may be had."""

    reason: str
    expired: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True)
class Fetching:
    """The picture is made and paid; its bytes lie at an address. Trying again is free."""

    url: str
    ticket: Ticket | None
    bill: Bill
    since: float
    due: float
    tries: int = 0
    refreshes: int = 0

    def next(self, outcome: Fetched | NotFetched, now: float) -> State:
        match outcome:
            case Fetched():
                return Done(None, self.ticket, self.bill)
            case NotFetched(expired=True) if self.ticket and self.refreshes < REFRESHES:
                again = self.refreshes + 1
                return Polling(self.ticket, self.since, due=now, seen=True, refreshes=again)
            case NotFetched(expired=False, final=False) if self.tries + 1 < FETCHES:
                pause = min(0.5 * 2.0**self.tries, 30.0)
                return replace(self, tries=self.tries + 1, due=now + pause)
            case NotFetched():
                return self._out_of_tries(outcome)
            case _:
                assert_never(outcome)

    def _out_of_tries(self, outcome: NotFetched) -> State:
        """The next run asks again, unless the address is gone and no ticket gives another."""
        fault = Fault(FaultKind.GARBLED, outcome.reason, accepted=True, billed=True)
        if self.ticket is None and (outcome.expired or outcome.final):
            return Ended(replace(fault, kind=FaultKind.MISSING), None, self.bill)
        return Parked(self.ticket, fault)


@dataclass(frozen=True, slots=True)
class Done:
    """The bytes are here: `data`, or, if None, where the download put them."""

    data: bytes | None
    ticket: Ticket | None
    bill: Bill


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not accepted, and may be sent again; `reached`: the provider said so itself."""

    fault: Fault
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Doubtful:
    """It may have been accepted and paid for. Never sent again by itself; `evidence` is kept."""

    fault: Fault
    evidence: Reply | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """Accepted, not finished, and not to be waited for now: the next run goes on.

    It has the ticket, or, where there is none, the kept reply of a synchronous provider.
    """

    ticket: Ticket | None
    fault: Fault


@dataclass(frozen=True, slots=True)
class Ended:
    """Over without a picture."""

    fault: Fault
    ticket: Ticket | None = None
    bill: Bill = Bill()

    @property
    def cost(self) -> Decimal | None:
        """What was charged all the same, in USD; None is unknown."""
        return self.bill.cost if self.bill.cost is not None else self.fault.cost


State: TypeAlias = (
    Submitting | Polling | Collecting | Fetching | Done | Refused | Doubtful | Parked | Ended
)


def answered(reply: Reply, provider: Provider, now: float) -> State:
    """What a reply to a submit makes of the job, read at once or when it is found again."""
    reading = provider.read(Operation.SUBMIT, reply)
    match reading:
        case Pending(ticket=Ticket() as ticket, wait=wait):
            due = now + polling.soonest(provider.schedule.every, wait)
            return Polling(ticket, since=now, due=due)
        case Pending():
            return Doubtful(Fault(FaultKind.UNCERTAIN, "accepted without an id"), reply)
        case Ready():
            return _ready(reading, reading.ticket, now)
        case Fault():
            return _refusal(reading, reply)
        case _:
            assert_never(reading)


def resume(ticket: Ticket, now: float) -> Polling:
    """The state of a job whose ticket an earlier run left behind: look at once."""
    return Polling(ticket, since=now, due=now, seen=True)


def _ready(
    reading: Ready,
    ticket: Ticket | None,
    now: float,
    before: Polling | None = None,
) -> State:
    """A job is one picture: the first result is it."""
    bill = Bill(reading.cost, reading.seed)
    match reading.results:
        case (Inline(data=data), *_):
            return Done(data, ticket, bill)
        case (Address(url=url), *_):
            since = now if before is None else before.since
            refreshes = 0 if before is None else before.refreshes
            return Fetching(url, ticket, bill, since, due=now, refreshes=refreshes)
        case _:
            fault = Fault(FaultKind.FAILED, "finished without a picture", accepted=True)
            return Ended(fault, ticket, bill)


def _refusal(fault: Fault, reply: Reply) -> State:
    """What a fault in the reply to a submit means: again, in doubt, or over."""
    match fault.kind:
        case FaultKind.TRANSIENT | FaultKind.THROTTLED if fault.accepted is False:
            return Refused(fault)
        case FaultKind.UNCERTAIN | FaultKind.GARBLED | FaultKind.TRANSIENT | FaultKind.THROTTLED:
            return Doubtful(replace(fault, kind=FaultKind.UNCERTAIN), reply)
        case FaultKind.FAILED | FaultKind.REJECTED | FaultKind.MODERATED | FaultKind.DENIED:
            return Ended(fault)
        case FaultKind.MISSING:
            return Ended(replace(fault, kind=FaultKind.REJECTED))
        case _:
            assert_never(fault.kind)


def _merged(before: Polling, ticket: Ticket) -> Ticket:
    """A later reply may add kept fields; the id that was stored first stays."""
    return Ticket(before.ticket.id, {**before.ticket.kept, **ticket.kept})
