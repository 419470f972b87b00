"""From a project to a plan: what is known is looked up, and nothing is asked of a provider."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Self

from imagepipe import manifest as manifests
from imagepipe.app import prices
from imagepipe.app.clock import utc_now
from imagepipe.app.doubts import settles
from imagepipe.app.project import Project
from imagepipe.app.remembering import Memory, is_worth
from imagepipe.errors import ImagepipeError, InputError, Problem
from imagepipe.manifest import Checked
from imagepipe.planner import (
    Jobs,
    Plan,
    Policy,
    Selection,
    Step,
    Summary,
    Survey,
    parse_selection,
)
from imagepipe.store import Known, Orphan, probe, this_process


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the project it is for, and what is worth saying about it. To be closed.

    `makes` tells whether a job writes a path (without extension); `seconds` is the least time that
    declared limits allow, None where no limit is declared.
    """

    project: Project
    plan: Plan
    known: Known
    notes: tuple[Problem, ...]
    orphans: tuple[Orphan, ...]
    makes: Callable[[str], bool]
    seconds: float | None

    @property
    def summary(self) -> Summary:
        return self.plan.summary

    def close(self) -> None:
        self.known.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_manifest(project: Project) -> tuple[Problem, ...]:
    """Look at every job without asking what is known of it; returns notes.

    Raises:
        InputError: every problem of every job.
    """
    return _sound(manifests.check(project.manifest))


def make_plan(
    project: Project,
    *,
    select: str | None = None,
    exclude: str | None = None,
    shard: str | None = None,
    limit: int | None = None,
    watch: Callable[[Step], None] = lambda _step: None,
) -> Planned:
    """Check every job and judge it against ledger, lock and outputs. Writes its own memo alone.

    Raises:
        InputError: the manifest, its sources or the selection are wrong: all problems at once.
        StoreError: the store cannot be read.
    """
    selection = parse_selection(select, exclude, shard)
    lock = None if project.where.rehearsal else project.lock
    look = probe(this_process())
    how = settles(project.manifest.providers, utc_now)
    with ExitStack() as stack:
        known = Known.open(project.layout, project.stamp, lock, project.outputs, look, settles=how)
        stack.enter_context(known)
        policy = _policy(project, selection)
        memory = None if selection or limit is not None else Memory(project, known)
        see = watch if memory is None else _both(memory.see, watch)
        survey = Survey(known, selection=selection, policy=policy, limit=limit, watch=see)
        checked = _checked(project, survey, memory)
        notes = _sound(checked)
        made = survey.plan(_jobs(project))
        if (select or exclude) and not shard and not made.summary.total:
            raise InputError(_nothing_selected())
        orphans = () if selection else _orphans(known, survey, memory)
        if memory is not None:
            memory.keep(checked, orphans)
        stack.pop_all()  # from here on the plan closes it
    notes = (*notes, *prices.notes(project, made.summary))
    least = _least_seconds(project, made)
    return Planned(project, made, known, notes, orphans, survey.makes, least)


def look_again(planned: Planned) -> None:
    """After a run: what is there now is remembered, so that a rerun need not work it out."""
    if is_worth(planned.summary.total):
        with suppress(ImagepipeError), make_plan(planned.project):
            pass


def _checked(project: Project, survey: Survey, memory: Memory | None) -> Checked:
    """Look at all jobs but those that are remembered to be there."""
    if memory is None:
        return manifests.check(project.manifest, survey.see)
    for block in memory.blocks:
        survey.settle(block)
    return manifests.check(project.manifest, survey.see, memory.settled)


def _orphans(known: Known, survey: Survey, memory: Memory | None) -> tuple[Orphan, ...]:
    found = memory.orphans() if memory is not None else None
    return tuple(known.orphans(survey.makes)) if found is None else found


def _both(one: Callable[[Step], None], other: Callable[[Step], None]) -> Callable[[Step], None]:
    def watch(step: Step) -> None:
        one(step)
        other(step)

    return watch


def _jobs(project: Project) -> Jobs:
    return lambda provider: manifests.expand(project.manifest, provider=provider)


def _sound(checked: Checked) -> tuple[Problem, ...]:
    if checked.problems:
        raise InputError(*checked.problems, *checked.notes)
    return checked.notes


def _policy(project: Project, selection: Selection) -> Policy:
    budget = project.manifest.budget
    return Policy(
        retry_failed=selection.asks_failed,
        resubmit_ambiguous=budget.on_ambiguous == "resubmit",
        resubmit_unbilled=budget.resubmit_unbilled,
    )


def _nothing_selected() -> Problem:
    hint = "`imagepipe plan -v` lists all jobs with their products, images and providers"
    return Problem("E712", "the selection matches no job", hint=hint)


def _least_seconds(project: Project, made: Plan) -> float | None:
    """The longest of the providers' bounds, from their rates alone."""
    bounds = []
    for name, verdicts in made.summary.by_provider.items():
        paid = sum(count for verdict, count in verdicts.items() if verdict.pays)
        rpm = project.manifest.providers[name].limits.rpm
        if paid and rpm:
            bounds.append((paid - 1) * 60.0 / float(rpm))
    return max(bounds, default=None)
