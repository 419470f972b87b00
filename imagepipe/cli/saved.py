"""Saved plans on the command line: made by `plan --save`, and carried out by `run`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from imagepipe.app import saved_plans
from imagepipe.cli import projects
from imagepipe.cli.options import Chosen, Places
from imagepipe.model import Json


def options_of(places: Places, chosen: Chosen) -> dict[str, Json]:
    """What a plan was made with, as it is saved."""
    given = {**asdict(places), **asdict(chosen)}
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in given.items()
        if value not in (None, False)
    }


def restored(
    given: Sequence[Path], places: Places, chosen: Chosen
) -> tuple[Sequence[Path], Places, Chosen]:
    """What to run: what was named, or what a saved plan says, if it still holds.

    Raises:
        UsageError: something else is asked for beside a saved plan.
        WouldChange: the world is no more the one that it was saved in.
        SetupError: it cannot be read.
    """
    if not any(map(saved_plans.is_saved_plan, given)):
        return given, places, chosen
    if len(given) > 1 or places != Places() or chosen != Chosen():
        raise click.UsageError(
            "a saved plan says itself which jobs of which manifests are run: name it alone"
        )
    saved = saved_plans.read(given[0])
    places, chosen = _places(saved.options), _chosen(saved.options)
    manifests = [Path(name) for name in saved.manifests]
    _compare(saved, manifests, places, chosen)
    return manifests, places, chosen


def _compare(
    saved: saved_plans.Saved, manifests: Sequence[Path], places: Places, chosen: Chosen
) -> None:
    comparison = saved_plans.Comparison(saved)
    loaded = projects.opened(manifests, places)
    comparison.facts(loaded)
    numbers = {str(project.where.manifest): n for n, project in enumerate(loaded)}
    with closing(projects.plans(loaded, chosen)) as plans:
        for planned in plans:
            number = numbers[str(planned.project.where.manifest)]
            comparison.see(number, planned.plan.steps())
    comparison.finish()


def _places(options: Any) -> Places:  # noqa: ANN401 - JSON, as `options_of` wrote it
    folders: dict[str, Any] = {
        name: Path(options[name]) for name in ("store", "out") if name in options
    }
    real = bool(options.get("emulate_real"))
    return Places(emulate=bool(options.get("emulate")), emulate_real=real, **folders)


def _chosen(options: Any) -> Chosen:  # noqa: ANN401 - likewise
    names = ("select", "exclude", "shard", "limit", "failed", "sample", "force")
    return Chosen(**{name: options[name] for name in names if name in options})
