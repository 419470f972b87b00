"""What a submit may cost and repeat: the budget, and what a person or a rule allowed.

Leave to pay again is for one attempt, the one that was planned with: whoever used it, used it up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from imagepipe.model import Key, Record, State
from imagepipe.store import Ledger, Limit


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one submit.

    `again` says why a key that was submitted before may be submitted once more after its attempt
    number `seen`; `risks`, that it may be paid for twice by that; `forced`, that a person wants
    what was paid for made anew.
    """

    limit: Limit | None = None
    unbilled: int = 0
    again: str | None = None
    seen: int = 0
    risks: bool = False
    forced: bool = False

    def for_attempt(self, record: Record | None, *, again: str | None, forced: bool) -> Terms:
        """The terms on which this attempt may be followed by another one."""
        if record is None:
            return self
        risks = (again is not None and not forced) or record.risked > 0
        return replace(self, again=again, seen=record.attempt, risks=risks, forced=forced)

    def free(self, ledger: Ledger, key: Key, now: str, *, why: str, run: str) -> None:
        """Let a key be claimed again, if leave was given for the attempt that it is at now."""
        record = ledger.record(key)
        if record is None or record.attempt != self.seen:
            return
        if record.state is State.COMMITTED:
            # What this run has made for another job of that key is new enough.
            if self.forced and ledger.row(key).run != run:
                ledger.resubmit(key, now, why=why, run=run, forced=True)
        elif record.state in (State.FAILED, State.AMBIGUOUS, State.LOST):
            ledger.resubmit(key, now, why=why, run=run)
