"""Every step of a job's life in the ledger: how to come before it, the step, and what it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from imagepipe.model import Fault, FaultKind, Ticket
from imagepipe.store.claims import Claimed
from imagepipe.store.ledger import Ledger
from imagepipe.store.reader import Note
from imagepipe.store.rows import Cell, fault_text, ticket_text
from tests.unit.store.makers import BILLED, LATER, NOW, UNCERTAIN, commit, digest, job, key, receipt

Step = Callable[[Ledger], object]
MUG = key("mug")
TICKET = Ticket("t", {"url": "u"})
GONE = Fault(FaultKind.MISSING, "gone", accepted=True, billed=True)
DENIED = Fault(FaultKind.DENIED, "no credits", http=402, code="credits", accepted=False)
BLOB = digest(b"picture")
STORED: dict[str, Cell] = {
    "blob": BLOB,
    "size": 7,
    "media_type": "image/png",
    "extension": "png",
    "width": 2,
    "height": 2,
    "cost": "0.01",
    "seed": "7",
    "finished_at": LATER,
}


def claimed(ledger: Ledger, by: str = "r1", now: str = NOW) -> Claimed:
    wanted = job("mug")
    found = ledger.claim(wanted.candidates[0], wanted, by, now)
    assert isinstance(found, Claimed)
    return found


def submitted(ledger: Ledger) -> None:
    claimed(ledger)
    ledger.ticketed(MUG, TICKET, NOW)


def finished(ledger: Ledger) -> None:
    submitted(ledger)
    ledger.remote_done(MUG, Decimal("0.01"), 7, NOW)


def fetched(ledger: Ledger) -> None:
    finished(ledger)
    ledger.fetched(MUG, BLOB, 7, NOW)


def doubtful(ledger: Ledger) -> None:
    claimed(ledger)
    ledger.ambiguous(MUG, UNCERTAIN, NOW)


def failed(ledger: Ledger) -> None:
    submitted(ledger)
    ledger.fail(MUG, BILLED, NOW)


def lost(ledger: Ledger) -> None:
    commit(ledger, "mug")
    ledger.lose(MUG, GONE, NOW)


def planned(ledger: Ledger) -> None:
    claimed(ledger)
    ledger.release(MUG, "r1", NOW)


def blocked(ledger: Ledger) -> None:
    claimed(ledger)
    ledger.block(MUG, "r1", DENIED, NOW)


STEPS: dict[str, tuple[Step, Step, dict[str, Cell]]] = {
    "release": (claimed, lambda one: one.release(MUG, "r1", LATER), {"state": "planned"}),
    "block": (
        claimed,
        lambda one: one.block(MUG, "r1", DENIED, LATER),
        {"state": "blocked", "fault": fault_text(DENIED)},
    ),
    "ticketed": (
        claimed,
        lambda one: one.ticketed(MUG, TICKET, LATER),
        {"state": "submitted", "ticket": ticket_text(TICKET), "submitted_at": LATER},
    ),
    "remote_done": (
        submitted,
        lambda one: one.remote_done(MUG, Decimal("0.02"), 7, LATER),
        {"state": "remote_done", "cost": "0.02", "seed": "7"},
    ),
    "remote_done, again": (
        finished,
        lambda one: one.remote_done(MUG, Decimal("0.03"), 8, LATER),
        {"cost": "0.03", "seed": "8"},
    ),
    "remote_done, after its picture": (
        fetched,
        lambda one: one.remote_done(MUG, Decimal("0.03"), None, LATER),
        {"cost": "0.03"},
    ),
    "answered": (
        doubtful,
        lambda one: one.answered(MUG, "r2", LATER),
        {"state": "remote_done", "run": "r2", "fault": None},
    ),
    "disproved": (
        doubtful,
        lambda one: one.disproved(MUG, "r2", LATER, why="not listed"),
        {"state": "planned", "run": None, "fault": None},
    ),
    "fetched": (
        finished,
        lambda one: one.fetched(MUG, BLOB, 7, LATER),
        {"state": "fetched", "blob": BLOB, "size": 7},
    ),
    "fetched, again": (
        fetched,
        lambda one: one.fetched(MUG, digest(b"other"), 5, LATER),
        {"blob": digest(b"other"), "size": 5},
    ),
    "commit": (
        submitted,
        lambda one: one.commit(receipt("mug"), LATER),
        {"state": "committed", "ticket": ticket_text(Ticket("t")), **STORED},
    ),
    "commit of other bytes": (
        fetched,
        lambda one: one.commit(receipt("mug", b"other bytes", ticket=None), LATER),
        {
            "state": "committed",
            **{name: STORED[name] for name in ("media_type", "extension", "width", "height")},
            "finished_at": LATER,
            "blob": digest(b"other bytes"),
            "size": 11,
        },
    ),
    "commit of an answer at once": (
        claimed,
        lambda one: one.commit(replace(receipt("mug", ticket=None), submitted_at="t0"), LATER),
        {"state": "committed", "submitted_at": "t0", **STORED},
    ),
    "fail": (
        submitted,
        lambda one: one.fail(MUG, BILLED, LATER, cost=Decimal("0.05")),
        {"state": "failed", "fault": fault_text(BILLED), "cost": "0.05"},
    ),
    "ambiguous": (
        claimed,
        lambda one: one.ambiguous(MUG, UNCERTAIN, LATER),
        {"state": "ambiguous", "fault": fault_text(UNCERTAIN)},
    ),
    "lose": (
        submitted,
        lambda one: one.lose(MUG, GONE, LATER),
        {"state": "lost", "fault": fault_text(GONE)},
    ),
    "take": (submitted, lambda one: one.take(MUG, "r2", LATER, owner="r1"), {"run": "r2"}),
    "attach": (
        doubtful,
        lambda one: one.attach(MUG, TICKET, LATER, run="r2"),
        {
            "state": "submitted",
            "ticket": ticket_text(TICKET),
            "run": "r2",
            "fault": None,
            "submitted_at": LATER,
        },
    ),
    "attach to a submit that failed": (
        failed,
        lambda one: one.attach(MUG, Ticket("t2"), LATER),
        {"state": "submitted", "ticket": ticket_text(Ticket("t2")), "run": None, "fault": None},
    ),
    "drop": (
        doubtful,
        lambda one: one.drop(MUG, LATER),
        {
            "state": "failed",
            "fault": fault_text(Fault(FaultKind.UNCERTAIN, "given up by hand")),
        },
    ),
    "drop of what was paid": (
        lost,
        lambda one: one.drop(MUG, LATER),
        {
            "state": "failed",
            "fault": fault_text(Fault(FaultKind.UNCERTAIN, "given up by hand", billed=True)),
        },
    ),
    "restore": (
        lost,
        lambda one: one.restore(receipt("mug", b"found again"), LATER),
        {"state": "committed", "blob": digest(b"found again"), "size": 11, "fault": None},
    ),
}

NOTES: dict[str, tuple[Step, Step, Note]] = {
    "evidence": (
        claimed,
        lambda one: one.ambiguous(MUG, UNCERTAIN, LATER, evidence="half a reply"),
        Note(MUG, LATER, "r1", "evidence", "half a reply"),
    ),
    "no evidence": (
        claimed,
        lambda one: one.ambiguous(MUG, UNCERTAIN, LATER),
        Note(MUG, LATER, "r1", "evidence", "no reply came"),
    ),
    "answered": (
        doubtful,
        lambda one: one.answered(MUG, "r2", LATER),
        Note(MUG, LATER, "r2", "answered", "the reply was kept"),
    ),
    "disproved": (
        doubtful,
        lambda one: one.disproved(MUG, "r2", LATER, why="not listed"),
        Note(MUG, LATER, "r2", "disproved", "not listed"),
    ),
    "resubmit": (
        failed,
        lambda one: one.resubmit(MUG, LATER, why="it was not billed", run="r2"),
        Note(MUG, LATER, "r2", "resubmit", "failed: it was not billed"),
    ),
    "attach": (
        doubtful,
        lambda one: one.attach(MUG, TICKET, LATER, run="r2"),
        Note(MUG, LATER, "r2", "attach", "ambiguous: t"),
    ),
    "drop": (
        doubtful,
        lambda one: one.drop(MUG, LATER, run="r2"),
        Note(MUG, LATER, "r2", "drop", "ambiguous: "),
    ),
    "restore": (
        lost,
        lambda one: one.restore(receipt("mug"), LATER),
        Note(MUG, LATER, None, "restore", BLOB),
    ),
}
"""What is recorded of a doubt and of its end."""
