"""What each reading makes of a job, to the second and the cent; above all what may be repeated."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast

import pytest

from imagepipe import exchange
from imagepipe.exchange import (
    Bill,
    Collecting,
    Done,
    Doubtful,
    Ended,
    Fetched,
    Fetching,
    NotFetched,
    Parked,
    Polling,
    Refused,
    Submitting,
)
from imagepipe.model import Fault, FaultKind, Ticket
from imagepipe.provider import Address, Inline, Pending, Provider, Ready
from imagepipe.provider.reply import Reading
from imagepipe.provider.spec import Schedule
from imagepipe.wire import Answer, NotSent, Operation, Reply, Request, Unanswered

REPLY = Reply(200, {}, b"{}")
TICKET = Ticket("t", {"at": "u"})
BILL = Bill(Decimal("0.02"), 9)
POLLING = Polling(TICKET, since=100.0, due=105.0)
REQUEST = Request(Operation.SUBMIT, "POST", "https://vendor.example/submit")
RESULT = Request(Operation.RESULT, "GET", "https://vendor.example/result")


@dataclass
class Oracle:
    """A provider whose replies mean what a test says; it notes for what it was asked."""

    reading: Reading = field(default_factory=lambda: Pending(None, "running"))
    fetches: bool = False
    schedule: Schedule = field(default_factory=lambda: Schedule(2.0, 30.0, 600.0))
    asked: list[Operation] = field(default_factory=list)

    def read(self, operation: Operation, reply: Reply) -> Reading:
        assert reply is REPLY
        self.asked.append(operation)
        return self.reading

    def result(self, ticket: Ticket) -> Request | None:
        return replace(RESULT, url=ticket.id) if self.fetches else None

    def poll(self, ticket: Ticket) -> Request:
        return replace(REQUEST, operation=Operation.POLL, url=ticket.id)


def oracle(reading: Reading | None = None, *, fetches: bool = False) -> Provider:
    told = Oracle(fetches=fetches) if reading is None else Oracle(reading, fetches)
    return cast("Provider", told)


def fault(kind: FaultKind, **more: object) -> Fault:
    return replace(Fault(kind, "it said so"), **more)  # type: ignore[arg-type]  # fields by name


def submitted(answer: Answer, reading: Reading | None = None) -> exchange.State:
    return Submitting(REQUEST).next(answer, oracle(reading), 100.0)


SENT_AGAIN = {FaultKind.TRANSIENT, FaultKind.THROTTLED}
UNKNOWN = {FaultKind.TRANSIENT, FaultKind.THROTTLED, FaultKind.UNCERTAIN, FaultKind.GARBLED}


@pytest.mark.parametrize("kind", list(FaultKind))
@pytest.mark.parametrize("accepted", [None, True, False])
def test_a_submit_is_repeated_only_if_it_was_surely_not_accepted(
    kind: FaultKind, *, accepted: bool | None
) -> None:
    """And only where trying again may help; what nobody knows is in doubt, with its evidence."""
    said = fault(kind, accepted=accepted, wait=3.0, billed=True)
    state = submitted(REPLY, said)
    if accepted is False and kind in SENT_AGAIN:
        assert state == Refused(said, reached=True)
    elif kind in UNKNOWN:
        assert state == Doubtful(replace(said, kind=FaultKind.UNCERTAIN), REPLY)
    elif kind is FaultKind.MISSING:
        assert state == Ended(replace(said, kind=FaultKind.REJECTED))
    else:
        assert state == Ended(said)


def test_what_the_transport_knows_decides_when_there_is_no_reply() -> None:
    """Not a byte left: again. Anything else: nobody knows."""
    never = Fault(FaultKind.TRANSIENT, "no route", accepted=False)
    assert submitted(NotSent("no route")) == Refused(never, reached=False)
    assert submitted(Unanswered("reset")) == Doubtful(Fault(FaultKind.UNCERTAIN, "reset"))


@pytest.mark.parametrize(("wait", "due"), [(None, 102.0), (1.0, 102.0), (7.0, 107.0)])
def test_an_accepted_submit_is_looked_at_when_the_vendor_allows(
    wait: float | None, due: float
) -> None:
    state = submitted(REPLY, Pending(TICKET, "queued", wait=wait))
    assert state == Polling(TICKET, since=100.0, due=due)


def test_an_acceptance_without_an_id_is_in_doubt() -> None:
    """It was accepted, and nobody can ask for it."""
    said = Fault(FaultKind.UNCERTAIN, "accepted without an id")
    assert submitted(REPLY, Pending(None, "queued")) == Doubtful(said, REPLY)


def test_a_reply_with_the_picture_is_done_with_its_bill() -> None:
    """The first of several is the job's; an address is fetched at once."""
    inline = Ready((Inline(b"one"), Inline(b"two")), TICKET, Decimal("0.02"), 9)
    assert submitted(REPLY, inline) == Done(b"one", TICKET, BILL)
    there = Ready((Address("https://a"), Inline(b"x")), TICKET, Decimal("0.02"), 9)
    assert submitted(REPLY, there) == Fetching("https://a", TICKET, BILL, 100.0, due=100.0)
    without = Fault(FaultKind.FAILED, "finished without a picture", accepted=True)
    nothing = Ready((), TICKET, Decimal("0.02"), 9)
    assert submitted(REPLY, nothing) == Ended(without, TICKET, BILL)


