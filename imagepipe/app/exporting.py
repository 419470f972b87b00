"""Copies the pictures that may be used into a folder of their own, and keeps that folder exact.

What was exported before and may not be used any more goes; a file that nobody exported is never
touched. Pictures are copied, not linked: whoever edits one there changes nothing here.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

from imagepipe.app.planning import Planned
from imagepipe.errors import SetupError
from imagepipe.model import Json, State
from imagepipe.planner import Step
from imagepipe.review import Verdict, verdict

INDEX = ".imagepipe-export.json"
"""What an export wrote into its folder: paths with the digests of their bytes."""

VERSION = 1


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
    """One picture of an export: where its bytes lie, and what was decided on it."""

    path: str
    source: Path
    product: str
    recipe: str
    decision: Verdict
    edited: bool


@dataclass(slots=True)
class Exported:
    """What came of it. `held` counts pictures that the rule leaves out, by decision; `missing` has
    the jobs that have no picture, `gone` the bytes that were not found.
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
        SetupError: the folder has something in it that no export wrote.
        OSError: it cannot be written.
    """
    before = _index(folder)
    done = Exported(folder)
    for planned in plans:
        for picture in _pictures(planned, rule, done):
            _put(picture, folder, before, done)
    _remove(folder, before, done)
    now = {path: str(told["digest"]) for path, told in sorted(done.pictures.items())}
    if now != before or not (folder / INDEX).exists():
        text = json.dumps({"version": VERSION, "pictures": now}, indent=1, ensure_ascii=False)
        _written(folder / INDEX, lambda path: path.write_text(f"{text}\n", encoding="utf-8"))
    return done


def _pictures(planned: Planned, rule: Rule, done: Exported) -> Iterator[Picture]:
    entries = planned.project.manifest.review.entries
    for step in planned.plan.steps():
        record = step.record
        found = _source(planned, step)
        entry = entries.get(step.job.path)
        if record is None or found is None:
            if verdict(entry, None) is Verdict.RETRY and rule is not Rule.ANY:
                done.held[Verdict.RETRY] += 1
            else:
                done.missing.append(step.job.path)
            continue
        held = verdict(entry, None if step.kept is not None else record.blob)
        if not rule.allows(held):
            done.held[held] += 1
            continue
        path = f"{step.job.path}.{record.extension}"
        edited = step.kept is not None
        yield Picture(path, found, step.job.product, step.job.recipe, held, edited)


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
    return output if output.is_file() and _digest(output) == record.blob else None


def _put(picture: Picture, folder: Path, before: dict[str, str], done: Exported) -> None:
    target, digest = folder / picture.path, _digest(picture.source)
    if target.is_file() and _digest(target) == digest:
        done.unchanged += 1
    elif target.exists() and not _is_ours(target, before.get(picture.path)):
        hint = "move it away, or name another folder"
        raise SetupError(f"{target} was edited, or is none that an export wrote", hint=hint)
    else:
        _written(target, lambda path: shutil.copyfile(picture.source, path))
        done.written += 1
    done.pictures[picture.path] = {
        "digest": digest,
        "product": picture.product,
        "recipe": picture.recipe,
        "decision": picture.decision.value,
        "edited": picture.edited,
    }


def _remove(folder: Path, before: dict[str, str], done: Exported) -> None:
    """What an earlier export wrote and this one does not; what was edited since stays."""
    for path, digest in before.items():
        target = folder / path
        if path in done.pictures or not target.is_file():
            continue
        if not _is_ours(target, digest):
            done.kept.append(path)
            continue
        target.unlink()
        done.removed.append(path)
        for parent in target.parents:
            if parent == folder:
                break
            with suppress(OSError):
                parent.rmdir()  # only an empty one goes


def _index(folder: Path) -> dict[str, str]:
    """What an earlier export wrote into the folder.

    Raises:
        SetupError: it has something in it, and no export made it; or its index cannot be read.
    """
    if folder.exists() and not folder.is_dir():
        raise SetupError(f"{folder} is a file", hint="name a folder for the pictures")
    path = folder / INDEX
    try:
        value = json.loads(path.read_bytes())
        return {_inside(str(name)): str(digest) for name, digest in value["pictures"].items()}
    except FileNotFoundError:
        if folder.exists() and any(not one.name.startswith(".") for one in folder.iterdir()):
            message = f"{folder} has files in it that no export wrote"
            raise SetupError(message, hint="name a new folder, or empty it") from None
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "name a new folder, or empty this one"
        raise SetupError(f"{path} cannot be read", hint=hint) from error


def _inside(name: str) -> str:
    """A path of an index, which may have been edited: it must not lead out of the folder."""
    if name.startswith("/") or ":" in name or "\\" in name or ".." in name.split("/"):
        raise ValueError(name)
    return name


def _is_ours(path: Path, digest: str | None) -> bool:
    return digest is not None and path.is_file() and _digest(path) == digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _written(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{uuid4().hex[:12]}")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
