"""One job after another with all that is known of it, out of its step and the ledger, to be shown.

Reads only. The report may be published: no ticket's kept fields get in, an address loses what is
behind its `?`, and a picture that was given as data its data.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from imagepipe.app.project import Project, catalogue_of
from imagepipe.app.publishing import (
    decided,
    parameters,
    published,
    select_command,
    told_changes,
)
from imagepipe.model import Digest, Fault, Job, Key, Record, State
from imagepipe.planner import Step, Verdict
from imagepipe.report.copies import Source
from imagepipe.report.gallery import (
    Attempt,
    Commands,
    Earlier,
    Entry,
    Failure,
    Image,
    Status,
    identity,
)
from imagepipe.store import Entry as LockEntry
from imagepipe.store import Known
from imagepipe.store.album import Album, Seen
from imagepipe.store.blobs import digest_of

BATCH = 500
"""Jobs looked up in one question to the ledger."""

_STATUSES = {
    Verdict.NEW: Status.NEW,
    Verdict.CHANGED: Status.CHANGED,
    Verdict.REUSED: Status.DONE,
    Verdict.RESTORED: Status.DONE,
    Verdict.SHARED: Status.NEW,
    Verdict.RESUMABLE: Status.PENDING,
    Verdict.FAILED: Status.FAILED,
    Verdict.AMBIGUOUS: Status.AMBIGUOUS,
    Verdict.LOST: Status.LOST,
}
_UNSENT = (State.PLANNED, State.BLOCKED)

Again = Callable[[str], str]
"""The whole command line of a verb about this manifest and its places."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the ledger has of one batch of steps."""

    seen: Mapping[Key, Seen]
    at: Mapping[str, Sequence[Seen]]
    attempts: Mapping[Key, Sequence[Record]]


