"""A manifest with everything around it: its folder, its store, its outputs, and its keys.

A rehearsal has a store and an output folder of its own, so that a placeholder can never pass for a
picture that was paid for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from imagepipe import manifest as manifests
from imagepipe import review as reviews
from imagepipe.app import shipped
from imagepipe.app.collector import no_collections
from imagepipe.app.disk import Disk
from imagepipe.app.inputs import Inputs
from imagepipe.errors import InputError, Problem, SetupError
from imagepipe.manifest import Manifest
from imagepipe.model import Secret
from imagepipe.review import NOTHING, Review
from imagepipe.review import name_of as review_name
from imagepipe.store import Layout, Stamp

DEFAULT_MANIFEST = "imagepipe.yaml"


class Rehearsal(StrEnum):
    """A run against the emulator: as quickly as it can, or with lifelike limits and latencies."""

    QUICK = "quick"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class Where:
    """What a command is about; `store` and `out` replace the folders that a manifest implies."""

    manifest: Path
    store: Path | None = None
    out: Path | None = None
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A loaded manifest and its places. `outputs` is the root of the user's pictures, `review` the
    file of what people decided on them.
    """

    where: Where
    manifest: Manifest
    disk: Disk
    inputs: Inputs
    folder: Path
    layout: Layout
    outputs: Path
    lock: Path
    review: Path

    @property
    def stamp(self) -> Stamp:
        return Stamp.LIVE if self.where.rehearsal is None else Stamp.EMULATED


def catalogue_of(project: Project) -> str:
    """What its manifest is called, where several are shown."""
    return project.manifest.name or project.where.manifest.stem


def told_apart(projects: Sequence[Project]) -> list[Project]:
    """Projects whose catalogues have different names: where two had the same, with their paths.

    Otherwise the pictures of one would pass for those of the other.
    """
    named = Counter(map(catalogue_of, projects))

    def apart(project: Project) -> Project:
        name = catalogue_of(project)
        if named[name] == 1:
            return project
        told = f"{name} ({project.where.manifest})"
        return replace(project, manifest=replace(project.manifest, name=told))

    return [apart(project) for project in projects]


def open_project(where: Where) -> Project:
    """Load a manifest.

    Raises:
        SetupError: the file cannot be read.
        InputError: it, or a provider spec it uses, is wrong: all problems at once.
    """
    path = where.manifest
    folder = path.resolve().parent
    disk = Disk(folder)
    inputs = Inputs(disk)
    review = path.with_name(review_name(path.name, rehearsal=where.rehearsal is not None))
    manifest = _loaded(where, inputs, review)
    return Project(
        where=where,
        manifest=manifest,
        disk=disk,
        inputs=inputs,
        folder=folder,
        layout=Layout(_store(where, folder)),
        outputs=_outputs(where, folder, manifest),
        lock=path.resolve().with_name(f"{path.name}.lock"),
        review=review,
    )


def layout_of(where: Where) -> Layout:
    """The store of a manifest that need not be sound, nor read.

    Raises:
        SetupError: there is no such manifest.
    """
    path = where.manifest
    if not path.exists():
        hint = "name a manifest, or write one with `imagepipe init`"
        raise SetupError(f"cannot read {path}: No such file or directory", hint=hint)
    return Layout(_store(where, path.resolve().parent))


def load_manifest(where: Where, review: Review, inputs: Inputs) -> Manifest:
    """The manifest as it is now, with these decisions on its pictures.

    Raises:
        SetupError: the file cannot be read.
        InputError: it, a spec it uses, or what is asked for in its place is wrong.
    """
    path = where.manifest
    try:
        text = path.read_bytes()
    except OSError as error:
        hint = "name a manifest, or write one with `imagepipe init`"
        raise SetupError(f"cannot read {path}: {error.strerror}", hint=hint) from error
    with no_collections():
        return manifests.load(
            text,
            str(path),
            inputs,
            shipped.spec_document,
            builtin=shipped.builtin_names(),
            review=review,
        )


def _loaded(where: Where, inputs: Inputs, review: Path) -> Manifest:
    """The manifest with what was decided on its pictures; mistakes in both are told at once."""
    decided, wrong = NOTHING, tuple[Problem, ...]()
    try:
        decided = read_review(review)
    except InputError as error:
        wrong = error.problems
    try:
        manifest = load_manifest(where, decided, inputs)
    except InputError as error:
        raise InputError(*error.problems, *wrong) from error
    if wrong:
        raise InputError(*wrong)
    return manifest


def read_review(path: Path) -> Review:
    """The decisions in a file; none if it is not there.

    Raises:
        InputError: what is wrong in it, all of it.
        SetupError: it cannot be read.
    """
    try:
        return reviews.read(path.read_bytes(), str(path))
    except FileNotFoundError:
        return Review(str(path))
    except OSError as error:
        hint = "give yourself access to it: it says which pictures may be used"
        raise SetupError(f"cannot read {path}: {error.strerror}", hint=hint) from error


def _store(where: Where, folder: Path) -> Path:
    store = where.store.resolve() if where.store else folder / ".imagepipe"
    return store if where.rehearsal is None else store / "emulated"


def _outputs(where: Where, folder: Path, manifest: Manifest) -> Path:
    if where.out is not None:
        return where.out.resolve()
    root = folder / manifest.outputs_root
    return root if where.rehearsal is None else root.with_name(f"{root.name}-emulated")


def environment(folder: Path) -> Mapping[str, str]:
    """The variables of the process; a `.env` beside the manifest fills in what is unset."""
    path = folder / ".env"
    if not path.is_file():
        return os.environ
    from dotenv import dotenv_values  # noqa: PLC0415 - late: most folders have no such file

    written = {name: value for name, value in dotenv_values(path).items() if value is not None}
    return {**written, **os.environ}


def secret(name: str | None, variables: Mapping[str, str]) -> Secret | None:
    """The key in the variable `name`; an empty one counts as unset."""
    text = variables.get(name, "").strip() if name else ""
    return Secret(text) if text else None


def secrets(project: Project) -> tuple[Secret, ...]:
    """The keys of a project's providers, as far as they are set: what nothing may ever show."""
    variables = environment(project.folder)
    names = {one.key_env for one in project.manifest.providers.values() if one.key_env}
    found = (secret(name, variables) for name in sorted(names))
    return tuple(one for one in found if one is not None)
