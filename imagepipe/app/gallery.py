"""What a report shows of a manifest: of all its jobs, or of those alone that have news."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

from imagepipe import __version__
from imagepipe.app.clock import utc_now
from imagepipe.app.gathering import Again, Gathering
from imagepipe.app.planning import Planned, known_of, policy_of
from imagepipe.app.prices import compared
from imagepipe.app.project import Project
from imagepipe.charges import case_text
from imagepipe.model import Job
from imagepipe.planner import Selection, Step, judge
from imagepipe.report.copies import Source
from imagepipe.report.gallery import Charged, Entry, Gallery
from imagepipe.store import Known, Reader
from imagepipe.store.album import Album

__all__ = ["Again", "gathered", "gathered_anew"]


def gathered(
    planned: Planned, again: Again, see: Callable[[int, Job], None] = lambda _number, _job: None
) -> tuple[Gallery, dict[str, Source]]:
    """The report of a plan's jobs, and where their pictures lie, by digest.

    `see` is shown every job with its number.

    Raises:
        StoreError: the store cannot be read.
    """
    project = planned.project
    with ExitStack() as stack:
        gathering = _gathering(project, planned.known, again, stack)
        entries = tuple(gathering.entries(_numbered(planned, see)))
    gallery = Gallery(
        title=gathering.catalogue,
        manifests=(str(project.where.manifest),),
        rehearsal=project.where.rehearsal is not None,
        made_at=utc_now(),
        program=f"imagepipe {__version__}",
        pictures=entries,
        charged=tuple(_drifted(project)),
    )
    return gallery, gathering.sources


def gathered_anew(
    project: Project, jobs: Sequence[tuple[int, Job]], again: Again
) -> tuple[list[Entry], dict[str, Source]]:
    """The entries of some numbered jobs as they stand now, and where their pictures lie.

    Raises:
        StoreError: the store cannot be read.
    """
    with ExitStack() as stack:
        known = stack.enter_context(known_of(project))
        gathering = _gathering(project, known, again, stack)
        policy = policy_of(project, Selection(), force=False)
        steps = judge([job for _, job in jobs], known, policy)
        numbers = (number for number, _ in jobs)
        return [*gathering.entries(zip(numbers, steps, strict=True))], gathering.sources


def _drifted(project: Project) -> Iterator[Charged]:
    """Prices that runs were charged, and that are not those of the tables."""
    for one in compared(project):
        if one.differs:
            learnt = one.learnt
            case = case_text(learnt.case)
            yield Charged(learnt.provider, case, learnt.pictures, learnt.each, one.estimate)


def _gathering(project: Project, known: Known, again: Again, stack: ExitStack) -> Gathering:
    album = None
    if project.layout.ledger.exists():
        album = Album(stack.enter_context(Reader.open(project.layout, project.stamp)))
    return Gathering(project, known, album, again)


def _numbered(planned: Planned, see: Callable[[int, Job], None]) -> Iterator[tuple[int, Step]]:
    """A plan's steps with the numbers of their jobs in the catalogue."""
    numbers: dict[str, int] = {}
    plan = planned.plan

    def counted(provider: str | None) -> Iterator[Job]:
        for number, job in enumerate(plan.jobs(provider)):
            numbers[job.spot] = number
            see(number, job)
            yield job

    for step in replace(plan, jobs=counted).steps():
        yield numbers.pop(step.job.spot), step
