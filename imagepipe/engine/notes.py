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
from imagepipe.model import FaultKind, Key
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


def _remote_done(ledger: Ledger, key: Key, bill: Bill, now: str) -> None:
    """A job that an earlier run saw finished stays so."""
    if ledger.row(key).state in (Stage.INTENT, Stage.SUBMITTED):
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
            return lambda ledger: ledger.fail(key, fault, now, cost=ended.cost)


def _evidence(reply: Reply | None) -> str:
    if reply is None:
        return ""
    body = _QUERY.sub("?...", reply.body[:EVIDENCE].decode("utf-8", "replace"))
    return f"HTTP {reply.status}, {reply.media_type or 'no media type'}: {body}"
