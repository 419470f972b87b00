"""A plan on the disk, to be looked at by somebody and then carried out as it is, or not at all.

It is JSON, with a line for each job that a run would work on, so that it is written and compared
as a stream. It holds digests, keys, paths and prices: no request, no prompt and no secret. What is
checked before it is run: the manifest, every file that was read, the revisions of provider specs,
and that each job has the same key, verdict and price. Anything else is another plan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import IO
from uuid import uuid4

from imagepipe import __version__
from imagepipe.app.clock import utc_now
from imagepipe.app.plan_report import money
from imagepipe.app.planning import Planned
from imagepipe.app.project import Project
from imagepipe.errors import SetupError, WouldChange
from imagepipe.model import Json
from imagepipe.planner import Step

MARK = "imagepipe_plan"
VERSION = 1

BEGINNING = f'{{"{MARK}": '
"""What tells a saved plan from a manifest, whatever it is called."""

REASONS = 8
"""Differences that are told; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a saved plan says of itself; its steps stay on the disk.

    `options` are those that it was made with, by name; `facts` what each manifest's plan rests on.
    """

    path: Path
    made: str
    manifests: tuple[str, ...]
    options: Mapping[str, Json]
    facts: tuple[Mapping[str, Json], ...]


def is_saved_plan(path: Path) -> bool:
    """Whether a file is one, by how it begins."""
    try:
        with path.open("rb") as file:
            return file.read(len(BEGINNING)) == BEGINNING.encode()
    except OSError:
        return False


class Writer:
    """Writes a plan beside its final place, and puts it there when it is whole."""

    def __init__(self, path: Path, options: Mapping[str, Json]) -> None:
        """Begin; `options` are those that the plan is made with.

        Raises:
            SetupError: nothing can be written there.
        """
        self._path, self._options = path, options
        self._facts: list[Json] = []
        self._lines: list[str] = []
        self._draft = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
        try:
            self._file: IO[str] = self._draft.open("x", encoding="utf-8")
        except OSError as error:
            hint = "name a file in a folder that is there and can be written"
            raise SetupError(f"cannot write {path}: {error.strerror}", hint=hint) from error

    def add(self, planned: Planned) -> None:
        """The jobs of one manifest that a run would work on."""
        number = len(self._facts)
        self._facts.append(dict(_facts(planned.project)))
        for step in planned.plan.steps():
            if step.verdict.works:
                self._file.write(json.dumps({"manifest": number, **_told(step)}) + "\n")

    def finish(self) -> None:
        """Make it one JSON value: the head is known when all manifests were planned.

        Raises:
            OSError: it cannot be written; nothing is left behind.
        """
        self._file.close()
        head = {
            "made": utc_now(),
            "imagepipe": __version__,
            "options": dict(self._options),
            "manifests": self._facts,
        }
        whole = self._draft.with_name(f"{self._draft.name}.whole")
        try:
            with (
                self._draft.open(encoding="utf-8") as steps,
                whole.open("x", encoding="utf-8") as to,
            ):
                to.write(f'{BEGINNING}{VERSION}, "head": {json.dumps(head)}, "steps": [\n')
                before = ""
                for line in steps:
                    to.write(before + line.rstrip("\n"))
                    before = ",\n"
                to.write("\n]}\n")
            whole.replace(self._path)
        finally:
            whole.unlink(missing_ok=True)
            self.abandon()

    def abandon(self) -> None:
        self._file.close()
        self._draft.unlink(missing_ok=True)


def read(path: Path) -> Saved:
    """The head of a saved plan.

    Raises:
        SetupError: it is none, or one of another version, or was edited.
    """
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    try:
        value = json.loads(first.rstrip().removesuffix("[") + "[]}")
        head, version = value["head"], value[MARK]
        facts = tuple(dict(one) for one in head["manifests"])
        manifests = tuple(str(one["manifest"]) for one in facts)
        saved = Saved(path, str(head["made"]), manifests, dict(head["options"]), facts)
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{path} is a saved plan that was edited", hint=_ANEW) from error
    if version != VERSION:
        raise SetupError(f"{path} is a saved plan of another version of imagepipe", hint=_ANEW)
    return saved


_ANEW = "plan again, with --save"


class Comparison:
    """Whether the world is still the one that a plan was saved in."""

    def __init__(self, saved: Saved) -> None:
        self._saved = saved
        self._marks = dict(_marks(saved.path))
        self._reasons = _Reasons()

    def facts(self, projects: Sequence[Project]) -> None:
        """Compare manifests, the files that they read, and provider specs."""
        for project, facts in zip(projects, self._saved.facts, strict=True):
            if facts["digest"] != project.manifest.digest:
                self._reasons.add(f"{project.where.manifest} has changed")
            files = facts["files"]
            if isinstance(files, dict):
                for name in project.inputs.changed(files):
                    self._reasons.add(f"{name} has changed")
            specs = facts["specs"]
            for name, spec in _specs(project).items():
                if isinstance(specs, dict) and specs.get(name) != spec:
                    self._reasons.add(f"the spec of provider {name} has changed")

    def see(self, number: int, steps: Iterable[Step]) -> None:
        """Compare the jobs that a run would work on now."""
        for step in steps:
            if not step.verdict.works:
                continue
            told = {"manifest": number, **_told(step)}
            mark = self._marks.pop(_place(told), None)
            if mark is None:
                self._reasons.add(f"{step.job.path} is {step.verdict}, and was not to be made")
            elif mark != _mark(told):
                what = "its request, its price or what is known of it has changed"
                self._reasons.add(f"{step.job.path}: {what} ({step.verdict}: {step.reason})")

    def finish(self) -> None:
        """Refuse the plan unless nothing has changed.

        Raises:
            WouldChange: something has: with the reasons.
        """
        if self._marks:
            for told in _lines(self._saved.path):
                if _place(told) in self._marks:
                    was = told["verdict"]
                    self._reasons.add(f"{told['path']} was {was}, and there is nothing to do now")
        if self._reasons:
            what = f"the plan in {self._saved.path} is no more what a run would do: {self._reasons}"
            raise WouldChange(f"{what}; nothing was sent", hint=f"look at it once more: {_ANEW}")


@dataclass(slots=True)
class _Reasons:
    """The first reasons, and how many there are."""

    first: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, reason: str) -> None:
        self.count += 1
        if len(self.first) < REASONS:
            self.first.append(reason)

    def __bool__(self) -> bool:
        return self.count > 0

    def __str__(self) -> str:
        more = self.count - len(self.first)
        return "; ".join(self.first) + (f"; and {more} more" if more else "")


def _facts(project: Project) -> Iterator[tuple[str, Json]]:
    yield "manifest", str(project.where.manifest)
    yield "digest", project.manifest.digest
    files = project.inputs.listed()
    yield "files", None if files is None else dict(files)
    yield "specs", dict(_specs(project))


def _specs(project: Project) -> dict[str, str]:
    """Provider instances by name, with what of their spec decides pictures."""
    return {
        name: f"{one.spec.name} revision {one.spec.revision}, identity {_digest(one.identity)}"
        for name, one in project.manifest.providers.items()
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _told(step: Step) -> dict[str, Json]:
    price = step.candidate.price
    return {
        "path": step.job.path,
        "key": step.candidate.key,
        "verdict": step.verdict.value,
        "provider": step.candidate.provider,
        "cost": None if price is None else money(price),
    }


def _place(told: Mapping[str, Json]) -> int:
    return hash((told["manifest"], told["path"]))


def _mark(told: Mapping[str, Json]) -> bytes:
    """All that is said of a step, in 12 bytes."""
    return blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=12).digest()


def _marks(path: Path) -> Iterator[tuple[int, bytes]]:
    for told in _lines(path):
        yield _place(told), _mark(told)


def _lines(path: Path) -> Iterator[dict[str, Json]]:
    """The steps, one at a time.

    Raises:
        SetupError: the file was reformatted, cut off, or edited.
    """
    with path.open(encoding="utf-8") as file:
        file.readline()
        for line in file:
            if line.startswith("]}"):
                return
            if line == "\n":
                continue
            try:
                told: dict[str, Json] = json.loads(line.rstrip().removesuffix(","))
                _place(told)
            except (ValueError, KeyError, TypeError) as error:
                raise SetupError(f"{path} is a saved plan that was edited", hint=_ANEW) from error
            yield told
    raise SetupError(f"{path} is a saved plan that is cut off", hint=_ANEW)
