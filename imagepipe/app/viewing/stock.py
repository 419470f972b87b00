"""The jobs of one manifest, kept to be looked at again when something of them may have changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from imagepipe.app.gallery import Again, gathered
from imagepipe.app.planning import make_plan
from imagepipe.app.project import Project
from imagepipe.app.viewing.marks import Mark, mark_of
from imagepipe.model import Job
from imagepipe.report.copies import Source
from imagepipe.report.gallery import Gallery
from imagepipe.review import Review
from imagepipe.store import Reader
from imagepipe.store.album import Album

_BACK = timedelta(seconds=10)
"""How far behind the last change is looked: a process may tell the time long before it writes."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where decisions on one picture go: the manifest's place in the list, and the job's path."""

    project: int
    path: str


@dataclass(frozen=True, slots=True)
class Stock:
    """A manifest at one look. By the picture's id: its numbered job, and its spot.

    `since` is when the ledger's last change was that is seen here.
    """

    project: Project
    mark: Mark
    listed: Mapping[str, str] | None
    jobs: Mapping[str, tuple[int, Job]]
    spots: Mapping[str, Spot]
    sources: Mapping[str, Source]
    since: str

    def with_review(self, review: Review) -> Stock:
        manifest = replace(self.project.manifest, review=review)
        return replace(self, project=replace(self.project, manifest=manifest))


def stocked(project: Project, number: int, again: Again) -> tuple[Stock, Gallery]:
    """Gather everything.

    Raises:
        ImagepipeError: the manifest is wrong, or the store cannot be read.
    """
    mark = mark_of(project, project.inputs.listed())  # before: what changes meanwhile is seen next
    since = _latest(project)
    jobs: dict[str, Job] = {}

    def see(_number: int, job: Job) -> None:
        jobs[job.spot] = job

    with make_plan(project) as planned:
        gallery, sources = gathered(planned, again, see)
    listed = project.inputs.listed()
    stock = Stock(
        project=project,
        mark=replace(mark, world=(*mark.world[:-1], listed is None)),
        listed=listed,
        jobs={one.id: (one.number, jobs[one.spot]) for one in gallery.pictures},
        spots={one.id: Spot(number, jobs[one.spot].path) for one in gallery.pictures},
        sources=sources,
        since=since,
    )
    return stock, gallery


def latest_changes(new: Stock, before: Stock) -> tuple[str, list[str]]:
    """The pictures that may have news, by what the ledger changed and by what was decided.

    Also returns the time of the last change.
    """
    then, now = before.project.manifest.review.entries, new.project.manifest.review.entries
    paths = {path for path in then.keys() | now.keys() if then.get(path) != now.get(path)}
    since, keys, spots = new.since, frozenset[str](), frozenset[str]()
    if new.project.layout.ledger.exists():
        with Reader.open(new.project.layout, new.project.stamp) as reader:
            found = Album(reader).changed_since(_before(new.since))
        since, keys, spots = found.latest, frozenset(found.keys), found.spots
    ids = [
        one
        for one, (_, job) in new.jobs.items()
        if job.path in paths
        or job.spot in spots
        or any(candidate.key in keys for candidate in job.candidates)
    ]
    return since, ids


def _latest(project: Project) -> str:
    if not project.layout.ledger.exists():
        return ""
    with Reader.open(project.layout, project.stamp) as reader:
        return Album(reader).last_change()


def _before(at: str) -> str:
    if not at:
        return ""
    earlier = datetime.fromisoformat(at) - _BACK
    return earlier.strftime("%Y-%m-%dT%H:%M:%S")
