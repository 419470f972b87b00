"""What there is to see of some manifests, and what has changed since somebody looked.

It looks at marks first: see `marks`. Where only jobs or decisions may have changed, these alone are
looked at again; where the manifest, the lock or the runs have, everything is. Either way it rests
after that, so that a run beside it is not held up.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from imagepipe.app.gallery import Again, gathered_anew
from imagepipe.app.project import Project, read_review, told_apart
from imagepipe.app.viewing.marks import Mark, mark_of
from imagepipe.app.viewing.stock import Spot, Stock, latest_changes, stocked
from imagepipe.errors import ImagepipeError, InputError
from imagepipe.model import Json
from imagepipe.render.problems import Format, problems_text
from imagepipe.render.text import plain
from imagepipe.report.codec import encode
from imagepipe.report.copies import PICTURES, THUMBS, Source, name_of
from imagepipe.report.gallery import Earlier, Entry, Gallery, Image
from imagepipe.report.merging import merged

T = TypeVar("T")

EVERY = 0.3
"""Seconds between two looks at what may have changed, at least."""

_REST = 4.0
"""Times what a look took, until the next one: a fifth of one processor at most."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything as it was at one look. `changed` tells in which version each picture changed last.

    `whole` is the version in which pictures came or went; `trouble` is why no newer look could be
    had; `runs` counts runs at work.
    """

    version: int
    whole: int
    gallery: Gallery
    entries: Mapping[str, Entry]
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
        self._stocks: list[Stock] = []
        self._seen = self._everything(None)

    @property
    def seen(self) -> Seen:
        return self._seen

    def look(self, *, now: bool = False) -> Seen:
        """What there is to see; looked at anew if something changed and it is time, or `now`."""
        with self._lock:
            if not now and time.monotonic() < self._next:
                return self._seen
            began = time.monotonic()
            try:
                self._look()
            except (ImagepipeError, OSError) as error:
                self._trouble(error)
            took = time.monotonic() - began
            self._next = began + took + max(EVERY, _REST * took)
            return self._seen

    def alone(self, act: Callable[[Seen], T]) -> T:
        """Do something with what is seen while nobody looks, nor does anything else."""
        with self._lock:
            return act(self._seen)

    def _look(self) -> None:
        stocks = self._stocks
        marks = [mark_of(one.project, one.listed) for one in stocks] if stocks else []
        if stocks and marks == [one.mark for one in stocks]:
            return
        news = None
        if stocks and all(
            mark.world == one.mark.world for mark, one in zip(marks, stocks, strict=True)
        ):
            news = self._news(marks)
        self._seen = self._everything(self._seen) if news is None else news

    def _trouble(self, error: ImagepipeError | OSError) -> None:
        self._stocks = []  # what is wrong may be mended by what no mark is of
        text = told(error)
        if text != self._seen.trouble:
            self._seen = replace(self._seen, version=self._seen.version + 1, trouble=text)

    def _everything(self, before: Seen | None) -> Seen:
        """A look at all jobs of all manifests."""
        stocks, galleries = [], []
        for number, project in enumerate(told_apart(self._load())):
            stock, gallery = stocked(project, number, self._again(project))
            stocks.append(stock)
            galleries.append(gallery)
        shown = merged(galleries)
        sources = _joined(stock.sources for stock in stocks)
        entries = {one.id: _filed(one, sources) for one in shown.pictures}
        shown = replace(shown, pictures=tuple(entries.values()))
        texts = {one: _json(encode(entry)) for one, entry in entries.items()}
        version = 1 if before is None else before.version + 1
        changed, whole = _compared(texts, before, version)
        spots = {one: spot for stock in stocks for one, spot in stock.spots.items()}
        self._stocks = stocks
        return Seen(
            version,
            whole,
            shown,
            entries,
            texts,
            changed,
            spots,
            sources,
            tuple(stock.project for stock in stocks),
            sum(stock.mark.runs for stock in stocks),
        )

    def _news(self, marks: Sequence[Mark]) -> Seen | None:
        """A look at what may have news alone; None if that does not do.

        It does not where retries have changed, since jobs are others then, or where several
        manifests show the same picture.
        """
        stocks, entries, found = [], dict(self._seen.entries), dict[str, Source]()
        if sum(len(stock.jobs) for stock in self._stocks) != len(entries):
            return None
        for stock, mark in zip(self._stocks, marks, strict=True):
            review = read_review(stock.project.review)
            if review.mark != stock.project.manifest.review.mark:
                return None
            new = stock.with_review(review)
            since, ids = latest_changes(new, stock)
            made, sources = gathered_anew(
                new.project, [new.jobs[one] for one in ids], self._again(new.project)
            )
            sources = _joined([stock.sources, sources])
            entries |= {one.id: _filed(one, sources) for one in made}
            stocks.append(replace(new, mark=mark, since=since, sources=sources))
            found |= sources
        self._stocks = stocks
        return self._with(entries, found)

    def _with(self, entries: dict[str, Entry], sources: dict[str, Source]) -> Seen:
        """The look before, with what is new."""
        seen = self._seen
        version = seen.version + 1
        new = {one: entry for one, entry in entries.items() if entry is not seen.entries[one]}
        texts = {one: _json(encode(entry)) for one, entry in new.items()}
        really = {one: text for one, text in texts.items() if text != seen.told[one]}
        runs = sum(stock.mark.runs for stock in self._stocks)
        if not really and runs == seen.runs and not seen.trouble:
            version = seen.version
        return replace(
            seen,
            version=version,
            gallery=replace(seen.gallery, pictures=tuple(entries.values())),
            entries=entries,
            told={**seen.told, **really},
            changed={**seen.changed, **dict.fromkeys(really, version)},
            sources=sources,
            projects=tuple(stock.project for stock in self._stocks),
            runs=runs,
            trouble="",
        )


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


def _filed(entry: Entry, sources: Mapping[str, Source]) -> Entry:
    def filed(image: Image) -> Image:
        source = sources.get(image.digest)
        if source is None or source.picture is None:
            return image
        picture = name_of(PICTURES, image.digest, image.extension)
        return replace(image, picture=picture, thumbnail=name_of(THUMBS, image.digest, "webp"))

    def earlier(one: Earlier) -> Earlier:
        return replace(one, image=filed(one.image))

    image = filed(entry.image) if entry.image is not None else None
    return replace(entry, image=image, earlier=tuple(map(earlier, entry.earlier)))


def _joined(parts: Iterable[Mapping[str, Source]]) -> dict[str, Source]:
    """Where one has a picture's bytes and another has not, the first one counts."""
    found: dict[str, Source] = {}
    for part in parts:
        for digest, source in part.items():
            if digest not in found or found[digest].picture is None:
                found[digest] = source
    return found


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
