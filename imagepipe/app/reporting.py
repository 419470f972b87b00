"""Makes reports: of manifests, against their stores as they are now, and of other reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagepipe.app.gallery import Again, gathered
from imagepipe.app.planning import make_plan
from imagepipe.app.project import Project, told_apart
from imagepipe.errors import SetupError
from imagepipe.report import folder as folders
from imagepipe.report.copies import PREVIEWS, Source
from imagepipe.report.folder import PAGE, Progress, refuse_foreign
from imagepipe.report.gallery import Gallery
from imagepipe.report.merging import merged
from imagepipe.report.totals import Totals, totals

__all__ = ["Made", "Progress", "make", "merge", "refuse_foreign"]


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was written: its page, and what it comes to.

    `missing` counts pictures that were made and whose bytes were not found; `undrawn` those that
    have no thumbnail because they cannot be decoded.
    """

    page: Path
    gallery: Gallery
    totals: Totals
    missing: int
    undrawn: int


def make(
    projects: Sequence[Project],
    folder: Path,
    again: Callable[[Project], Again],
    *,
    shard: str | None = None,
    previews: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Made:
    """Write the report of these manifests' jobs, as they stand.

    Raises:
        InputError: a manifest is wrong.
        StoreError: a store cannot be read.
        SetupError: the folder is something else than a report.
        OSError: it cannot be written.
    """
    refuse_foreign(folder)
    galleries: list[Gallery] = []
    sources: dict[str, Source] = {}
    for project in told_apart(projects):
        with make_plan(project, shard=shard) as planned:
            gallery, found = gathered(planned, again(project))
        galleries.append(gallery)
        _add(sources, found)
    return _written(merged(galleries), sources, folder, previews=previews, progress=progress)


def merge(
    parts: Sequence[Path],
    folder: Path,
    *,
    progress: Progress = lambda _done, _total: None,
) -> Made:
    """Write one report of several, each as its folder has it.

    Raises:
        SetupError: one of them cannot be read, or the folder is something else than a report.
        OSError: it cannot be written.
    """
    refuse_foreign(folder)
    if not parts:
        raise SetupError("no report is named", hint="name the folders of reports to merge")
    galleries = [folders.read_gallery(part) for part in parts]
    sources: dict[str, Source] = {}
    for part, gallery in zip(parts, galleries, strict=True):
        _add(sources, _files(part, gallery))
    return _written(merged(galleries), sources, folder, previews=False, progress=progress)


def _written(
    gallery: Gallery,
    sources: dict[str, Source],
    folder: Path,
    *,
    previews: bool,
    progress: Progress,
) -> Made:
    shown = folders.write(gallery, sources, folder, previews=previews, progress=progress)
    images = [entry.image for entry in shown.pictures if entry.image is not None]
    return Made(
        page=folder / PAGE,
        gallery=shown,
        totals=totals(shown.pictures),
        missing=sum(image.picture is None for image in images),
        undrawn=sum(image.picture is not None and image.thumbnail is None for image in images),
    )


def _files(part: Path, gallery: Gallery) -> dict[str, Source]:
    return {
        image.digest: Source(
            part / image.picture if image.picture else None,
            part / image.thumbnail if image.thumbnail else None,
            preview=image.picture is not None and image.picture.startswith(PREVIEWS),
        )
        for image in folders.images(gallery)
    }


def _add(sources: dict[str, Source], found: dict[str, Source]) -> None:
    """Where one report has a picture's bytes and another has not, the first one counts."""
    for digest, source in found.items():
        known = sources.get(digest)
        if known is None or known.picture is None:
            sources[digest] = source