def test_every_reply_is_read_for_what_it_answers() -> None:
    told = Oracle(Pending(TICKET, "x"))
    provider = cast("Provider", told)
    Submitting(REQUEST).next(REPLY, provider, 0.0)
    POLLING.next(REPLY, provider, 101.0)
    Collecting(RESULT, POLLING).next(REPLY, provider, 101.0)
    assert told.asked == [Operation.SUBMIT, Operation.POLL, Operation.RESULT]
    assert POLLING.request(provider).url == "t"


def test_what_is_pending_is_looked_at_again_and_its_errors_are_forgotten() -> None:
    """What a later reply adds to the ticket is kept; the id that was stored first stays."""
    tried = replace(POLLING, errors=3, refreshes=1)
    same = tried.next(REPLY, oracle(Pending(None, "running", wait=9.0)), 110.0)
    expected = Polling(TICKET, 100.0, 119.0, seen=True, refreshes=1, status="running")
    assert same == expected
    more = Ticket("other", {"at": "v", "more": "w"})
    state = tried.next(REPLY, oracle(Pending(more, "running")), 110.0)
    merged = Ticket("t", {"at": "v", "more": "w"})
    assert state == replace(expected, ticket=merged, due=112.0)


def test_what_is_finished_is_fetched_under_the_merged_ticket() -> None:
    """From the address, or by one more request; its time and its refreshes go on counting."""
    more = Ticket("other", {"result": "r"})
    merged = Ticket("t", {"at": "u", "result": "r"})
    state = replace(POLLING, refreshes=2)
    done = Ready((Address("https://a"),), more, Decimal("0.02"), 9)
    fetching = Fetching("https://a", merged, BILL, 100.0, due=110.0, refreshes=2)
    assert state.next(REPLY, oracle(done), 110.0) == fetching
    plain = state.next(REPLY, oracle(replace(done, ticket=None)), 110.0)
    assert plain == replace(fetching, ticket=TICKET)
    collecting = Collecting(replace(RESULT, url="t"), replace(state, ticket=merged))
    assert state.next(REPLY, oracle(done, fetches=True), 110.0) == collecting


@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_look_may_fail_as_often_as_it_likes_and_an_end_is_an_end(
    kind: FaultKind, *, seen: bool
) -> None:
    """A fresh ticket may not be known yet; an account that is closed keeps it for a later run."""
    state, said = replace(POLLING, seen=seen), fault(kind)
    found = state.next(REPLY, oracle(said), 110.0)
    fresh = kind is FaultKind.MISSING and not seen
    if kind in UNKNOWN or fresh:
        assert found == replace(state, errors=1, due=112.0)
    elif kind is FaultKind.DENIED:
        assert found == Parked(TICKET, said)
    else:
        assert found == Ended(said, TICKET)


@pytest.mark.parametrize(("now", "ended"), [(129.9, False), (130.0, True), (131.0, True)])
def test_an_unknown_ticket_is_normal_until_its_grace_is_over(now: float, *, ended: bool) -> None:
    found = POLLING.next(REPLY, oracle(fault(FaultKind.MISSING)), now)
    assert isinstance(found, Ended) == ended


@pytest.mark.parametrize(
    ("errors", "wait", "pause"),
    [
        (0, None, 2.0),
        (1, None, 4.0),
        (2, None, 8.0),
        (3, None, 15.0),
        (0, 9.0, 9.0),
        (3, 9.0, 15.0),
    ],
)
def test_a_look_that_fails_is_repeated_ever_later(
    errors: int, wait: float | None, pause: float
) -> None:
    """Doubling up to a limit, and never before the vendor allows it."""
    state = replace(POLLING, errors=errors)
    said = oracle(fault(FaultKind.TRANSIENT, wait=wait))
    assert state.next(REPLY, said, 110.0) == replace(state, errors=errors + 1, due=110.0 + pause)


@pytest.mark.parametrize("answer", [NotSent("no route"), Unanswered("no route")])
def test_a_look_without_a_reply_is_repeated(answer: Answer) -> None:
    again = replace(POLLING, errors=1, due=112.0)
    assert POLLING.next(answer, oracle(), 110.0) == again
    assert Collecting(RESULT, POLLING).next(answer, oracle(), 110.0) == again


