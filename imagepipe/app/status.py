"""How far a manifest's jobs are, what they have cost, and what the store saves. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from imagepipe.app.planning import make_plan
from imagepipe.app.prices import Compared, compared
from imagepipe.app.project import Project
from imagepipe.errors import InputError
from imagepipe.model import Key, Record, State
from imagepipe.planner import Step, Verdict
from imagepipe.store import Life, Money, Reader, Run, life_of, probe, root_name, this_process
from imagepipe.store.deserted import deserted
from imagepipe.store.money import Sum
from imagepipe.store.witness import refuse_missing

LAST = 5
"""Runs that are listed."""

_THERE = frozenset({Verdict.REUSED, Verdict.SHARED, Verdict.RESTORED})


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a run would find. `verdicts` counts the manifest's jobs by verdict.

    `saved` is what its pictures that are there have cost, each once: what another run would pay
    for them if nothing were remembered. A price that nobody knows is counted and not in the sum.
    """

    total: int
    verdicts: dict[Verdict, int]
    saved: Sum

    @property
    def made(self) -> int:
        return sum(n for verdict, n in self.verdicts.items() if verdict in _THERE)


@dataclass(frozen=True, slots=True)
class Status:
    """The sums of a store. `running` are runs that are alive, or may be.

    `ahead` is None if the manifest's jobs cannot be judged, because something in it is wrong.
    `charged` are the prices of the last runs beside those of the tables.
    """

    states: dict[State, int]
    money: Money
    outputs: int
    runs: tuple[Run, ...]
    running: tuple[Run, ...]
    ahead: Ahead | None
    charged: tuple[Compared, ...] = ()


def status(project: Project) -> Status:
    """Look at a project's store, and at its jobs; all empty where there is no store.

    Raises:
        StoreError: the store cannot be read, or its ledger is gone.
    """
    if not project.layout.ledger.exists():
        refuse_missing(project.layout)
        return Status({}, Money(), 0, (), (), _ahead(project))
    look = probe(this_process())
    root = root_name(project.outputs, project.layout.root)
    with Reader.open(project.layout, project.stamp) as reader:
        runs = reader.runs()
        gone = list(deserted(reader, look))
        return Status(
            states=_states(reader.counts(), len(gone)),
            money=_doubted(reader.money(), reader, gone),
            outputs=sum(1 for _ in reader.outputs(root)),
            runs=tuple(runs[-LAST:]),
            running=tuple(run for run in runs if life_of(run, look) is not Life.DEAD),
            ahead=_ahead(project),
            charged=compared(project),
        )


def _states(counts: dict[State, int], gone: int) -> dict[State, int]:
    """Intents whose run is dead are doubts, here as in `pending list` and in a plan."""
    if not gone:
        return counts
    found = {**counts, State.AMBIGUOUS: counts.get(State.AMBIGUOUS, 0) + gone}
    found[State.INTENT] -= gone
    return {state: count for state, count in found.items() if count}


def _doubted(money: Money, reader: Reader, gone: list[Record]) -> Money:
    for price in _prices(reader, gone):
        money = replace(money, reserved=money.reserved - price, in_doubt=money.in_doubt + price)
    return money


def _prices(reader: Reader, records: list[Record]) -> Iterator[Sum]:
    for record in records:
        wanted = reader.wanted(record.key)
        price = wanted.price if wanted else None
        yield Sum(unknown=1) if price is None else Sum(price)


@dataclass(slots=True)
class _Savings:
    """Adds up what stored pictures have cost, each key once."""

    total: Sum = field(default_factory=Sum)
    seen: set[bytes] = field(default_factory=set)

    def see(self, step: Step) -> None:
        if step.verdict in _THERE and step.record is not None and _is_first(step, self.seen):
            cost = step.record.cost
            self.total += Sum(unknown=1) if cost is None else Sum(cost)


def _is_first(step: Step, seen: set[bytes]) -> bool:
    mark = bytes.fromhex(Key(step.candidate.key))[:12]
    new = mark not in seen
    seen.add(mark)
    return new and step.record is not None and step.record.state is State.COMMITTED


def _ahead(project: Project) -> Ahead | None:
    savings = _Savings()
    try:
        with make_plan(project, watch=savings.see) as planned:
            return Ahead(planned.summary.total, planned.summary.verdicts, savings.total)
    except InputError:  # said, with all its places, by `imagepipe validate`
        return None
