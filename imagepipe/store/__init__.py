"""What was asked for, paid for and written: blobs, the ledger of jobs, outputs and the lock file.

Everything here is synchronous and takes the time as an argument (UTC, ISO 8601). It knows files and
SQLite; it knows neither providers nor HTTP, and decides nothing about what to generate.
"""

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
from imagepipe.store.recovery import probe
from imagepipe.store.runs import Probe, Run, life_of
from imagepipe.store.spool import Spool, Spooled
from imagepipe.store.states import Conflict

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
