"""What each state of an exchange means to the ledger, as an operation on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias, assert_never

from imagepipe.exchange import (
    Bill,
    Collecting,
    Done,
    Doubtful,
    Ended,
    Fetching,
    Parked,
    Polling,
    Refused,
    State,
    Submitting,
)
from imagepipe.model import Fault, FaultKind, Key, Receipt
from imagepipe.model import State as Stage
from imagepipe.store import Ledger
from imagepipe.wire import Reply

Note: TypeAlias = Callable[[Ledger], None]

EVIDENCE = 4096
"""Bytes of an unreadable reply that are kept for a person to look at."""


_QUERY = re.compile(r"(?<=\w)\?[^\s\"'<>\\]+")
"""What follows the `?` of an address: signatures are there, and the ledger keeps none."""


def of(state: State, key: Key, run: str, now: str) -> Note | None:
    """The operation that makes `state` durable, None if it changes nothing that must be."""
    match state:
        case Polling(ticket=ticket, refreshes=0):
            return lambda ledger: ledger.ticketed(key, ticket, now)
        case Fetching(tries=0, refreshes=0) | Done():
            bill = state.bill
            return lambda ledger: _remote_done(ledger, key, bill, now)
        case Refused():
            return lambda ledger: ledger.release(key, run, now)
        case Doubtful(fault=fault, evidence=reply):
            seen = _evidence(reply)
            return lambda ledger: ledger.ambiguous(key, fault, now, evidence=seen)
        case Ended():
            return _ended(state, key, run, now)
        case Submitting() | Polling() | Collecting() | Fetching() | Parked():
            return None
        case _:
            assert_never(state)


def commit_receipt(ledger: Ledger, receipt: Receipt) -> None:
    """The picture is stored; one that was gone may have come back as other bytes."""
    now, key = receipt.finished_at, receipt.key
    row = ledger.row(key)
    if row.state == Stage.COMMITTED and row.blob != receipt.blob and receipt.ticket is not None:
        gone = Fault(FaultKind.MISSING, "its picture was gone here", accepted=True, billed=True)
        ledger.lose(key, gone, now)
        ledger.attach(key, receipt.ticket, now)
    ledger.commit(receipt, now)


def _remote_done(ledger: Ledger, key: Key, bill: Bill, now: str) -> None:
    """A picture that is asked for again, because it is gone here, stays committed."""
    if ledger.row(key).state != Stage.COMMITTED:
        ledger.remote_done(key, bill.cost, bill.seed, now)


def _ended(ended: Ended, key: Key, run: str, now: str) -> Note:
    fault = ended.fault
    match fault.kind:
        case FaultKind.DENIED:
            return lambda ledger: ledger.block(key, run, fault, now)
        case FaultKind.MISSING:
            lost = replace(fault, accepted=True)
            return lambda ledger: ledger.lose(key, lost, now)
        case _:
            return lambda ledger: _fail(ledger, key, ended, now)


def _fail(ledger: Ledger, key: Key, ended: Ended, now: str) -> None:
    """A committed picture was made, whatever the provider says of it now: it is lost."""
    if ledger.row(key).state == Stage.COMMITTED:
        ledger.lose(key, replace(ended.fault, accepted=True), now)
    else:
        ledger.fail(key, ended.fault, now, cost=ended.cost)


def _evidence(reply: Reply | None) -> str:
    if reply is None:
        return ""
    body = _QUERY.sub("?...", reply.body[:EVIDENCE].decode("utf-8", "replace"))
    return f"HTTP {reply.status}, {reply.media_type or 'no media type'}: {body}"
