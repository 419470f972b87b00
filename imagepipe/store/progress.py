"""A job's life after its claim, step by step: what came back, what was fetched, how it ended.

Each step is one compare-and-set. Nothing here sends, fetches or decides.
"""

from __future__ import annotations

from decimal import Decimal

from imagepipe.model import Digest, Fault, Key, Receipt, State, Ticket
from imagepipe.store import rows
from imagepipe.store.journal import Journal
from imagepipe.store.reader import Note
from imagepipe.store.rows import Cell, JobRow, decimal_text, fault_text, ticket_text
from imagepipe.store.states import IN_FLIGHT

_INTENT = frozenset({State.INTENT})
_UNDONE = frozenset({State.INTENT, State.SUBMITTED})
_UNFINISHED = _INTENT | IN_FLIGHT


class Progress(Journal):
    """The steps from an intent to its end."""

    def release(self, key: Key, run: str, now: str) -> None:
        """Intent to planned: surely not sent, or surely not accepted.

        Raises:
            Conflict: The key is not this run's intent.
        """
        self.move(key, State.PLANNED, now, only=_INTENT, run=run)

    def block(self, key: Key, run: str, fault: Fault, now: str) -> None:
        """Intent to blocked: not accepted, since the account takes nothing more.

        Raises:
            Conflict: The key is not this run's intent.
        """
        self.move(key, State.BLOCKED, now, {"fault": fault_text(fault)}, only=_INTENT, run=run)

    def ticketed(self, key: Key, ticket: Ticket, now: str) -> None:
        """Intent to submitted: the provider accepted it and gave it an id. May be called again.

        Raises:
            Conflict: The key is not an intent.
        """
        row = self.row(key)
        if row.state == State.SUBMITTED and row.ticket == ticket_text(ticket):
            return
        facts: dict[str, Cell] = {"ticket": ticket_text(ticket), "submitted_at": now}
        self.move(key, State.SUBMITTED, now, facts, only=_INTENT)

    def remote_done(self, key: Key, cost: Decimal | None, seed: int | None, now: str) -> None:
        """The provider has finished (or its whole answer is in the spool). May be called again.

        Raises:
            Conflict: The key is neither an intent nor in flight.
        """
        with self.writing():
            row = self.row(key)
            if row.state in (State.REMOTE_DONE, State.FETCHED):
                self.put(row, rows.changed(row, {**_reported(cost, seed), "updated_at": now}))
            else:
                self.move(key, State.REMOTE_DONE, now, _reported(cost, seed), only=_UNDONE)

    def answered(self, key: Key, run: str, now: str) -> None:
        """Ambiguous to remote_done: a kept reply shows what became of the submit.

        Raises:
            Conflict: The key is not ambiguous.
        """
        facts: dict[str, Cell] = {"run": run, "fault": None}
        with self.writing():
            self.move(key, State.REMOTE_DONE, now, facts, only={State.AMBIGUOUS})
            self.note(Note(key, now, run, "answered", "the reply was kept"))

    def disproved(self, key: Key, run: str, now: str, *, why: str) -> None:
        """Ambiguous to planned: the provider's own word shows that it was never accepted.

        Raises:
            Conflict: The key is not ambiguous.
        """
        facts: dict[str, Cell] = {"run": None, "fault": None}
        with self.writing():
            self.move(key, State.PLANNED, now, facts, only={State.AMBIGUOUS})
            self.note(Note(key, now, run, "disproved", why))

    def fetched(self, key: Key, blob: Digest, size: int, now: str) -> None:
        """The picture's blob is durable. May be called again.

        Raises:
            Conflict: The key is neither an intent nor in flight.
        """
        facts: dict[str, Cell] = {"blob": blob, "size": size}
        with self.writing():
            row = self.row(key)
            if row.state == State.FETCHED:
                self.put(row, rows.changed(row, {**facts, "updated_at": now}))
            else:
                self.move(key, State.FETCHED, now, facts, only={*_UNDONE, State.REMOTE_DONE})

    def commit(self, receipt: Receipt, now: str) -> None:
        """The picture is stored and believed; its money is settled. May be called again.

        Raises:
            Conflict: The key is not in flight.
        """
        with self.writing():
            row = self.row(receipt.key)
            if row.state == State.COMMITTED and row.blob == receipt.blob:
                return
            if row.state != State.FETCHED:
                self.fetched(receipt.key, receipt.blob, receipt.size, now)
            facts = _settled(receipt, row)
            self.move(receipt.key, State.COMMITTED, now, facts, only={State.FETCHED})

    def fail(self, key: Key, fault: Fault, now: str, *, cost: Decimal | None = None) -> None:
        """It ended without a picture. `cost` is what the provider billed all the same.

        Raises:
            Conflict: The key is not in flight.
        """
        facts = {**_reported(cost, None), "fault": fault_text(fault)}
        self.move(key, State.FAILED, now, facts, only=_UNFINISHED)

    def ambiguous(self, key: Key, fault: Fault, now: str, *, evidence: str = "") -> None:
        """Whether it was accepted is not known: held until a person (or a lookup) decides.

        Raises:
            Conflict: The key is not an intent.
        """
        facts: dict[str, Cell] = {"fault": fault_text(fault)}
        with self.writing():
            row = self.move(key, State.AMBIGUOUS, now, facts, only=_INTENT)
            self.note(Note(key, now, row.run, "evidence", evidence or fault.message))

    def lose(self, key: Key, fault: Fault, now: str) -> None:
        """Paid, and the result is gone.

        Raises:
            Conflict: The key is neither in flight nor committed.
        """
        facts: dict[str, Cell] = {"fault": fault_text(fault)}
        self.move(key, State.LOST, now, facts, only={*IN_FLIGHT, State.COMMITTED})


def _settled(receipt: Receipt, row: JobRow) -> dict[str, Cell]:
    picture = receipt.picture
    return {
        **_reported(receipt.cost, receipt.seed),
        "blob": receipt.blob,
        "size": receipt.size,
        "media_type": picture.media_type,
        "extension": picture.extension,
        "width": picture.width,
        "height": picture.height,
        "ticket": ticket_text(receipt.ticket) or row.ticket,
        "submitted_at": row.submitted_at or receipt.submitted_at,
        "finished_at": receipt.finished_at,
    }


def _reported(cost: Decimal | None, seed: int | None) -> dict[str, Cell]:
    """What a provider reported, if it did: an earlier report is not forgotten for a silence."""
    facts: dict[str, Cell] = {}
    if (amount := decimal_text(cost)) is not None:
        facts["cost"] = amount
    if seed is not None:
        facts["seed"] = str(seed)
    return facts
