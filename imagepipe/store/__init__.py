"""What was asked for, paid for and written: blobs, the ledger of jobs, outputs and the lock file.

Everything here is synchronous and takes the time as an argument (UTC, ISO 8601). It knows files and
SQLite; it knows neither providers nor HTTP, and decides nothing about what to generate.

The names are resolved when they are first used: a plan needs few of them, and reads only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagepipe.store.blobs import Blobs
    from imagepipe.store.claims import Claim, Claimed, Held, OverLimit
    from imagepipe.store.known import Known
    from imagepipe.store.layout import Layout, Stamp
    from imagepipe.store.ledger import Ledger
    from imagepipe.store.lessons import Lessons
    from imagepipe.store.liveness import Life, this_process
    from imagepipe.store.lock import Entry
    from imagepipe.store.lock_merge import update_lock
    from imagepipe.store.memo import Memo, read_memo, write_memo
    from imagepipe.store.money import Limit, Money
    from imagepipe.store.orphans import Orphan
    from imagepipe.store.outputs import Kept, Outcome, Outputs, Wish, root_name
    from imagepipe.store.reader import Attempt, Reader
    from imagepipe.store.runs import Probe, Run, life_of, probe
    from imagepipe.store.spool import Spool, Spooled
    from imagepipe.store.states import Conflict

_HOMES = {
    "Attempt": "reader",
    "Blobs": "blobs",
    "Claim": "claims",
    "Claimed": "claims",
    "Conflict": "states",
    "Entry": "lock",
    "Held": "claims",
    "Kept": "outputs",
    "Known": "known",
    "Layout": "layout",
    "Ledger": "ledger",
    "Lessons": "lessons",
    "Life": "liveness",
    "Limit": "money",
    "Memo": "memo",
    "Money": "money",
    "Orphan": "orphans",
    "Outcome": "outputs",
    "Outputs": "outputs",
    "OverLimit": "claims",
    "Probe": "runs",
    "Reader": "reader",
    "Run": "runs",
    "Spool": "spool",
    "Spooled": "spool",
    "Stamp": "layout",
    "Wish": "outputs",
    "life_of": "runs",
    "probe": "runs",
    "read_memo": "memo",
    "root_name": "outputs",
    "this_process": "liveness",
    "update_lock": "lock_merge",
    "write_memo": "memo",
}

__all__ = [
    "Attempt",
    "Blobs",
    "Claim",
    "Claimed",
    "Conflict",
    "Entry",
    "Held",
    "Kept",
    "Known",
    "Layout",
    "Ledger",
    "Lessons",
    "Life",
    "Limit",
    "Memo",
    "Money",
    "Orphan",
    "Outcome",
    "Outputs",
    "OverLimit",
    "Probe",
    "Reader",
    "Run",
    "Spool",
    "Spooled",
    "Stamp",
    "Wish",
    "life_of",
    "probe",
    "read_memo",
    "root_name",
    "this_process",
    "update_lock",
    "write_memo",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
