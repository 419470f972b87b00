"""Claims: a durable intent is the claim on a key, made before any byte of a paid request leaves.

A claim is refused, not raised, when another was first or the budget would break: both are normal in
a store that many runs share.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias
from uuid import uuid4

from imagepipe.errors import StoreError
from imagepipe.model import Candidate, Fault, Job, Key, Record, State, Ticket
from imagepipe.store import rows
from imagepipe.store.journal import Journal
from imagepipe.store.money import Limit
from imagepipe.store.room import require_room
from imagepipe.store.rows import DAMAGED, JobRow, decimal_text, fault_of, ticket_text
from imagepipe.store.runs import Run
from imagepipe.store.states import IN_FLIGHT, Conflict, may_be_claimed


@dataclass(frozen=True, slots=True)
class Claimed:
    """The key is ours to submit. `nonce` is this attempt's idempotency key, never derived anew."""

    attempt: int
    nonce: str


@dataclass(frozen=True, slots=True)
class Held:
    """The key may not be submitted: somebody holds it, has finished it, or must decide."""

    record: Record


@dataclass(frozen=True, slots=True)
class OverLimit:
    """The purse does not admit the price (None: unknown); `left` USD could still be reserved."""

    price: Decimal | None
    left: Decimal


Claim: TypeAlias = Claimed | Held | OverLimit


class Claims(Journal):
    """Who may submit, and who goes on with what was submitted."""

    _believed = False

    def claim(
        self,
        candidate: Candidate,
        job: Job,
        run: str,
        now: str,
        *,
        limit: Limit | None = None,
        unbilled: int = 0,
        nonce: str | None = None,
    ) -> Claim:
        """Make an intent and reserve its price, if the key is free and the budget admits it.

        Args:
            candidate: Whose key and price; its canonical request is kept.
            job: Where the picture is wanted.
            run: The id of a started run; its purse pays.
            now: UTC, ISO 8601.
            limit: The most that the run's purse may hold.
            unbilled: How many attempts that failed unbilled may be repeated by themselves.
            nonce: What the submit will carry, to be told again by; a fresh one if it carries none.

        Raises:
            StoreError: The ledger is damaged, or the run was declared dead by another.
        """
        with self.writing():
            old = self._job(candidate.key)
            if old is not None and not self._is_free(old, unbilled):
                return Held(rows.record(old))
            if not self._has_room:  # once in a transaction
                require_room(self._layout.root)
                self._has_room = True
            self._chronicle.require()
            self._believe()
            purse = self._purse(run)
            if limit is not None and not limit.admits(self.money(purse), candidate.price):
                return OverLimit(candidate.price, limit.left(self.money(purse)))
            self.put_request(candidate.key, candidate.canonical)
            intent = _intent(candidate, job, run, purse, now, old)
            return self._intend(old, intent._replace(nonce=nonce or intent.nonce))

    def over_limit(self, price: Decimal | None, run: str, limit: Limit) -> OverLimit | None:
        """What `claim` would say of the budget alone, before anybody waits for a turn."""
        money = self.money(self._purse(run))
        return None if limit.admits(money, price) else OverLimit(price, limit.left(money))

    def admit(
        self,
        candidate: Candidate,
        job: Job,
        run: str,
        ticket: Ticket,
        now: str,
        *,
        cost: Decimal | None = None,
    ) -> Record:
        """Enter a ticket that the lock file knew and this ledger did not: it is paid already.

        Raises:
            Conflict: The ledger has something better than `planned` about the key.
        """
        with self.writing():
            old = self._job(candidate.key)
            if old is not None and old.state != State.PLANNED:
                raise Conflict(candidate.key, State(old.state), State.SUBMITTED.value)
            row = _intent(candidate, job, run, "", now, old)
            row = row._replace(
                state=State.SUBMITTED.value,
                ticket=ticket_text(ticket),
                cost=decimal_text(cost),
                submitted_at=now,
            )
            self.put(old, row)
            self.put_request(candidate.key, candidate.canonical)
            return rows.record(row)

    def enter(self, row: JobRow, now: str) -> None:
        """Enter a picture that is here and was paid for elsewhere, as its lock line says.

        Raises:
            Conflict: The ledger knows the key.
        """
        with self.writing():
            if (old := self._job(Key(row.key))) is not None:
                raise Conflict(Key(row.key), State(old.state), State.COMMITTED.value)
            submitted = row._replace(state=State.SUBMITTED.value, updated_at=now)
            fetched = submitted._replace(state=State.FETCHED.value)
            self.put(None, submitted)
            self.put(submitted, fetched)
            self.put(fetched, row)

    def take(self, key: Key, run: str, now: str, *, owner: str | None) -> Record:
        """Go on with what another run submitted: free of cost, so that a doubt may remain.

        Args:
            key: A key in flight.
            run: Who takes it.
            now: UTC, ISO 8601.
            owner: Who held it when the caller looked.

        Raises:
            Conflict: It is not in flight, or somebody else took it meanwhile.
        """
        with self.writing():
            old = self.row(key, *IN_FLIGHT)
            if old.run != owner:
                raise Conflict(key, State(old.state), f"taken from {owner}")
            new = old._replace(run=run, updated_at=now)
            self.put(old, new)
            return rows.record(new)

    def rivals(self, run: str) -> list[Run]:
        """The other runs whose jobs in flight draw on the purse of this one."""
        purse, busy = self._purse(run), self._jobs_in([State.INTENT, *sorted(IN_FLIGHT)])
        names = {job.run for job in busy if job.purse == purse and job.run != run}
        return [found for name in sorted(filter(None, names)) if (found := self.run(name))]

    def _is_free(self, row: JobRow, unbilled: int) -> bool:
        fault = fault_of(row.fault)
        if may_be_claimed(State(row.state), fault):
            return True
        return _unbilled(row, fault) and self.with_history(rows.record(row)).unbilled < unbilled

    def _intend(self, old: JobRow | None, new: JobRow) -> Claimed:
        if old is not None and old.state == State.FAILED:
            self.archive(old)
        self.put(old, new)
        return Claimed(new.attempt, new.nonce)

    def _purse(self, run: str) -> str:
        found = self.run(run)
        if found is None or found.ended is not None:
            state = "was never started" if found is None else "is over, or was declared dead"
            raise StoreError(f"run {run} {state}, so it may not submit", hint="start a new run")
        return found.purse

    def _believe(self) -> None:
        """Check every job's row once before anything is paid: a damaged key would look absent.

        Raises:
            StoreError: Something is damaged.
        """
        if self._believed:
            return
        found = self.fetch("PRAGMA quick_check(1)")
        if found != [("ok",)]:
            raise StoreError(f"{self._path} is damaged: {found[0][0]}", hint=DAMAGED)
        for row in self.fetch("SELECT * FROM jobs"):
            rows.opened("jobs", row)
        self._believed = True


def _unbilled(row: JobRow, fault: Fault | None) -> bool:
    return row.state == State.FAILED and fault is not None and fault.billed is False


def _intent(  # noqa: PLR0917 - the facts of one row
    candidate: Candidate, job: Job, run: str, purse: str, now: str, old: JobRow | None
) -> JobRow:
    return JobRow(
        key=candidate.key,
        state=State.INTENT.value,
        provider=candidate.provider,
        spot=job.spot,
        path=job.path,
        attempt=old.attempt + 1 if old else 1,
        nonce=uuid4().hex,
        run=run,
        purse=purse,
        reserved=decimal_text(candidate.price),
        created_at=old.created_at if old else now,
        updated_at=now,
    )
