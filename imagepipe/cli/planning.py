"""Shows plans: as text for people, or as the one object that scripts read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from imagepipe.app import budgets
from imagepipe.app.planning import Planned
from imagepipe.cli import projects
from imagepipe.cli.options import Chosen, Places
from imagepipe.cli.projects import Made
from imagepipe.cli.terminal import data, width
from imagepipe.model import Json
from imagepipe.planner import Summary
from imagepipe.render.plan_text import PlanView, plan_text, step_lines

WOULD_CHANGE = 3


@dataclass(frozen=True, slots=True)
class Show:
    """How a plan is shown, and whether the exit code says that there is something to do."""

    as_json: bool = False
    verbose: bool = False
    detailed: bool = False


def plan_all(given: Sequence[Path], places: Places, chosen: Chosen, show: Show) -> int:
    """Plan every manifest and show it; returns the exit code."""
    loaded = projects.opened(given, places)
    summaries: list[Summary] = []
    objects: list[dict[str, Json]] = []
    orphaned = 0
    with closing(projects.plans(loaded, chosen)) as plans:
        for made in plans:
            summaries.append(made.planned.summary)
            orphaned += len(made.planned.orphans)
            projects.show_notes(made.planned.notes, quiet=False)
            if show.as_json:
                objects.append(_object(made.planned, verbose=show.verbose))
            else:
                _show_text(made, places, verbose=show.verbose)
    whole = projects.summed(summaries)
    if show.as_json:
        data(json.dumps(_joined(objects, whole, orphaned), indent=2, ensure_ascii=False))
    return WOULD_CHANGE if show.detailed and whole.works else 0


def view(made: Made, places: Places) -> PlanView:
    planned = made.planned
    path = planned.project.where.manifest
    return PlanView(
        name=f"{planned.project.manifest.name or path.stem} ({path})",
        summary=planned.summary,
        orphans=tuple(orphan.path for orphan in planned.orphans),
        seconds=planned.seconds,
        unpriced=made.unpriced,
        again=places.again("run", path),
        pending=places.again("pending list", path),
        rehearsal=places.rehearsing,
        over_budget=_over_budget(planned),
    )


def _over_budget(planned: Planned) -> str | None:
    """A rehearsal spends nothing, but keeps to the budget all the same."""
    refusal = budgets.obstacle(planned) if planned.summary.pays else None
    return None if refusal is None else str(refusal)


def _show_text(made: Made, places: Places, *, verbose: bool) -> None:
    if verbose:
        for line in step_lines(made.planned.plan.steps(), width()):
            if not data(line):
                return
        data("")
    data(plan_text(view(made, places), width()))


def _object(planned: Planned, *, verbose: bool) -> dict[str, Json]:
    from imagepipe.app.report import plan_json  # noqa: PLC0415 - late: brings the engine, 80 ms

    name = str(planned.project.where.manifest)
    steps = planned.plan.steps() if verbose else None
    rehearsal = planned.project.where.rehearsal is not None
    return plan_json(
        (name,),
        planned.summary,
        len(planned.orphans),
        steps,
        rehearsal=rehearsal,
        over_budget=_over_budget(planned),
    )


def _joined(objects: list[dict[str, Json]], whole: Summary, orphaned: int) -> dict[str, Json]:
    """The objects of several manifests as one, with their steps in order."""
    if len(objects) == 1:
        return objects[0]
    from imagepipe.app.report import plan_json  # noqa: PLC0415 - late: brings the engine, 80 ms

    names = [name for one in objects for name in _list(one["manifests"])]
    joined = plan_json(
        tuple(str(name) for name in names),
        whole,
        orphaned,
        rehearsal=any(one["rehearsal"] for one in objects),
        over_budget=next((str(one["over_budget"]) for one in objects if one["over_budget"]), None),
    )
    if any("steps" in one for one in objects):
        joined["steps"] = [step for one in objects for step in _list(one["steps"])]
    return joined


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
