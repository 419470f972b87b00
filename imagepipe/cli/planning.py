"""Shows plans: as text for people, or as the one object that scripts read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from imagepipe.app import budgets
from imagepipe.app.forecasting import forecast_of
from imagepipe.app.plan_report import Told, joined, plan_json, step_json
from imagepipe.app.planning import Planned
from imagepipe.app.project import catalogue_of
from imagepipe.app.renaming import renamed
from imagepipe.cli import projects
from imagepipe.cli.options import Chosen, Places
from imagepipe.cli.terminal import data, ink, width
from imagepipe.model import Json
from imagepipe.planner import Summary
from imagepipe.render.plan_text import Forced, PlanView, plan_text, step_lines

WOULD_CHANGE = 3


@dataclass(frozen=True, slots=True)
class Show:
    """How a plan is shown, and whether the exit code says that there is something to do."""

    as_json: bool = False
    verbose: bool = False
    detailed: bool = False
    save: Path | None = None


def plan_all(given: Sequence[Path], places: Places, chosen: Chosen, show: Show) -> int:
    """Plan every manifest and show it; returns the exit code."""
    loaded = projects.opened(given, places)
    whole = _Whole()
    with (
        closing(projects.plans(loaded, chosen)) as plans,
        _saving(show.save, places, chosen) as save,
    ):
        for planned in plans:
            save(planned)
            projects.show_notes(planned.notes, quiet=False)
            if show.as_json:
                whole.add(planned, verbose=show.verbose)
            else:
                whole.works += planned.summary.works
                _show_text(planned, places, chosen, verbose=show.verbose)
    if show.as_json:
        data(json.dumps(whole.to_json(), indent=2, ensure_ascii=False))
    return WOULD_CHANGE if show.detailed and whole.works else 0


@contextmanager
def _saving(
    path: Path | None, places: Places, chosen: Chosen
) -> Iterator[Callable[[Planned], None]]:
    """Takes plans to be saved; the file is there when all of them are."""
    if path is None:
        yield lambda _planned: None
        return
    from imagepipe.app import saved_plans  # noqa: PLC0415 - late: rarely wanted
    from imagepipe.cli.saved import options_of  # noqa: PLC0415 - late: likewise

    writer = saved_plans.Writer(path, options_of(places, chosen))
    try:
        yield writer.add
        writer.finish()
    finally:
        writer.abandon()


def view(
    planned: Planned, places: Places, chosen: Chosen | None = None, *, groups: bool = True
) -> PlanView:
    """What the page about a plan shows; without `groups`, for one whose steps are listed."""
    path, seen = planned.project.where.manifest, planned.seen
    return PlanView(
        name=f"{catalogue_of(planned.project)} ({path})",
        summary=planned.summary,
        orphans=tuple(orphan.path for orphan in planned.orphans),
        forecast=forecast_of(planned.project, seen),
        unpriced=tuple(sorted(seen.unpriced)),
        again=places.again("run", path, chosen),
        pending=places.again("pending list", path),
        rehearsal=places.rehearsing,
        over_budget=_over_budget(planned),
        alike=seen.alike if groups else (),
        ungrouped=seen.ungrouped if groups else 0,
        renamed=renamed(planned),
        forced=forced(planned),
    )


def forced(planned: Planned) -> Forced:
    again = planned.seen.again
    return Forced(again.count, again.cost, again.unpriced, again.examples)


def _over_budget(planned: Planned) -> str | None:
    """A rehearsal spends nothing, but keeps to the budget all the same."""
    refusal = budgets.obstacle(planned) if planned.summary.pays else None
    return None if refusal is None else str(refusal)


def _show_text(planned: Planned, places: Places, chosen: Chosen, *, verbose: bool) -> None:
    if verbose:
        for line in step_lines(planned.plan.steps(), width(), ink()):
            if not data(line):
                return
        data("")
    data(plan_text(view(planned, places, chosen, groups=not verbose), width(), ink()))


@dataclass(slots=True)
class _Whole:
    """The plans of several manifests as one object, with their steps in order."""

    works: int = 0
    names: list[str] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    steps: list[Json] | None = None
    rehearsal: bool = False
    over_budget: str | None = None

    def add(self, planned: Planned, *, verbose: bool) -> None:
        self.works += planned.summary.works
        self.names.append(str(planned.project.where.manifest))
        self.summaries.append(planned.summary)
        self.told.append(_told(planned))
        self.rehearsal |= planned.project.where.rehearsal is not None
        self.over_budget = self.over_budget or _over_budget(planned)
        if verbose:
            self.steps = [*(self.steps or ()), *map(step_json, planned.plan.steps())]

    def to_json(self) -> dict[str, Json]:
        found = plan_json(
            tuple(self.names),
            projects.summed(self.summaries),
            joined(self.told),
            rehearsal=self.rehearsal,
            over_budget=self.over_budget,
        )
        return found if self.steps is None else {**found, "steps": self.steps}


def _told(planned: Planned) -> Told:
    seen = planned.seen
    return Told(
        orphans=tuple(orphan.path for orphan in planned.orphans),
        alike=seen.alike,
        renamed=renamed(planned),
        forced=(seen.again.count, seen.again.cost, seen.again.unpriced),
        forecast=forecast_of(planned.project, seen),
    )
