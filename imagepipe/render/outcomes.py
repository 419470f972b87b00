"""What became of each job of a run, for pages that list them all: events folded by output path.

A picture that was there before has no event; `cases` tells it from one that was not come to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from imagepipe import events
from imagepipe.errors import Place
from imagepipe.events import Event
from imagepipe.model import Fault, Key
from imagepipe.planner import Step, Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended (`Finished.how` or `Stopped.how`), in how many seconds, and why if it did."""

    how: str
    provider: str
    seconds: float = 0.0
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One job of a run with its outcome. `place` is where the manifest asks for it."""

    manifest: str
    recipe: str
    path: str
    key: Key
    place: Place
    outcome: Outcome


class Outcomes:
    """A listener that remembers how each job ended."""

    def __init__(self) -> None:
        self._by_path: dict[str, Outcome] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case events.Finished(path=path):
                self._by_path[path] = Outcome(event.how, event.provider, event.seconds)
            case events.Stopped(path=path):
                self._by_path[path] = Outcome(event.how, event.provider, fault=event.fault)
            case _:
                pass

    def cases(self, manifest: str, steps: Iterable[Step]) -> Iterator[Case]:
        """The jobs of a plan in its order; `manifest` is the name that they are listed under."""
        for step in steps:
            job = step.job
            outcome = self._by_path.get(job.path) or _without_event(step)
            yield Case(manifest, job.recipe, job.path, job.key, job.place, outcome)


def _without_event(step: Step) -> Outcome:
    is_there = step.verdict in (Verdict.REUSED, Verdict.SHARED)
    return Outcome("reused" if is_there else "skipped", step.candidate.provider)
