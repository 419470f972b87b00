"""From a project to a plan: what is known is looked up, and nothing is asked of a provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Self

from imagepipe import manifest as manifests
from imagepipe.app import prices
from imagepipe.app.clock import utc_now
from imagepipe.app.collector import few_collections
from imagepipe.app.doubts import settles
from imagepipe.app.project import Project
from imagepipe.app.remembering import Memory, is_worth
from imagepipe.errors import ImagepipeError, InputError, Problem
from imagepipe.manifest import Checked
from imagepipe.planner import (
    Highlights,
    Jobs,
    Plan,
    Policy,
    Selection,
    Step,
    Summary,
    Survey,
    parse_selection,
)
from imagepipe.review import Review
from imagepipe.store import Known, Orphan, probe, this_process


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the project it is for, and what is worth saying about it. To be closed.

    `makes` tells whether a job writes a path (without extension); `seen` is what is worth telling
    of single steps.
    """

    project: Project
    plan: Plan
    known: Known
    notes: tuple[Problem, ...]
    orphans: tuple[Orphan, ...]
    makes: Callable[[str], bool]
    seen: Highlights

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
    failed: bool = False,
    sample: int | None = None,
    force: bool = False,
    echoed: bool = False,
    watch: Callable[[Step], None] | None = None,
) -> Planned:
    """Check every job and judge it against ledger, lock and outputs. Writes its own memo alone.

    Args:
        project: What `open_project` gave.
        select: Only the jobs that this expression names.
        exclude: Not the jobs that this expression names.
        shard: Only this part of them, such as `3/8`.
        limit: At most so many are worked on, the first ones.
        failed: Only jobs that failed, which are tried again.
        sample: Only so many, chosen alike at every call.
        force: Pictures that are there are made, and paid for, again.
        echoed: The lock says nothing but what the ledger says, and need not be read.
        watch: Sees every step.

    Raises:
        InputError: the manifest, its sources or the selection are wrong: all problems at once.
        StoreError: the store cannot be read.
    """
    review = project.manifest.review
    chosen = partial(
        parse_selection, select, exclude, shard, failed=failed, sample=sample, review=review
    )
    selection = _selection(project, chosen)
    with ExitStack() as stack, few_collections():
        known = stack.enter_context(known_of(project, echoed=echoed))
        seen = Highlights(compares=known.remembers and not selection)
        policy = policy_of(project, selection, force=force)
        memory = None if selection or limit is not None or force else Memory(project, known)
        see = _all(seen.see, watch, None if memory is None else memory.see)
        survey = Survey(known, selection=selection, policy=policy, limit=limit, watch=see)
        checked = _checked(project, survey, memory)
        notes = _sound(checked)
        made = survey.plan(_jobs(project))
        _refuse_nothing(made, selected=bool(selection) and not shard, failed=failed)
        orphans = () if selection else _orphans(known, survey, memory)
        if memory is not None:
            memory.keep(checked, orphans)
        stack.pop_all()  # from here on the plan closes it
    if not selection and limit is None:
        notes = (*notes, *_decided_on_nothing(review, survey.makes))
    notes = (*notes, *prices.notes(project, made.summary))
    return Planned(project, made, known, notes, orphans, survey.makes, seen)


def known_of(project: Project, *, echoed: bool = False) -> Known:
    """What is known of a project's jobs, to be closed; `echoed` as for `make_plan`.

    Raises:
        StoreError: the store cannot be used.
    """
    return Known.open(
        project.layout,
        project.stamp,
        None if project.where.rehearsal else project.lock,
        project.outputs,
        probe(this_process()),
        settles=settles(project.manifest.providers, utc_now),
        manifest=project.where.manifest.resolve(),
        echoed=echoed,
    )


def look_again(planned: Planned, *, echoed: bool) -> None:
    """After a run: what is there now is remembered, so that a rerun need not work it out.

    A lock that is `echoed` by the ledger is not read: it has half a kilobyte for each job.
    """
    if is_worth(planned.summary.total):
        with suppress(ImagepipeError), make_plan(planned.project, echoed=echoed):
            pass


def _selection(project: Project, chosen: Callable[[], Selection]) -> Selection:
    """What was chosen; if that cannot be read, what is wrong with the manifest is told with it."""
    try:
        return chosen()
    except InputError as error:
        found = manifests.check(project.manifest).problems
        raise InputError(*error.problems, *found) from error


def _checked(project: Project, survey: Survey, memory: Memory | None) -> Checked:
    """Look at all jobs but those that are remembered to be there."""
    if memory is None:
        return manifests.check(project.manifest, survey.see)
    for block in memory.blocks:
        survey.settle(block)
    return manifests.check(project.manifest, survey.see, memory.settled)


def _orphans(known: Known, survey: Survey, memory: Memory | None) -> tuple[Orphan, ...]:
    if memory is not None:
        if (found := memory.orphans()) is not None:
            return found
        for block in memory.blocks:
            known.remains.take_as_settled(block.outputs())
        return tuple(known.remains.orphans(survey.makes, memory.may_be_orphans()))
    return tuple(known.remains.orphans(survey.makes))


def _all(
    first: Callable[[Step], None], *others: Callable[[Step], None] | None
) -> Callable[[Step], None]:
    watchers = tuple(watcher for watcher in others if watcher is not None)

    def watch(step: Step) -> None:
        first(step)
        for watcher in watchers:
            watcher(step)

    return watch if watchers else first


def _jobs(project: Project) -> Jobs:
    return lambda provider: manifests.expand(project.manifest, provider=provider)


def _sound(checked: Checked) -> tuple[Problem, ...]:
    if checked.problems:
        raise InputError(*checked.problems, *checked.notes)
    return checked.notes


def policy_of(project: Project, selection: Selection, *, force: bool) -> Policy:
    """What a person allows, by the manifest and by what was chosen."""
    budget = project.manifest.budget
    return Policy(
        retry_failed=selection.asks_failed,
        force=force,
        resubmit_ambiguous=budget.on_ambiguous == "resubmit",
        resubmit_unbilled=budget.resubmit_unbilled,
    )


def _decided_on_nothing(review: Review, makes: Callable[[str], bool]) -> Iterator[Problem]:
    """Decisions on pictures that no job makes any more: renamed ones, mostly."""
    for path in review.entries:
        if not makes(path) and (document := review.document) is not None:
            message = f"no job makes {path}, so what was decided on it has no effect"
            hint = "if it was renamed, write its new path; else remove the entry"
            yield document.problem(
                "E620", message, ("pictures", path), key=True, hint=hint, severity="note"
            )


def _refuse_nothing(made: Plan, *, selected: bool, failed: bool) -> None:
    """A selection that no job is in is a mistake; a shard may have none."""
    if selected and not made.summary.total:
        raise InputError(_nothing_selected(failed=failed))


def _nothing_selected(*, failed: bool) -> Problem:
    if failed:
        hint = "`imagepipe status` counts the jobs by their state"
        return Problem("E712", "no job of the selection has failed", hint=hint)
    hint = "`imagepipe plan -v` lists all jobs with their products, images and providers"
    return Problem("E712", "the selection matches no job", hint=hint)
