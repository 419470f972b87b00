"""Why is this picture what it is: the walk of its key, its verdict, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from imagepipe import key as keys
from imagepipe.app.planning import Planned
from imagepipe.document import suggestion
from imagepipe.errors import InputError, Problem
from imagepipe.planner import Step, Verdict

MOST = 50
"""Jobs that one call explains."""

COMPARED = 2_000
"""Jobs with whose names one that is unknown is compared."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One job: its step, the walk of its key, and how its request differs from the one before.

    `walk` is (name, canonical JSON) in the order hashed; `changes` is (name, old, new), with None
    for what is absent.
    """

    step: Step
    walk: tuple[tuple[str, str], ...]
    changes: tuple[tuple[str, str | None, str | None], ...]


def explain(planned: Planned, target: str) -> list[Explanation]:
    """Explain the jobs that `target` names: a key's beginning, an output's path, or a product.

    Raises:
        InputError: E730 if no job is named so.
    """
    named = _named(planned, target.strip())
    found = [_explanation(planned, step) for step in islice(named, MOST)]
    if not found:
        hint = "name a key, an output such as images/MUG-1/hero.png, or a product"
        meant = suggestion(target.strip(), _names(planned))
        raise InputError(Problem("E730", f"no job is called {target!r}{meant}", hint=hint))
    return found


def _names(planned: Planned) -> Iterator[str]:
    for step in islice(planned.plan.steps(), COMPARED):
        yield from (step.job.path, step.job.product)


def _named(planned: Planned, target: str) -> Iterator[Step]:
    root = planned.project.outputs.name
    path = target.removeprefix("./").removeprefix(f"{root}/")
    stem = path.rpartition(".")[0] if path.endswith((".png", ".jpg", ".webp")) else path
    for step in planned.plan.steps():
        job = step.job
        names = (job.path, job.product, f"{job.product}/{job.recipe}", job.spot)
        if stem in names or (len(target) >= 6 and step.candidate.key.startswith(target.lower())):
            yield step


def _explanation(planned: Planned, step: Step) -> Explanation:
    walk = tuple(keys.explain(step.candidate.canonical))
    changes: list[tuple[str, str | None, str | None]] = []
    if step.verdict is Verdict.CHANGED:
        before = planned.known.previous([step.job]).get(step.job.spot)
        if before is not None and before.canonical is not None:
            changes = keys.differences(before.canonical, step.candidate.canonical)
    return Explanation(step, walk, tuple(changes))
