"""Several manifests in one command: all their mistakes at once, their sums as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from imagepipe.app.planning import Planned, check_manifest, make_plan
from imagepipe.app.project import Project
from imagepipe.app.report import Report
from imagepipe.cli.options import Chosen, Places, some_manifests
from imagepipe.cli.terminal import tell, terminal
from imagepipe.errors import InputError, Problem
from imagepipe.planner import Step, Summary

K = TypeVar("K")
L = TypeVar("L")

NOTHING_SELECTED = "E712"


@dataclass(frozen=True, slots=True)
class Made:
    """A plan, and the providers of those pictures to pay for whose price nobody knows."""

    planned: Planned
    unpriced: tuple[str, ...]


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


def plans(projects: Sequence[Project], chosen: Chosen) -> Generator[Made]:
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
            left = None if left is None else max(0, left - made.planned.summary.works)
            yield made


def _made(project: Project, chosen: Chosen, limit: int | None, stack: ExitStack) -> Made:
    unpriced: set[str] = set()

    def watch(step: Step) -> None:
        if step.verdict.pays and step.candidate.price is None:
            unpriced.add(step.candidate.provider)

    plan = make_plan(
        project, select=chosen.select, exclude=chosen.exclude, limit=limit, watch=watch
    )
    return Made(stack.enter_context(plan), tuple(sorted(unpriced)))


def _selected_nothing(error: InputError) -> bool:
    return all(problem.code == NOTHING_SELECTED for problem in error.problems)


def show_notes(notes: Iterable[Problem], *, quiet: bool) -> None:
    from imagepipe.render.problems import problems_text  # noqa: PLC0415 - late: rarely needed

    found = tuple(notes)
    if found and not quiet:
        tell(problems_text(found, color=terminal().color))


def summed(summaries: Sequence[Summary]) -> Summary:
    """Several plans as one."""
    if len(summaries) == 1:
        return summaries[0]
    return Summary(
        total=sum(summary.total for summary in summaries),
        verdicts=_added(summary.verdicts for summary in summaries),
        by_provider=_merged(summary.by_provider for summary in summaries),
        by_recipe=_merged(summary.by_recipe for summary in summaries),
        estimate=sum((summary.estimate for summary in summaries), Decimal(0)),
        unpriced=sum(summary.unpriced for summary in summaries),
        skipped=sum(summary.skipped for summary in summaries),
    )


def reported(reports: Sequence[Report]) -> Report:
    """Several runs, one after another, as one; the worst exit code counts."""
    first = reports[0]
    if len(reports) == 1:
        return first
    return replace(
        first,
        manifests=tuple(name for report in reports for name in report.manifests),
        total=sum(report.total for report in reports),
        jobs=_added(report.jobs for report in reports),
        spent=sum((report.spent for report in reports), Decimal(0)),
        unknown=sum(report.unknown for report in reports),
        requests=_added(report.requests for report in reports),
        seconds=sum(report.seconds for report in reports),
        faults=tuple(fault for report in reports for fault in report.faults),
        stopped={name: fault for report in reports for name, fault in report.stopped.items()},
        exit_code=worst(report.exit_code for report in reports),
    )


_WORST_FIRST = (143, 130, 75, 2, 4, 5, 6, 1, 3)
"""When several apply (docs/design.md, section 8)."""


def worst(codes: Iterable[int]) -> int:
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), max(found, default=0))


def _added(counts: Iterable[dict[K, int]]) -> dict[K, int]:
    """Sums by name; a name that counts nothing stays."""
    total: Counter[K] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _merged(tables: Iterable[dict[K, dict[L, int]]]) -> dict[K, dict[L, int]]:
    whole: dict[K, dict[L, int]] = {}
    for table in tables:
        for name, counts in table.items():
            whole[name] = _added([whole.get(name, {}), counts])
    return whole
