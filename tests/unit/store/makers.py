"""Jobs, receipts and ledgers for the tests of the store: real ones, in short words."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

from imagepipe.errors import Place
from imagepipe.key import key_of
from imagepipe.model import (
    Candidate,
    Digest,
    Fault,
    FaultKind,
    Job,
    Json,
    Key,
    Picture,
    Receipt,
    Ticket,
)
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.liveness import Life, Process, this_process
from imagepipe.store.runs import Run, probe

NOW = "2027-01-02T03:04:05Z"
LATER = "2027-01-02T03:04:06Z"
CENT = Decimal("0.01")
PNG = Picture("image/png", "png", 2, 2)
UNCERTAIN = Fault(FaultKind.UNCERTAIN, "no reply came")
REFUSED = Fault(FaultKind.REJECTED, "a bad word", http=400, accepted=False)
BILLED = Fault(FaultKind.FAILED, "no picture", billed=True)


def canonical(name: str) -> dict[str, Json]:
    return {"scheme": 1, "spec": "p", "fields": {"prompt": name}, "index": 1}


def job(name: str, *, price: Decimal | None = CENT, spot: str | None = None) -> Job:
    """A job whose prompt is `name`; `spot` lets two prompts share a place in the catalogue."""
    request = canonical(name)
    candidate = Candidate("p", {"prompt": name}, request, key_of(request), price)
    place = Place("c.yaml", 1, 1)
    product = spot or name
    return Job("hero", product, (), 1, f"{product}/hero", (candidate,), place)


def key(name: str) -> Key:
    return job(name).key


def digest(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest())


def receipt(
    name: str, data: bytes = b"picture", *, cost: Decimal | None = CENT, ticket: str | None = "t"
) -> Receipt:
    return Receipt(
        key=key(name),
        provider="p",
        canonical=canonical(name),
        blob=digest(data),
        size=len(data),
        picture=PNG,
        ticket=Ticket(ticket) if ticket else None,
        cost=cost,
        seed=7,
        submitted_at=NOW,
        finished_at=LATER,
    )


def run(name: str = "r1", *, process: Process | None = None, purse: str = "") -> Run:
    return Run(name, process or this_process(), NOW, ("c.yaml",), purse)


def dead(name: str = "gone") -> Run:
    """A run of this machine's last boot."""
    me = this_process()
    return run(name, process=Process(me.host, "an earlier boot", me.space, me.pid, me.born))


def look(other: Run) -> Life:
    return probe(this_process())(other)


def open_ledger(folder: Path, *runs: Run) -> Ledger:
    ledger = Ledger.open_or_create(Layout(folder), Stamp.LIVE, NOW)
    for one in runs or (run(),):
        ledger.start_run(one, look)
    return ledger


def claim(ledger: Ledger, name: str, by: str = "r1") -> object:
    wanted = job(name)
    return ledger.claim(wanted.candidates[0], wanted, by, NOW)


def commit(ledger: Ledger, name: str, data: bytes = b"picture") -> None:
    """The whole life of a job that goes well."""
    claim(ledger, name)
    ledger.ticketed(key(name), Ticket("t"), NOW)
    ledger.commit(receipt(name, data), NOW)
