"""Runs come and go: who uses the store, and what those leave behind that ended in the middle.

A dead run's intents become ambiguous (they may have been sent), its tickets become free to be taken
on. Nobody is declared dead by time: `Probe` must prove it, or a person says so with `end_run`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from imagepipe.errors import StoreBusy
from imagepipe.model import Key, State
from imagepipe.store import chronicle
from imagepipe.store.copying import Copying
from imagepipe.store.deserted import FAULT, dead_runs, evidence
from imagepipe.store.liveness import Life
from imagepipe.store.reader import Note
from imagepipe.store.rows import JobRow, fault_text
from imagepipe.store.runs import Probe, Run, life_of, run_cells
from imagepipe.store.states import IN_FLIGHT
from imagepipe.store.witness import Witness, remember, write_witness


@dataclass(frozen=True, slots=True)
class Recovered:
    """What dead runs left: keys now `ambiguous`, keys in flight now `free` to be taken.

    `unprovable` are runs that may live, with the keys they hold; `dead` the runs found dead.
    """

    ambiguous: tuple[Key, ...] = ()
    free: tuple[Key, ...] = ()
    unprovable: tuple[tuple[Run, tuple[Key, ...]], ...] = ()
    dead: tuple[Run, ...] = ()


class Recovery(Copying):
    """Runs in the ledger."""

    def start_run(self, run: Run, look: Probe) -> None:
        """Enter a run. Not to be called inside `transact`: the witness follows its commit.

        A run without a purse joins that of a living run of the same manifests, so that one budget
        holds for all that work on them at once; without such a run it gets its own.

        Raises:
            StoreBusy: Maintenance is at work; or this is maintenance, and a run may be.
        """
        with self.writing():
            for other in self.runs(unfinished=True):
                alone = "maintenance" in (run.role, other.role)
                if alone and look(other) is not Life.DEAD:
                    raise busy(other)
            self.catch_up()
            self._chronicle.belongs_to(run.id)
            purse = run.purse or self._shared_purse(run, look) or run.id
            self._insert("runs", run_cells(replace(run, purse=purse)))
        self._tell_witness()

    def _shared_purse(self, run: Run, look: Probe) -> str | None:
        """The purse of whoever is at the same manifests; who may be dead is not asked to pay."""
        for other in self.runs(unfinished=True):
            same = (other.role, other.manifests) == (run.role, run.manifests)
            if same and look(other) is not Life.DEAD:
                return other.purse
        return None

    def end_run(self, run: str, now: str) -> None:
        """The run is over; also how a person declares one dead that cannot be proven so."""
        with self.writing():
            found = self.run(run)
            if found is None or found.ended is not None:
                return
            self._insert("runs", run_cells(replace(found, ended=now)), "INSERT OR REPLACE")
        self._chronicle.sync()
        self._tell_witness()

    def recover(self, now: str, look: Probe) -> Recovered:
        """Settle what dead runs left behind. May be called at any time, by any run."""
        with self.writing():
            self._copy_after_the_dead(look)
            held = self._held_by_run()
            found = Recovered()
            for run in self.runs():
                keys = held.get(run.id, [])
                if keys or run.ended is None:
                    found = self._settle_run(found, run, keys, now, look)
            return found

    def _settle_run(
        self, found: Recovered, run: Run, jobs: list[JobRow], now: str, look: Probe
    ) -> Recovered:
        match life_of(run, look):
            case Life.ALIVE:
                return found
            case Life.UNPROVABLE:
                keys = tuple(Key(job.key) for job in jobs)
                return replace(found, unprovable=(*found.unprovable, (run, keys)))
            case Life.DEAD:
                self.end_run(run.id, now)
                intents = [job for job in jobs if job.state == State.INTENT]
                free = [job for job in jobs if job.state != State.INTENT]
                return replace(
                    found,
                    dead=(*found.dead, run),
                    ambiguous=(*found.ambiguous, *(self._doubt(run, job, now) for job in intents)),
                    free=(*found.free, *(self._free(job, now) for job in free)),
                )

    def _copy_after_the_dead(self, look: Probe) -> None:
        """Each of them may have been killed between a commit and its copy."""
        dead = {run.id for run in dead_runs(self, look)}
        if dead and not self.is_copied():
            self.copy_missing(lambda run: run in dead or self._is_over(run))

    def catch_up(self) -> None:
        """Copy what a killed writer left: its last change, before another is made that hides it.

        A run that goes on beside a person's decision may have hidden it already.
        """
        by_hand = chronicle.by_hand(self._layout.chronicle)
        if self.lags() or (by_hand and not self.is_copied()):
            with self.writing():
                self.copy_missing(self._is_over)

    def _is_over(self, run: str) -> bool:
        found = self.run(run)
        return found is not None and found.ended is not None

    def _held_by_run(self) -> dict[str, list[JobRow]]:
        held: dict[str, list[JobRow]] = {}
        for job in self._jobs_in([State.INTENT, *sorted(IN_FLIGHT)]):
            if job.run is not None:
                held.setdefault(job.run, []).append(job)
        return held

    def _doubt(self, run: Run, job: JobRow, now: str) -> Key:
        """An intent without its owner: whether its request left cannot be told from here."""
        key, fault = Key(job.key), {"fault": fault_text(FAULT)}
        self.move(key, State.AMBIGUOUS, now, fault, only={State.INTENT})
        text = evidence(run, job.attempt, job.updated_at)
        self.note(Note(key, now, run.id, "evidence", text))
        return key

    def _free(self, job: JobRow, now: str) -> Key:
        self.put(job, job._replace(run=None, updated_at=now))
        return Key(job.key)

    def _tell_witness(self) -> None:
        """Let the witness know, once the count is durable; inside a transaction it is not yet."""
        if not self._db.in_transaction:
            found = Witness(*self.fetch("SELECT id, generation FROM store")[0])
            write_witness(self._layout.witness, found)
            remember(self._layout, found)


def busy(other: Run) -> StoreBusy:
    process = other.process
    return StoreBusy(
        f"the store is in use by {other.role} {other.id} (process {process.pid} on {process.host}, "
        f"started {other.started})",
        hint="wait until it has ended, then run again",
    )
