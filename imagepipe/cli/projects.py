"""Several manifests in one command: all their mistakes at once, their sums as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from imagepipe.app.planning import Planned, check_manifest, make_plan
from imagepipe.app.project import Project
from imagepipe.cli.options import Chosen, Places, some_manifests
from imagepipe.cli.problems import telling
from imagepipe.errors import InputError, Problem
from imagepipe.planner import Summary

K = TypeVar("K")
L = TypeVar("L")

NOTHING_SELECTED = "E712"


def opened(given: Sequence[Path], places: Places) -> list[Project]:
    """The named manifests, loaded; several are also checked job by job before any is used.

    Raises:
        InputError: with the problems of all of them.
    """
    manifests = some_manifests(tuple(given))
    projects: list[Project] = []
    problems: list[Problem] = []
    for manifest in manifests:
        try:
            project = places.open(manifest)
            if len(manifests) > 1:
                check_manifest(project)
            projects.append(project)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    return projects


def plans(projects: Sequence[Project], chosen: Chosen) -> Generator[Planned]:
    """A plan for each manifest in turn, open until the next; `--limit` counts over all of them.

    Raises:
        InputError: a manifest is wrong, or the selection matches nothing in any of them.
    """
    left, missed = chosen.limit, 0
    for project in projects:
        with ExitStack() as stack:
            try:
                made = _made(project, chosen, left, stack)
            except InputError as error:
                missed += 1
                if missed == len(projects) or not _selected_nothing(error):
                    raise
                continue
            left = None if left is None else max(0, left - made.summary.works)
            yield made


def _made(project: Project, chosen: Chosen, limit: int | None, stack: ExitStack) -> Planned:
    plan = make_plan(
        project,
        select=chosen.select,
        exclude=chosen.exclude,
        shard=chosen.shard,
        limit=limit,
        failed=chosen.failed,
        sample=chosen.sample,
        force=chosen.force,
    )
    return stack.enter_context(plan)


def _selected_nothing(error: InputError) -> bool:
    return all(problem.code == NOTHING_SELECTED for problem in error.problems)


def show_notes(notes: Iterable[Problem], *, quiet: bool) -> None:
    if not quiet:
        telling().notes(tuple(notes))


def summed(summaries: Sequence[Summary]) -> Summary:
    """Several plans as one."""
    if len(summaries) == 1:
        return summaries[0]
    return Summary(
        total=sum(summary.total for summary in summaries),
        verdicts=added(summary.verdicts for summary in summaries),
        by_provider=_merged(summary.by_provider for summary in summaries),
        by_recipe=_merged(summary.by_recipe for summary in summaries),
        estimate=sum((summary.estimate for summary in summaries), Decimal(0)),
        unpriced=sum(summary.unpriced for summary in summaries),
        skipped=sum(summary.skipped for summary in summaries),
        refused=sum(summary.refused for summary in summaries),
        strangers=tuple(path for summary in summaries for path in summary.strangers),
        kept=tuple(path for summary in summaries for path in summary.kept),
    )


def added(counts: Iterable[dict[K, int]]) -> dict[K, int]:
    """Sums by name; a name that counts nothing stays."""
    total: Counter[K] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _merged(tables: Iterable[dict[K, dict[L, int]]]) -> dict[K, dict[L, int]]:
    whole: dict[K, dict[L, int]] = {}
    for table in tables:
        for name, counts in table.items():
            whole[name] = added([whole.get(name, {}), counts])
    return whole
