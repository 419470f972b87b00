"""Care for a project's store: to look whether it is sound, to mend it, to tidy it, to count it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from imagepipe import manifest as manifests
from imagepipe.app.clock import utc_now
from imagepipe.app.project import Project
from imagepipe.errors import StoreError
from imagepipe.finish.inspect import inspect
from imagepipe.model import Digest, Picture
from imagepipe.store import Blobs, Entry, Ledger, Outputs, Reader, Run, probe, root_name
from imagepipe.store import this_process as me
from imagepipe.store.census import Census, census
from imagepipe.store.lock import Lock, read_lock
from imagepipe.store.rebuild import Suspect
from imagepipe.store.repair import Repaired, Sources, repair
from imagepipe.store.rows import JobRow, decimal_text, ticket_text
from imagepipe.store.sweep import Waste, compact, waste
from imagepipe.store.verify import Finding, exists, output_notes, verify

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `there`: whether there is a store at all."""

    there: bool
    findings: tuple[Finding, ...]
    read_data: bool

    @property
    def problems(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if not one.note)


@dataclass(frozen=True, slots=True)
class Swept:
    """What may go, or (unless it was a dry run) went. `saved`: bytes of the ledger's copy."""

    waste: tuple[Waste, ...]
    saved: int
    dry: bool


def verify_store(project: Project, *, read_data: bool) -> Verified:
    """Look at everything; changes nothing, and may run beside a run.

    Raises:
        OSError: a file cannot be read at all.
    """
    look = probe(me())
    found = [*verify(project.layout, project.stamp, look, read_data=read_data)]
    if not any(not one.note for one in found) and project.layout.ledger.exists():
        root = root_name(project.outputs, project.layout.root)
        with Reader.open(project.layout, project.stamp) as reader:
            found += output_notes(reader, Outputs(project.outputs), root, read_data=read_data)
    return Verified(exists(project.layout), tuple(found), read_data)


def repair_store(project: Project, *, hold_unknown: bool = False) -> Repaired:
    """Put the store right; what cannot be proven is in doubt or lost afterwards.

    With `hold_unknown`, whatever of the manifest neither store nor lock knows is in doubt as well.

    Raises:
        StoreBusy: a run is at work, or may be.
        StoreError: the store is not this program's to mend.
        InputError: the lock file, or the manifest, cannot be read.
    """
    if not exists(project.layout):
        return Repaired()
    lock = Lock() if project.where.rehearsal else read_lock(project.lock)
    sources = Sources(
        vouched=[*_vouched(project, lock)],
        suspects=lambda: _suspects(project, lock),
        find=_Finder(project, lock).find,
    )
    return repair(
        project.layout,
        project.stamp,
        _maintenance(),
        probe(me()),
        sources,
        hold_unknown=hold_unknown,
    )


def sweep(project: Project, *, dry: bool) -> Swept:
    """Remove what nobody needs; a dry run only says what.

    Raises:
        StoreBusy: a run is at work, or may be; a dry run may be made beside it.
        StoreError: the store is not sound.
    """
    layout, look, named = project.layout, probe(me()), _named(project.folder)
    if not layout.ledger.exists():
        return Swept((), 0, dry)
    if dry:
        with Reader.open(layout, project.stamp) as reader:
            return Swept(tuple(waste(reader, layout, named, look, time.time())), 0, dry)
    _refuse_damage(project)
    with Ledger.open_or_create(layout, project.stamp, utc_now()) as ledger:
        run = _maintenance()
        ledger.start_run(run, look)
        try:
            ledger.recover(utc_now(), look)
            found = tuple(waste(ledger, layout, named, look, time.time()))
            for one in found:
                one.path.unlink(missing_ok=True)
            saved = compact(ledger, layout)
        finally:
            ledger.end_run(run.id, utc_now())
        return Swept(found, saved, dry)


