"""What a plan comes to, as the JSON that scripts depend on (docs/design.md, 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.model import Json
from imagepipe.planner import Alike, Change, Renamed, Step, Summary, Verdict, changes_of
from imagepipe.planner.forecast import Forecast

VERSION = 1

KEPT = "it was edited or made by hand"
"""Why a file stays where a picture of the store would be."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of single jobs of a plan, and of its time.

    `forced` is what would be paid again: pictures, USD over the priced ones, and how many are not.
    """

    orphans: tuple[str, ...] = ()
    alike: tuple[Alike, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    forced: tuple[int, Decimal, int] = (0, Decimal(0), 0)
    forecast: Forecast | None = None


def joined(told: Sequence[Told]) -> Told:
    """Several plans, to be run one after another, as one."""
    if len(told) == 1:
        return told[0]
    return Told(
        orphans=tuple(path for one in told for path in one.orphans),
        alike=tuple(group for one in told for group in one.alike),
        renamed=tuple(name for one in told for name in one.renamed),
        forced=(
            sum(one.forced[0] for one in told),
            sum((one.forced[1] for one in told), Decimal(0)),
            sum(one.forced[2] for one in told),
        ),
        forecast=_in_turn([one.forecast for one in told if one.forecast is not None]),
    )


def plan_json(
    manifests: tuple[str, ...],
    summary: Summary,
    told: Told,
    *,
    rehearsal: bool = False,
    over_budget: str | None = None,
) -> dict[str, Json]:
    """The object that `plan --json` prints, without its steps.

    `over_budget` is why a run would refuse to pay for this plan.
    """
    again, price, unpriced = told.forced
    return {
        "version": VERSION,
        "manifests": list(manifests),
        "jobs": _jobs(summary, len(told.orphans)),
        "cost": {
            "currency": "USD",
            "estimate": money(summary.estimate),
            "unknown": summary.unpriced,
        },
        "kept": [{"path": path, "reason": KEPT} for path in summary.kept],
        "strangers": list(summary.strangers),
        "rehearsal": rehearsal,
        "over_budget": over_budget,
        "time": _time(told.forecast),
        "forced": {"jobs": again, "estimate": money(price), "unknown": unpriced},
        "changed": [_alike(group) for group in told.alike],
        "renamed": [_renamed(one) for one in told.renamed],
        "orphans": list(told.orphans),
    }


def money(amount: Decimal) -> str:
    """A decimal string without exponent or trailing zeros."""
    return format(amount.normalize(), "f") if amount else "0"


def step_json(step: Step) -> dict[str, Json]:
    """One job with its verdict; what changed in its request, where that is known."""
    verdict = Verdict.REUSED if step.verdict is Verdict.SHARED else step.verdict
    price = step.candidate.price
    found: dict[str, Json] = {
        "key": step.candidate.key,
        "path": step.job.path,
        "verdict": verdict.value,
        "reason": step.reason,
        "provider": step.candidate.provider,
        "cost": money(price) if step.verdict.pays and price is not None else None,
    }
    changes = changes_of(step)
    return {**found, "changes": _changes(changes)} if changes else found


def _jobs(summary: Summary, orphaned: int) -> dict[str, Json]:
    count = summary.count
    return {
        "total": summary.total,
        "new": count(Verdict.NEW),
        "changed": count(Verdict.CHANGED),
        "forced": count(Verdict.FORCED),
        "reused": count(Verdict.REUSED, Verdict.SHARED),
        "restored": count(Verdict.RESTORED),
        "resumable": count(Verdict.RESUMABLE),
        "failed": count(Verdict.FAILED),
        "ambiguous": count(Verdict.AMBIGUOUS),
        "lost": count(Verdict.LOST),
        "orphaned": orphaned,
    }


def _time(forecast: Forecast | None) -> Json:
    if forecast is None:
        return None
    seconds = forecast.seconds
    return {
        "seconds": None if seconds is None else round(seconds, 1),
        "least": forecast.least,
        "learnt": forecast.learnt,
        "unknown": list(forecast.unknown),
        "by_provider": {name: round(one, 1) for name, one in forecast.by_provider.items()},
    }


def _in_turn(forecasts: Sequence[Forecast]) -> Forecast | None:
    if not forecasts:
        return None
    times = [one.seconds for one in forecasts if one.seconds is not None]
    return Forecast(
        seconds=sum(times) if times else None,
        least=any(one.least for one in forecasts) or len(times) < len(forecasts),
        learnt=any(one.learnt for one in forecasts),
        unknown=tuple(dict.fromkeys(name for one in forecasts for name in one.unknown)),
        by_provider={
            name: sum(one.by_provider.get(name, 0.0) for one in forecasts)
            for one in forecasts
            for name in one.by_provider
        },
    )


def _alike(group: Alike) -> dict[str, Json]:
    return {
        "image": group.recipe,
        "provider": group.provider,
        "jobs": group.count,
        "reason": group.reason,
        "example": group.path,
        "changes": _changes(group.changes),
    }


def _renamed(one: Renamed) -> dict[str, Json]:
    return {"kind": one.kind, "old": one.old, "new": one.new, "jobs": one.count}


def _changes(changes: Sequence[Change]) -> list[Json]:
    return [{"field": one.field, "old": one.old, "new": one.new} for one in changes]