def test_a_job_that_takes_too_long_waits_for_a_later_run_with_its_ticket() -> None:
    """Paid, and not given up: at the deadline it is still looked at, after it no more."""
    pending = oracle(Pending(None, "running"))
    assert isinstance(POLLING.next(REPLY, pending, 700.0), Polling)
    late = "no picture after 601 s (status running); a later run goes on"
    parked = Parked(TICKET, Fault(FaultKind.TRANSIENT, late, accepted=True))
    assert POLLING.next(REPLY, pending, 701.0) == parked


def test_a_result_that_was_fetched_is_the_jobs() -> None:
    before = replace(POLLING, refreshes=1)
    state = Collecting(RESULT, before)
    done = Ready((Address("https://a"),), Ticket("other"), Decimal("0.02"), 9)
    fetching = Fetching("https://a", TICKET, BILL, 100.0, due=110.0, refreshes=1)
    assert state.next(REPLY, oracle(done), 110.0) == fetching
    nothing = state.next(REPLY, oracle(Pending(None, "x")), 110.0)
    assert nothing == replace(before, errors=1, due=112.0)
    assert state.next(REPLY, oracle(fault(FaultKind.FAILED)), 110.0) == Ended(
        fault(FaultKind.FAILED), TICKET
    )


FETCHING = Fetching("https://a", TICKET, BILL, since=100.0, due=105.0)
GONE = Fault(FaultKind.GARBLED, "gone", accepted=True, billed=True)


def test_bytes_that_are_there_end_the_job() -> None:
    assert FETCHING.next(Fetched(), 110.0) == Done(None, TICKET, BILL)


@pytest.mark.parametrize(
    ("tries", "pause"), [(0, 0.5), (1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, None)]
)
def test_an_address_is_tried_six_times(tries: int, pause: float | None) -> None:
    """Ever later; then the next run asks for another."""
    state = replace(FETCHING, tries=tries)
    found = state.next(NotFetched("gone"), 110.0)
    if pause is None:
        assert found == Parked(TICKET, GONE)
    else:
        assert found == replace(state, tries=tries + 1, due=110.0 + pause)


def test_an_expired_address_is_asked_for_anew_twice() -> None:
    """By the ticket, at once; then a later run does."""
    expired = NotFetched("gone", expired=True)
    for refreshes in (0, 1):
        found = replace(FETCHING, refreshes=refreshes).next(expired, 110.0)
        assert found == Polling(TICKET, 100.0, due=110.0, seen=True, refreshes=refreshes + 1)
    assert replace(FETCHING, refreshes=2).next(expired, 110.0) == Parked(TICKET, GONE)


@pytest.mark.parametrize(
    ("outcome", "ticket"),
    [
        (NotFetched("gone", final=True), TICKET),
        (NotFetched("gone", expired=True), None),
        (NotFetched("gone", final=True), None),
    ],
)
def test_a_picture_is_lost_only_if_no_ticket_gives_another_address(
    outcome: NotFetched, ticket: Ticket | None
) -> None:
    found = replace(FETCHING, ticket=ticket).next(outcome, 110.0)
    if ticket is not None:
        assert found == Parked(ticket, GONE)
    else:
        assert found == Ended(replace(GONE, kind=FaultKind.MISSING), None, BILL)


def test_an_address_without_a_ticket_is_tried_as_often_and_kept_for_later() -> None:
    state = replace(FETCHING, ticket=None)
    assert isinstance(state.next(NotFetched("gone"), 110.0), Fetching)
    assert replace(state, tries=5).next(NotFetched("gone"), 110.0) == Parked(None, GONE)


def test_a_ticket_that_was_left_behind_is_looked_at_at_once() -> None:
    """It is no fresh one, so that an unknown one is lost."""
    assert exchange.resume(TICKET, 110.0) == Polling(TICKET, since=110.0, due=110.0, seen=True)


@pytest.mark.parametrize(
    ("bill", "cost", "expected"),
    [(None, None, None), ("0.02", None, "0.02"), (None, "0.03", "0.03"), ("0", "0.03", "0")],
)
def test_what_a_failed_job_cost_is_what_its_bill_says_or_else_its_fault(
    bill: str | None, cost: str | None, expected: str | None
) -> None:
    amount = [None if text is None else Decimal(text) for text in (bill, cost, expected)]
    ended = Ended(fault(FaultKind.FAILED, cost=amount[1]), TICKET, Bill(amount[0]))
    assert ended.cost == amount[2]
    assert Ended(fault(FaultKind.FAILED)).cost is None
