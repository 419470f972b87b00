"""What only a person may decide: to pay again, to name a ticket, to give up. Each is recorded.

An attempt that is repeated is kept in `attempts`, with its money where it was: a picture that may
have been paid twice is counted twice.
"""

from __future__ import annotations

from imagepipe.model import Fault, FaultKind, Key, Receipt, Record, State, Ticket
from imagepipe.store import rows
from imagepipe.store.journal import Journal
from imagepipe.store.reader import Note
from imagepipe.store.rows import Cell, JobRow, fault_text, ticket_text

REPEATABLE = frozenset({State.AMBIGUOUS, State.FAILED, State.LOST, State.BLOCKED, State.PLANNED})
"""What `resubmit` accepts; a committed picture is made again only if forced."""

GIVEN_UP = frozenset({State.AMBIGUOUS, State.LOST})
"""What `drop` accepts."""


class Choices(Journal):
    """The only ways out of `ambiguous`, `lost`, `committed` and of a `failed` that may be paid."""

    def resubmit(
        self, key: Key, now: str, *, why: str, run: str | None = None, forced: bool = False
    ) -> None:
        """Let the next run submit a key again, which may pay for it again. May be called again.

        Raises:
            Conflict: It is in flight; or it is committed, and not forced.
        """
        with self.writing():
            old = self.row(key, *REPEATABLE, *((State.COMMITTED,) if forced else ()))
            if old.state == State.PLANNED:
                return
            if old.state != State.BLOCKED:
                self.archive(old)
            self.put(old, _planned_again(old, now))
            self.note(Note(key, now, run, "resubmit", f"{old.state}: {why}"))

    def attach(self, key: Key, ticket: Ticket, now: str, *, run: str | None = None) -> Record:
        """A person, or a lookup at the provider, found the ticket of a doubtful submit.

        Raises:
            Conflict: The key is in flight or committed already.
        """
        with self.writing():
            states = (State.AMBIGUOUS, State.FAILED, State.LOST, State.PLANNED)
            old = self.row(key, *states)
            new = old._replace(
                state=State.SUBMITTED.value,
                # A planned key's last attempt is in `attempts` already; this is one more.
                attempt=old.attempt + (old.state == State.PLANNED),
                run=run,
                ticket=ticket_text(ticket),
                fault=None,
                submitted_at=old.submitted_at or now,
                updated_at=now,
            )
            self.put(old, new)
            self.note(Note(key, now, run, "attach", f"{old.state}: {ticket.id}"))
            return rows.record(new)

    def drop(self, key: Key, now: str, *, why: str = "", run: str | None = None) -> None:
        """Hold a key no longer: it counts as failed, and its money stays in doubt (or spent).

        Raises:
            Conflict: It is neither ambiguous nor lost.
        """
        with self.writing():
            old = self.row(key, *GIVEN_UP)
            billed = True if old.state == State.LOST else None
            fault = Fault(FaultKind.UNCERTAIN, "given up by hand", billed=billed)
            facts: dict[str, Cell] = {"fault": fault_text(fault)}
            self.move(key, State.FAILED, now, facts, only=GIVEN_UP)
            self.note(Note(key, now, run, "drop", f"{old.state}: {why}"))

    def restore(self, receipt: Receipt, now: str) -> None:
        """The picture of a lost key was found again.

        Raises:
            Conflict: The key is not lost.
        """
        with self.writing():
            found: dict[str, Cell] = {"blob": receipt.blob, "size": receipt.size, "fault": None}
            self.move(receipt.key, State.COMMITTED, now, found, only={State.LOST})
            self.note(Note(receipt.key, now, None, "restore", receipt.blob))


def _planned_again(old: JobRow, now: str) -> JobRow:
    """The row of the attempt to come: what the last one brought back is in `attempts`."""
    return JobRow(
        key=old.key,
        state=State.PLANNED.value,
        provider=old.provider,
        spot=old.spot,
        path=old.path,
        attempt=old.attempt,
        nonce=old.nonce,
        run=None,
        purse=old.purse,
        reserved=old.reserved,
        created_at=old.created_at,
        updated_at=now,
    )
