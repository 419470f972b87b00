"""Intents whose run is over: in doubt already, whether or not a run has written that down.

Every look at a store (a plan, a list, a status) tells them as doubts, so that all of them agree;
the next run, or a person's choice, makes it so. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from imagepipe.model import Fault, FaultKind, Record, State
from imagepipe.store.liveness import Life
from imagepipe.store.reader import Reader
from imagepipe.store.runs import Probe, Run, life_of

FAULT = Fault(FaultKind.UNCERTAIN, "the run ended between the decision to submit and the reply")


def evidence(run: Run, attempt: int, at: str) -> str:
    """What is known of an intent without its owner: whether its request left is not."""
    process = run.process
    return (
        f"attempt {attempt} was claimed at {at} by run {run.id} "
        f"(process {process.pid} on {process.host}), which is dead"
    )


def is_deserted(reader: Reader, record: Record, look: Probe) -> bool:
    """Whether a record is the intent of a run that is provably over."""
    if record.state is not State.INTENT or record.claim is None:
        return False
    run = reader.run(record.claim)
    return run is None or life_of(run, look) is Life.DEAD


def doubted(record: Record) -> Record:
    """What a run will make of one."""
    return replace(record, state=State.AMBIGUOUS, fault=FAULT, claim=None)


def deserted(reader: Reader, look: Probe) -> Iterator[Record]:
    """All of them, as they were written, oldest first."""
    found = reader.by_state([State.INTENT])
    return (record for record in found if is_deserted(reader, record, look))


def dead_runs(reader: Reader, look: Probe) -> list[Run]:
    """Runs that did not end and are provably over: what they left is not recovered yet."""
    return [run for run in reader.runs(unfinished=True) if look(run) is Life.DEAD]
