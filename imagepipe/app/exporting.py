"""The pictures that may be used, by what people decided, into a folder that holds exactly these.

Pictures are copied, not linked: whoever edits one there changes nothing here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from imagepipe.app.export_folder import VERSION, Copy, ExportFolder, digest_of
from imagepipe.app.planning import Planned
from imagepipe.app.project import Project
from imagepipe.errors import SetupError
from imagepipe.model import Json, State
from imagepipe.planner import Step
from imagepipe.review import Verdict, verdict


class Rule(StrEnum):
    """Which pictures may be used: by what people decided."""

    APPROVED = "approved"
    NOT_REJECTED = "not-rejected"
    ANY = "any"

    def allows(self, held: Verdict) -> bool:
        match self:
            case Rule.APPROVED:
                return held is Verdict.APPROVED
            case Rule.NOT_REJECTED:
                return held in (Verdict.APPROVED, Verdict.PENDING)
            case Rule.ANY:
                return True


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of an export: its file, and what was decided on it."""

    file: Copy
    manifest: Path
    product: str
    recipe: str
    decision: Verdict
    edited: bool


@dataclass(slots=True)
class Exported:
    """What came of it. `held` counts pictures that the rule leaves out, by decision; `missing` has
    the jobs that have no picture, or whose bytes are nowhere to be found.
    """

    folder: Path
    written: int = 0
    unchanged: int = 0
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    held: Counter[Verdict] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    pictures: dict[str, dict[str, Json]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether every job that was asked for has a picture, whatever was decided on it."""
        return not self.missing

    def to_json(self) -> dict[str, Json]:
        """The object that `export --json` prints."""
        return {
            "version": VERSION,
            "folder": str(self.folder),
            "exported": self.written + self.unchanged,
            "written": self.written,
            "unchanged": self.unchanged,
            "removed": [*self.removed],
            "kept": [*self.kept],
            "held": {one.value: self.held[one] for one in Verdict if one is not Verdict.APPROVED},
            "missing": [*self.missing],
            "pictures": [{"path": path, **told} for path, told in self.pictures.items()],
        }


def export(plans: Iterable[Planned], folder: Path, rule: Rule) -> Exported:
    """Make the folder hold exactly the pictures of these plans that the rule allows.

    Raises:
        SetupError: runs write into the folder, or it has something in it that no export wrote; or
            a picture of the store is damaged.
        OSError: it cannot be written.
    """
    place, done = ExportFolder(folder), Exported(folder)
    wanted: dict[str, Picture] = {}
    for planned in plans:
        _refuse_places(planned.project, folder)
        for picture in _pictures(planned, rule, done):
            _refuse_two(wanted.setdefault(picture.file.path, picture), picture)
    files = [picture.file for picture in wanted.values()]
    done.written = place.take(files)
    done.unchanged = len(files) - done.written
    done.removed, done.kept = place.close(files)
    done.pictures = {path: _told(picture) for path, picture in wanted.items()}
    return done


def _pictures(planned: Planned, rule: Rule, done: Exported) -> Iterator[Picture]:
    project = planned.project
    for step in planned.plan.steps():
        record = step.record
        found = _source(planned, step)
        entry = project.manifest.review.entries.get(step.job.path)
        if record is None or found is None:
            if verdict(entry, None) is Verdict.RETRY and rule is not Rule.ANY:
                done.held[Verdict.RETRY] += 1
            else:
                done.missing.append(step.job.path)
            continue
        edited = step.kept is not None  # nobody has decided on what a person made of it
        held = Verdict.PENDING if edited else verdict(entry, record.blob)
        if not rule.allows(held):
            done.held[held] += 1
            continue
        digest = digest_of(found) if edited else str(record.blob)
        yield Picture(
            file=Copy(f"{step.job.path}.{record.extension}", digest, found),
            manifest=project.where.manifest,
            product=step.job.product,
            recipe=step.job.recipe,
            decision=held,
            edited=edited,
        )


def _source(planned: Planned, step: Step) -> Path | None:
    """Where a job's picture lies: what a person made of it goes before the store's."""
    record = step.record
    if record is None or record.state is not State.COMMITTED or record.blob is None:
        return None
    output = planned.project.outputs / f"{step.job.path}.{record.extension}"
    if step.kept is not None and output.is_file():
        return output
    blobs = planned.known.blobs
    if blobs.has(record.blob):
        return blobs.path(record.blob)
    return output if output.is_file() and digest_of(output) == record.blob else None


def _refuse_places(project: Project, folder: Path) -> None:
    """The folders that runs write into are no place for an export: one would undo the other."""
    live = project.folder / project.manifest.outputs_root
    where = folder.resolve()
    for taken in (project.outputs, live, project.layout.root, project.folder / ".imagepipe"):
        if where.is_relative_to(taken.resolve()):
            message = f"{folder} is in {taken.name}, into which runs write"
            raise SetupError(message, hint="name a folder of its own, beside it")


def _refuse_two(first: Picture, second: Picture) -> None:
    if first.file.digest != second.file.digest:
        message = (
            f"{first.manifest} and {second.manifest} both have {first.file.path}, "
            "and not the same picture"
        )
        raise SetupError(message, hint="export them into a folder each")


def _told(picture: Picture) -> dict[str, Json]:
    return {
        "digest": picture.file.digest,
        "product": picture.product,
        "recipe": picture.recipe,
        "decision": picture.decision.value,
        "edited": picture.edited,
    }
