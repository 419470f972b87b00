"""What a store holds and what it has cost, without planning anything."""

from __future__ import annotations

from dataclasses import dataclass

from imagepipe.app.project import Project
from imagepipe.model import State
from imagepipe.store import Life, Money, Reader, Run, probe, root_name, this_process

LAST = 5
"""Runs that are listed."""


@dataclass(frozen=True, slots=True)
class Status:
    """The sums of a store. `running` are runs that are alive, or may be."""

    states: dict[State, int]
    money: Money
    outputs: int
    runs: tuple[Run, ...]
    running: tuple[Run, ...]


def status(project: Project) -> Status:
    """Look at a project's store; all empty where there is none.

    Raises:
        StoreError: the store cannot be read.
    """
    if not project.layout.ledger.exists():
        return Status({}, Money(), 0, (), ())
    look = probe(this_process())
    root = root_name(project.outputs, project.layout.root)
    with Reader.open(project.layout, project.stamp) as reader:
        runs = reader.runs()
        return Status(
            states=reader.counts(),
            money=reader.money(),
            outputs=sum(1 for _ in reader.outputs(root)),
            runs=tuple(runs[-LAST:]),
            running=tuple(r for r in runs if r.ended is None and look(r) is not Life.DEAD),
        )
