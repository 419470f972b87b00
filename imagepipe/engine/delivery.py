"""The last stretch of a job: from a picture in the store to its output, its receipt and its count.

The output is written first, then receipt and output are entered in one commit. Nothing is asked of
a provider here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import anyio

from imagepipe import events
from imagepipe.engine.courier import Delivered
from imagepipe.engine.notes import commit_receipt
from imagepipe.engine.ports import Ports
from imagepipe.engine.tally import Tally
from imagepipe.engine.writer import Writer
from imagepipe.model import Candidate, Digest, Job, Key, Receipt, Record
from imagepipe.provider import Provider
from imagepipe.store import Attempt, Kept, Ledger, Outcome, Wish


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
        extension = receipt.picture.extension
        outcome = await self._write(receipt.key, receipt.blob, extension)

        def commit(ledger: Ledger) -> Attempt | None:
            commit_receipt(ledger, receipt)
            if not isinstance(outcome, Kept):
                ledger.put_output(self.ports.root, outcome.output)
            return ledger.latest_attempt(receipt.key) if self.provider.synchronous else None

        def tidy(attempt: Attempt | None) -> None:
            if attempt is not None:
                self.ports.spool.drop(receipt.key, attempt.number)

        await self.writer.write(commit, tidy)
        if how == "generated":
            self.tally.paid(receipt.cost)
        self._finish(how, receipt.cost, started)

    async def restore(self, record: Record, how: str) -> None:
        """The output again, from the picture in the store; nothing is asked for."""
        started = anyio.current_time()
        if record.blob is None or record.extension is None:
            raise AssertionError("a committed key has a blob")
        outcome = await self._write(record.key, record.blob, record.extension)
        if not isinstance(outcome, Kept):
            output = outcome.output
            await self.writer.write(lambda ledger: ledger.put_output(self.ports.root, output))
        self._finish(how, None, started)

    async def _write(self, key: Key, blob: Digest, extension: str) -> Outcome:
        """Write the output; ask what a run left there only if something is there."""
        job = self.job
        wish = Wish(f"{job.path}.{extension}", job.spot, key, blob, blob)
        source, run, write = self.ports.blobs.path(blob), self.ports.run, self.ports.outputs.write
        outcome = await self.ports.offload(write, wish, source, run)
        if isinstance(outcome, Kept):
            root, path = self.ports.root, wish.path
            recorded = await self.writer.write(lambda ledger: ledger.output(root, path))
            trusted = self.ports.trusted(path)

            def again() -> Outcome:
                return write(wish, source, run, recorded=recorded, trusted=trusted)

            outcome = await self.ports.offload(again)
        if isinstance(outcome, Kept):
            self.tally.kept.append((outcome.path, outcome.reason))
            message = f"{outcome.path} is left as it is: {outcome.reason}"
            self.ports.listener(events.Note(message, key=key))
        return outcome

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
        seconds = anyio.current_time() - started
        path = self.job.path
        self.ports.listener(
            events.Finished(self.candidate.key, self.candidate.provider, path, how, cost, seconds)
        )


def _sent_seed(candidate: Candidate) -> int | None:
    seed = candidate.values.get("seed")
    return seed if isinstance(seed, int) else None