def store_stats(project: Project) -> Census | None:
    """Counts and bytes; None where there is no store.

    Raises:
        StoreError: it cannot be read.
    """
    if not project.layout.ledger.exists() and not exists(project.layout):
        return None
    with Reader.open(project.layout, project.stamp) as reader:
        return census(reader, project.layout)


def _refuse_damage(project: Project) -> None:
    """What names a picture must be readable before a picture may be called nameless."""
    problems = verify_store(project, read_data=False).problems
    if problems:
        raise StoreError(
            f"the store is not sound: {problems[0].what}",
            hint="`imagepipe store verify` lists everything, `imagepipe store repair` mends it; "
            "then tidy it up",
        )


def _maintenance() -> Run:
    return Run(f"care-{uuid4().hex[:8]}", me(), utc_now(), role="maintenance")


def _named(folder: Path) -> frozenset[str]:
    """Every digest in any lock file beside the manifest, whoever wrote it: they may share a store.

    Read as text, so that one with an unfinished merge counts as well.
    """
    texts = (path.read_text("utf-8", "replace") for path in folder.glob("*.lock") if path.is_file())
    return frozenset(digest for text in texts for digest in _DIGEST.findall(text))


def _vouched(project: Project, lock: Lock) -> Iterator[JobRow]:
    """Committed rows for what the lock names and is still here, in the store or as an output."""
    if not lock.entries:
        return
    blobs, outputs = Blobs(project.layout.blobs), Outputs(project.outputs)
    spots = {job.path: job.spot for job in manifests.expand(project.manifest)}
    for entry in lock.entries:
        path = blobs.path(entry.blob)
        if not blobs.intact(entry.blob):
            found = outputs.look(entry.path)
            if found is None or found[0] != entry.blob:
                continue
            path = project.outputs / entry.path
        picture = inspect(path)
        if isinstance(picture, Picture):
            yield committed_row(entry, picture, path.stat().st_size, spots.get(entry.stem, ""))


def committed_row(entry: Entry, picture: Picture, size: int, spot: str) -> JobRow:
    """The row of a picture that the lock names, as if it had been made here."""
    now = utc_now()
    return JobRow(
        key=entry.key,
        state="committed",
        provider=entry.provider,
        spot=spot,
        path=entry.stem,
        attempt=1,
        nonce=uuid4().hex,
        run=None,
        purse="",
        reserved=None,
        cost=decimal_text(entry.cost),
        seed=None if entry.seed is None else str(entry.seed),
        ticket=ticket_text(entry.ticket),
        blob=entry.blob,
        size=size,
        media_type=picture.media_type,
        extension=picture.extension,
        width=picture.width,
        height=picture.height,
        created_at=now,
        submitted_at=now,
        finished_at=now,
        updated_at=now,
    )


def _suspects(project: Project, lock: Lock) -> Iterator[Suspect]:
    """Every request of the manifest that the lock knows nothing of."""
    known = {entry.key for entry in lock.entries}
    for job in manifests.expand(project.manifest):
        for one in job.candidates:
            if one.key not in known:
                yield Suspect(one.key, one.provider, job.spot, job.path, one.price)


class _Finder:
    """Finds output files by the picture that they should be."""

    def __init__(self, project: Project, lock: Lock) -> None:
        self._project = project
        self._paths = {entry.blob: entry.path for entry in lock.entries if _is_plain(entry)}
        self._asked = False

    def find(self, digest: Digest) -> Path | None:
        if not self._asked:
            self._asked = True
            self._paths |= self._recorded()
        path = self._paths.get(digest)
        return None if path is None else self._project.outputs / path

    def _recorded(self) -> dict[Digest, str]:
        project = self._project
        root = root_name(project.outputs, project.layout.root)
        with Reader.open(project.layout, project.stamp) as reader:
            found = reader.outputs(root)
            return {one.blob: one.path for one in found if one.digest == one.blob}


def _is_plain(entry: Entry) -> bool:
    """Whether the output is the picture itself, unprocessed."""
    return entry.output == entry.blob
