"""What there is to see of some manifests, and what has changed since somebody looked.

It looks at numbers and times of change first: at the ledger's own count of changes, which a run of
another process raises, and at the files that a plan rests on. Only when one of them has changed is
the catalogue gathered anew, and rarely enough that a run beside it is not held up.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from imagepipe.app.gallery import Again, gathered
from imagepipe.app.planning import make_plan
from imagepipe.app.project import Project
from imagepipe.errors import ImagepipeError, InputError
from imagepipe.model import Json
from imagepipe.render.problems import Format, problems_text
from imagepipe.render.text import plain
from imagepipe.report.codec import encode
from imagepipe.report.copies import PICTURES, THUMBS, Source, name_of
from imagepipe.report.gallery import Earlier, Entry, Gallery, Image
from imagepipe.report.merging import merged
from imagepipe.store import Life, Reader, life_of, probe, this_process

_Mark: TypeAlias = "tuple[object, ...]"

EVERY = 0.3
"""Seconds between two looks at what may have changed, at least."""

_REST = 4.0
"""Times what gathering took, until it is done again: a fifth of one processor at most."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where decisions on one picture go: the manifest's place in the list, and the job's path."""

    project: int
    path: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything as it was at one look. `changed` tells in which version each picture changed last.

    `whole` is the version in which pictures came or went; `trouble` is why no newer look could be
    had; `runs` counts runs at work.
    """

    version: int
    whole: int
    gallery: Gallery
    told: Mapping[str, str]
    changed: Mapping[str, int]
    spots: Mapping[str, Spot]
    sources: Mapping[str, Source]
    projects: tuple[Project, ...]
    runs: int = 0
    trouble: str = ""


class Scene:
    """The latest look. Several threads may ask; one of them looks."""

    def __init__(
        self, load: Callable[[], Sequence[Project]], again: Callable[[Project], Again]
    ) -> None:
        """Look for the first time.

        Raises:
            ImagepipeError: a manifest cannot be read or is wrong, or a store cannot be used.
        """
        self._load, self._again = load, again
        self._lock = threading.Lock()
        self._next = 0.0
        projects = tuple(load())
        self._listed = [project.inputs.listed() for project in projects]
        self._mark = self._marked(projects)
        self._seen = self._gathered(projects, None)
        self._listed = [project.inputs.listed() for project in projects]

    @property
    def seen(self) -> Seen:
        return self._seen

    def look(self, *, now: bool = False) -> Seen:
        """What there is to see; looked at anew if something changed and it is time, or `now`."""
        with self._lock:
            if not now and time.monotonic() < self._next:
                return self._seen
            try:
                self._look()
            except (ImagepipeError, OSError) as error:
                self._trouble(error)
                self._mark = ()  # what is wrong may be mended by what no mark is of
            return self._seen

    def _look(self) -> None:
        mark = self._marked(self._seen.projects)
        if mark == self._mark:
            self._next = time.monotonic() + EVERY
            return
        began = time.monotonic()
        self._next = began + EVERY
        projects = tuple(self._load())
        self._seen = self._gathered(projects, self._seen)
        self._listed = [project.inputs.listed() for project in projects]
        self._mark = mark
        self._next = time.monotonic() + max(EVERY, _REST * (time.monotonic() - began))

    def _trouble(self, error: ImagepipeError | OSError) -> None:
        self._next = time.monotonic() + 2 * EVERY
        text = told(error)
        if text != self._seen.trouble:
            self._seen = replace(self._seen, version=self._seen.version + 1, trouble=text)

    def _marked(self, projects: Sequence[Project]) -> _Mark:
        return tuple(
            (
                *map(_stat, (project.where.manifest, project.review, project.lock)),
                _ledger(project),
                listed is None or bool(project.inputs.changed(listed)),
            )
            for project, listed in zip(projects, self._listed, strict=True)
        )

    def _gathered(self, projects: tuple[Project, ...], before: Seen | None) -> Seen:
        galleries: list[Gallery] = []
        sources: dict[str, Source] = {}
        spots: dict[str, Spot] = {}
        for number, project in enumerate(projects):
            with make_plan(project) as planned:
                gallery, found = gathered(planned, self._again(project))
            galleries.append(gallery)
            for digest, source in found.items():
                if digest not in sources or sources[digest].picture is None:
                    sources[digest] = source
            spots |= {one.id: Spot(number, _stem(one)) for one in gallery.pictures}
        there = frozenset(digest for digest, one in sources.items() if one.picture is not None)
        shown = merged(galleries)
        entries = {one.id: _filed(one, there) for one in shown.pictures}
        shown = replace(shown, pictures=tuple(entries.values()))
        texts = {one: _json(encode(entry)) for one, entry in entries.items()}
        version = 1 if before is None else before.version + 1
        changed, whole = _compared(texts, before, version)
        runs = sum(map(_at_work, projects))
        return Seen(version, whole, shown, texts, changed, spots, sources, projects, runs)


def told(error: ImagepipeError | OSError) -> str:
    """What is wrong, for people, in plain lines."""
    if isinstance(error, InputError):
        return problems_text(error.problems, Format.FULL)
    hint = getattr(error, "hint", None)
    return plain(f"{error}; {hint}" if hint else str(error))


def update(seen: Seen, since: int) -> str:
    """What has changed since a version, as JSON; `pictures` is null where all must be asked for."""
    head: dict[str, Json] = {
        "version": seen.version,
        "made_at": seen.gallery.made_at,
        "runs": seen.runs,
        "trouble": seen.trouble,
    }
    pictures = "null"
    if since >= seen.whole:
        new = (seen.told[one] for one, version in seen.changed.items() if version > since)
        pictures = f"[{','.join(new)}]"
    return f'{_json(head)[:-1]},"pictures":{pictures}}}'


def _compared(
    texts: Mapping[str, str], before: Seen | None, version: int
) -> tuple[dict[str, int], int]:
    if before is None:
        return dict.fromkeys(texts, version), version
    changed = {
        one: before.changed[one] if before.told.get(one) == text else version
        for one, text in texts.items()
    }
    return changed, before.whole if [*texts] == [*before.told] else version


def _filed(entry: Entry, there: frozenset[str]) -> Entry:
    def filed(image: Image) -> Image:
        if image.digest not in there:
            return image
        picture = name_of(PICTURES, image.digest, image.extension)
        return replace(image, picture=picture, thumbnail=name_of(THUMBS, image.digest, "webp"))

    def earlier(one: Earlier) -> Earlier:
        return replace(one, image=filed(one.image))

    image = filed(entry.image) if entry.image is not None else None
    return replace(entry, image=image, earlier=tuple(map(earlier, entry.earlier)))


def _stem(entry: Entry) -> str:
    """The job's path: an entry's has the extension of its picture."""
    return entry.path.removesuffix(f".{entry.image.extension}") if entry.image else entry.path


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _ledger(project: Project) -> tuple[str, ...]:
    if not project.layout.ledger.exists():
        return ()
    with Reader.open(project.layout, project.stamp) as reader:
        runs = (run.id for run in reader.runs(unfinished=True))
        return (*reader.version(), *runs)


def _at_work(project: Project) -> int:
    """Runs of the store that are alive, or may be."""
    if not project.layout.ledger.exists():
        return 0
    look = probe(this_process())
    with Reader.open(project.layout, project.stamp) as reader:
        return sum(life_of(run, look) is not Life.DEAD for run in reader.runs(unfinished=True))


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
