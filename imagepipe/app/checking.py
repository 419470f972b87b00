"""Whether manifest, lock and outputs agree, by their digests: nothing is asked and nothing written.

It needs no store, no key and no network, so that a fresh clone can be checked. What is in the lock
and is made by no job any more is told, and is no disagreement: a run leaves it alone, too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from imagepipe import manifest as manifests
from imagepipe.app.lockfile import lock_of
from imagepipe.app.project import Project
from imagepipe.errors import InputError, Problem
from imagepipe.model import Job, Json, Key
from imagepipe.store import Entry, Outputs
from imagepipe.store.lock import Lock

VERSION = 1

_POINTER = b"version https://git-lfs.github.com/spec/"


class Kind(StrEnum):
    """What a finding is about. The last two are no disagreement."""

    NEW = "new"
    CHANGED = "changed"
    MISSING = "missing"
    EDITED = "edited"
    ORPHANED = "orphaned"
    DUPLICATED = "duplicated"

    @property
    def disagrees(self) -> bool:
        return self not in (Kind.ORPHANED, Kind.DUPLICATED)


@dataclass(frozen=True, slots=True)
class Finding:
    """One output that is not as lock and manifest say. `path` has its extension if known."""

    path: str
    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class Checkup:
    """What came of a check; `agrees` if a run would have nothing to do."""

    manifest: Path
    total: int
    findings: tuple[Finding, ...]
    notes: tuple[Problem, ...] = ()
    rehearsal: bool = False

    @property
    def counts(self) -> dict[Kind, int]:
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in Kind}

    @property
    def disagreeing(self) -> int:
        return sum(finding.kind.disagrees for finding in self.findings)

    @property
    def agrees(self) -> bool:
        return not self.disagreeing


def check(project: Project) -> Checkup:
    """Compare every job of a manifest with the lock, and the lock with the bytes of the outputs.

    Raises:
        InputError: the manifest or the lock is wrong: all problems at once.
    """
    comparison = _Comparison(lock_of(project), Outputs(project.outputs), project.outputs)
    checked = manifests.check(project.manifest, comparison.see)
    if checked.problems:
        raise InputError(*checked.problems, *checked.notes)
    return Checkup(
        manifest=project.where.manifest,
        total=checked.jobs,
        findings=tuple(comparison.finish()),
        notes=checked.notes,
        rehearsal=project.where.rehearsal is not None,
    )


def check_json(checkups: list[Checkup]) -> dict[str, Json]:
    """The object that `check --json` prints."""
    counts: Counter[Kind] = Counter()
    for one in checkups:
        counts.update(one.counts)
    total = sum(one.total for one in checkups)
    jobs: dict[str, Json] = {
        "total": total,
        "agree": total - sum(one.disagreeing for one in checkups),
        **{kind.value: counts[kind] for kind in Kind},
    }
    return {
        "version": VERSION,
        "manifests": [str(one.manifest) for one in checkups],
        "agrees": all(one.agrees for one in checkups),
        "jobs": jobs,
        "findings": [
            {
                "manifest": str(one.manifest),
                "path": finding.path,
                "kind": finding.kind.value,
                "reason": finding.reason,
            }
            for one in checkups
            for finding in one.findings
        ],
        "rehearsal": any(one.rehearsal for one in checkups),
    }


@dataclass(slots=True)
class _Comparison:
    """Sees every job once; of one that agrees it keeps the path's place in the lock alone."""

    lock: Lock
    outputs: Outputs
    root: Path
    findings: list[Finding] = field(default_factory=list)
    _stems: dict[str, list[Entry]] = field(default_factory=dict)
    _keys: dict[Key, Entry] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for entry in self.lock.entries:
            self._stems.setdefault(entry.stem, []).append(entry)
            self._keys.setdefault(entry.key, entry)

    def see(self, job: Job) -> None:
        entries = self._stems.get(job.path, [])
        keys = {candidate.key for candidate in job.candidates}
        mine = [entry for entry in entries if entry.key in keys]
        if not mine:
            self._seen.update(entry.path for entry in entries)
            self.findings.append(self._unmade(job, entries))
            return
        path = mine[0].path
        self._seen.add(path)
        theirs = [entry for entry in entries if entry.path == path]
        if (finding := self._looked(path, mine, theirs)) is not None:
            self.findings.append(finding)

    def finish(self) -> list[Finding]:
        """All findings, with what no job makes and what a merge left twice."""
        left = (entry.path for entry in self.lock.entries if entry.path not in self._seen)
        for path in dict.fromkeys(left):
            reason = "in the lock, and no job makes it any more; `imagepipe run --prune` removes it"
            self.findings.append(Finding(path, Kind.ORPHANED, reason))
        for path, entries in self.lock.several().items():
            reason = f"the lock has {len(entries)} lines of it, from a merge; a run leaves one"
            self.findings.append(Finding(path, Kind.DUPLICATED, reason))
        return self.findings

    def _unmade(self, job: Job, entries: list[Entry]) -> Finding:
        if entries:
            theirs = entries[-1].provider
            moved = f": by {job.provider}, and it was by {theirs}" if theirs != job.provider else ""
            reason = f"what is asked for is not what its picture was made from{moved}"
            return Finding(entries[-1].path, Kind.CHANGED, reason)
        elsewhere = next((self._keys[c.key] for c in job.candidates if c.key in self._keys), None)
        if elsewhere is not None:
            reason = f"not in the lock, but its picture is, at {elsewhere.path}"
            return Finding(job.path, Kind.MISSING, reason)
        return Finding(job.path, Kind.NEW, "not in the lock: no picture of it is known")

    def _looked(self, path: str, mine: list[Entry], all_: list[Entry]) -> Finding | None:
        """Whether the file is the one that the lock names for the job, by its bytes."""
        found = self.outputs.look(path)
        if found is None:
            return Finding(path, Kind.MISSING, "in the lock, and no file is there")
        if found[0] in {entry.output for entry in mine}:
            return None
        if found[0] in {entry.output for entry in all_}:
            reason = "its file is that of another line of the lock, from a merge"
            return Finding(path, Kind.CHANGED, reason)
        if self._is_pointer(path):
            return Finding(path, Kind.MISSING, "a pointer of Git LFS is there: `git lfs pull`")
        return Finding(path, Kind.EDITED, "its bytes are not those that the lock names")

    def _is_pointer(self, path: str) -> bool:
        with (self.root / path).open("rb") as file:
            return file.read(len(_POINTER)) == _POINTER