class Gathering:
    """Makes entries of steps, a batch at a time; `sources` fills up on the way."""

    def __init__(self, project: Project, known: Known, album: Album | None, again: Again) -> None:
        self.catalogue = catalogue_of(project)
        self.sources: dict[str, Source] = {}
        self._known, self._album, self._again = known, album, again
        self._outputs = project.outputs
        self._locked = known.lock.of_stem
        self._reviewed = project.manifest.review.entries

    def entries(self, steps: Iterable[tuple[int, Step]]) -> Iterator[Entry]:
        """The entries of numbered steps, in order.

        Raises:
            StoreError: the store cannot be read.
        """
        stream = iter(steps)
        while batch := list(islice(stream, BATCH)):
            facts = self._facts([step for _, step in batch])
            for number, step in batch:
                yield self._entry(step, number, facts)

    def _facts(self, batch: Sequence[Step]) -> _Facts:
        if self._album is None:
            return _Facts({}, {}, {})
        mine = [step.candidate.key for step in batch]
        again = [step.candidate.key for step in batch if step.record and step.record.attempt > 1]
        at = self._album.pictures_at([step.job.spot for step in batch])
        return _Facts(self._album.seen(mine), at, self._album.attempts(again))

    def _entry(self, step: Step, number: int, facts: _Facts) -> Entry:
        job, candidate, record = step.job, step.candidate, step.record
        seen = facts.seen.get(candidate.key)
        fields = candidate.canonical.get("fields")
        request = fields if isinstance(fields, dict) else {}
        status, image = _status(step), self._image(record, seen, job)
        return Entry(
            id=identity(self.catalogue, job.spot),
            catalogue=self.catalogue,
            spot=job.spot,
            number=number,
            product=job.product,
            recipe=job.recipe,
            axes=dict(job.axes),
            index=job.index,
            tags=job.tags,
            path=f"{job.path}.{image.extension}" if image else job.path,
            status=status,
            reason=step.reason,
            key=candidate.key,
            provider=candidate.provider,
            commands=self._commands(job, status),
            model=_text(request.get("model")),
            prompt=published(_text(request.get("prompt"))),
            negative_prompt=published(_text(request.get("negative_prompt"))),
            parameters=parameters(candidate),
            seed=_seed(record, request.get("seed")),
            price=candidate.price,
            cost=record.cost if record else None,
            submitted_at=_began(seen),
            finished_at=seen.finished_at if seen else None,
            seconds=_seconds(seen),
            attempts=_attempts(record),
            ticket=record.ticket.id if record and record.ticket else None,
            image=image,
            edited=step.kept is not None,
            failure=_failure(record.fault) if record and record.fault and not image else None,
            history=tuple(map(_attempt, facts.attempts.get(candidate.key, ()))),
            earlier=tuple(self._earlier(step, image, facts.at.get(job.spot, ()))),
            review=decided(self._reviewed.get(job.path), record),
        )

    def _image(self, record: Record | None, seen: Seen | None, job: Job) -> Image | None:
        if record is None or record.state is not State.COMMITTED or record.blob is None:
            return None
        extension = record.extension or "png"
        return self._found(record.blob, extension, seen, f"{job.path}.{extension}")

    def _found(self, blob: Digest, extension: str, seen: Seen | None, path: str) -> Image:
        """A picture and where its bytes are: in the store, else at its output's path."""
        if blob not in self.sources:
            self.sources[blob] = Source(self._bytes(blob, path))
        picture = seen.picture if seen else None
        return Image(
            digest=blob,
            extension=extension,
            width=picture.width if picture else None,
            height=picture.height if picture else None,
            bytes=seen.size if seen else None,
        )

    def _bytes(self, blob: Digest, path: str) -> Path | None:
        blobs, output = self._known.blobs, self._outputs / path
        if blobs.has(blob):
            return blobs.path(blob)
        try:
            return output if digest_of(output)[0] == blob else None
        except OSError:
            return None

    def _earlier(self, step: Step, image: Image | None, at: Sequence[Seen]) -> Iterator[Earlier]:
        """The pictures that were at this place before, latest first."""
        shown = {image.digest} if image else set()
        past = [one for one in at if one.record.key != step.candidate.key]
        requests = self._album.requests([one.record.key for one in past]) if self._album else {}
        for one in past:
            record = one.record
            if record.blob is None or record.blob in shown:
                continue
            shown.add(record.blob)
            request = requests.get(record.key, {})
            fields = request.get("fields")
            yield Earlier(
                key=record.key,
                provider=record.provider,
                image=self._found(record.blob, record.extension or "png", one, step.job.path),
                prompt=published(_text(fields.get("prompt") if isinstance(fields, dict) else None)),
                seed=record.seed,
                cost=record.cost,
                finished_at=one.finished_at,
                changes=told_changes(request, step.candidate.canonical) if request else (),
            )
        locked = self._locked(step.job.path)
        if locked and locked.key != step.candidate.key and locked.blob not in shown:
            yield from self._of_lock(locked)

    def _of_lock(self, locked: LockEntry) -> Iterator[Earlier]:
        """The picture of a fresh clone whose request has changed since it was committed."""
        extension = locked.path.rpartition(".")[2]
        image = self._found(locked.blob, extension, None, locked.path)
        source = self.sources[locked.blob]
        if source.picture is not None:
            yield Earlier(
                key=locked.key,
                provider=locked.provider,
                image=image,
                seed=locked.seed,
                cost=locked.cost,
            )

    def _commands(self, job: Job, status: Status) -> Commands:
        run = self._again("run")
        again = f"{run} --force" if status is Status.DONE else run
        retry = status is Status.FAILED
        doubt = status in (Status.AMBIGUOUS, Status.LOST)
        return Commands(
            run=select_command(again, job),
            explain=self._again(f"explain {shlex.quote(job.path)}"),
            retry=select_command(run, job, "status:failed") if retry else None,
            settle=self._again("pending list") if doubt else None,
        )


def _status(step: Step) -> Status:
    """As `--select status:` sees it: a failure that a run would try again is one still."""
    state = step.record.state if step.record else None
    if state is State.FAILED:
        return Status.FAILED
    if step.verdict is Verdict.SHARED and state is not None and state not in _UNSENT:
        return Status.PENDING
    return _STATUSES[step.verdict]


def _attempts(record: Record | None) -> int | None:
    if record is None:
        return 0
    if record.source == "lock":
        return None
    return record.attempt - (record.state in _UNSENT)


def _attempt(record: Record) -> Attempt:
    message = record.fault.message if record.fault else None
    return Attempt(record.attempt, record.state.value, record.updated_at, published(message))


def _failure(fault: Fault) -> Failure:
    return Failure(
        kind=fault.kind.value,
        message=published(fault.message) or "",
        http=fault.http,
        code=fault.code,
        billed=fault.billed,
        advice=fault.advice,
    )


def _began(seen: Seen | None) -> str | None:
    """When its request left: for a provider that answers at once, not when the answer came."""
    if seen is None or seen.record.state in _UNSENT:
        return None
    return seen.submitted_at if seen.record.ticket else seen.created_at


def _seconds(seen: Seen | None) -> float | None:
    """From submit to stored picture."""
    began = _began(seen)
    if seen is None or began is None or not seen.finished_at:
        return None
    took = datetime.fromisoformat(seen.finished_at) - datetime.fromisoformat(began)
    return round(max(0.0, took.total_seconds()), 3)


def _seed(record: Record | None, asked: object) -> int | None:
    if record is not None and record.seed is not None:
        return record.seed
    return asked if isinstance(asked, int) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
