"""The last stretch of a job: from a picture in the store to its output, its receipt and its count.

The output is written first, then receipt and output are entered in one commit. Nothing is asked of
a provider here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from imagepipe import events
from imagepipe.engine.keeping import Delivered, Keeping
from imagepipe.engine.notes import commit_receipt
from imagepipe.engine.ports import Ports
from imagepipe.engine.tally import Tally
from imagepipe.engine.writer import Writer
from imagepipe.gate.clock import current_time
from imagepipe.model import Candidate, Digest, Job, Output, Receipt, Record
from imagepipe.provider import Provider
from imagepipe.store import Kept, Ledger, Outcome, Wish, leftovers


@dataclass(frozen=True, slots=True)
class Delivery:
    """One job's picture, made by one of its candidates, on its way to the user's tree."""

    job: Job
    candidate: Candidate
    provider: Provider
    ports: Ports
    writer: Writer
    tally: Tally

    async def deliver(self, delivered: Delivered, how: str, started: float) -> None:
        """Output first, then receipt and output in one commit: a cut leaves nothing half told."""
        receipt = self._receipt(delivered)
        wish = self._keeping.wish(receipt.blob, receipt.picture.extension)
        announced = how != "generated"  # what an earlier run began may have a receipt already
        if announced:
            await self._announce(wish)
        outcome = await self._write(wish, delivered.outcome)

        def commit(ledger: Ledger) -> int:
            commit_receipt(ledger, receipt)
            self._enter(ledger, wish, outcome, announced=announced)
            return ledger.row(receipt.key).attempt

        def tidy(attempt: int) -> None:
            if self.provider.synchronous:
                self.ports.spool.drop(receipt.key, attempt)

        await self.writer.write(commit, tidy)
        if how == "generated":
            self.tally.paid(receipt.cost)
        self._finish(how, receipt.cost, started)

    async def restore(self, record: Record, how: str) -> None:
        """The output again, from the picture in the store; nothing is asked for."""
        started = current_time()
        if record.blob is None or record.extension is None:
            raise AssertionError("a committed key has a blob")
        wish = self._keeping.wish(record.blob, record.extension)
        await self._announce(wish)
        outcome = await self._write(wish)
        await self.writer.write(lambda ledger: self._enter(ledger, wish, outcome, announced=True))
        self._finish(how, None, started)

    @property
    def _keeping(self) -> Keeping:
        return Keeping(self.job, self.candidate, self.ports)

    async def _announce(self, wish: Wish) -> None:
        """A kill may come between the file and its record; `leftovers` has what that is good for.

        An earlier run may have written this picture where the job was wanted then.
        """

        def say(ledger: Ledger) -> None:
            first = ledger.wanted(wish.key)
            for path in {self.job.path, first.path if first else self.job.path}:
                name = f"{path}.{wish.path.rpartition('.')[2]}"
                leftovers.announce(ledger, self.ports.root, replace(wish, path=name))

        await self.writer.write(say)

    def _enter(self, ledger: Ledger, wish: Wish, outcome: Outcome, *, announced: bool) -> None:
        if not isinstance(outcome, Kept):
            ledger.put_output(self.ports.root, outcome.output)
        if announced:
            leftovers.settle(ledger, self.ports.root, wish.path)

    async def _write(self, wish: Wish, outcome: Outcome | None = None) -> Outcome:
        """Write the output, if that was not done; ask what a run left only if something is there.

        What has an outcome was written with its picture.
        """
        run, write = self.ports.run, self.ports.outputs.write
        if outcome is None:
            source = self.ports.blobs.path(wish.blob)
            outcome = await self.ports.offload(write, wish, source, run)
        if isinstance(outcome, Kept):
            source = self.ports.blobs.path(wish.blob)
            found = outcome.digest
            recorded, left = await self.writer.write(lambda ledger: self._ours(ledger, wish, found))
            trusted = {*self.ports.trusted(wish.path), *left}

            def again() -> Outcome:
                return write(wish, source, run, recorded=recorded, trusted=trusted)

            outcome = await self.ports.offload(again)
        if isinstance(outcome, Kept):
            self.tally.kept.append((outcome.path, outcome.reason))
            message = f"{outcome.path} is left as it is: {outcome.reason}"
            self.ports.listener(events.Note(message, key=wish.key))
        return outcome

    def _ours(
        self, ledger: Ledger, wish: Wish, found: Digest | None
    ) -> tuple[Output | None, set[Digest]]:
        """What a run wrote at a path last, and what is there if a run left it unentered."""
        root, blobs = self.ports.root, self.ports.blobs
        mine = found is not None and leftovers.is_leftover(ledger, blobs, root, wish.path, found)
        return ledger.output(root, wish.path), {found} if mine and found else set()

    def _receipt(self, delivered: Delivered) -> Receipt:
        bill, now = delivered.done.bill, self.ports.now()
        return Receipt(
            key=self.candidate.key,
            provider=self.candidate.provider,
            canonical=self.candidate.canonical,
            blob=delivered.blob,
            size=delivered.size,
            picture=delivered.picture,
            ticket=delivered.done.ticket,
            cost=bill.cost if bill.cost is not None else self.candidate.price,
            seed=bill.seed if bill.seed is not None else _sent_seed(self.candidate),
            submitted_at=now,
            finished_at=now,
        )

    def _finish(self, how: str, cost: Decimal | None, started: float) -> None:
        self.tally.jobs[how] += 1
        seconds = current_time() - started
        path = self.job.path
        self.ports.listener(
            events.Finished(self.candidate.key, self.candidate.provider, path, how, cost, seconds)
        )


def _sent_seed(candidate: Candidate) -> int | None:
    seed = candidate.values.get("seed")
    return seed if isinstance(seed, int) else None
