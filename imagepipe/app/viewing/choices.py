"""Decisions as a page sends them: read with suspicion, checked against the manifest, written.

Several decisions of one request are written together or not at all: those of several manifests are
all looked at before the first file is written.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from imagepipe import manifest as manifests
from imagepipe.app.project import Project, load_manifest, read_review
from imagepipe.app.publishing import as_written, is_shortened, revision
from imagepipe.app.reviewing import Change, Conflict, decide, drafted
from imagepipe.app.viewing.scene import Seen
from imagepipe.errors import InputError, Problem
from imagepipe.model import Json
from imagepipe.review import Entry, Retry, Review, entry_of, fields_of, review_schema

MOST = 10_000
"""Pictures of one request."""

NEW = "new"
"""In place of a seed: any other than the last one."""


class Unfit(ValueError):
    """A request that no page of ours sends: what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one picture's entry is to be; `seen` is the revision that the page showed."""

    id: str
    seen: str
    now: Entry | None
    reseed: bool


@dataclass(frozen=True, slots=True)
class Made:
    """What the file said before, by picture: what undoing it writes."""

    before: Mapping[str, Entry | None]

    def to_json(self) -> list[Json]:
        return [
            {"id": one, "now": None if entry is None else fields_of(entry)}
            for one, entry in self.before.items()
        ]


def wishes(told: Json) -> list[Wish]:
    """The decisions in a request.

    Raises:
        Unfit: it does not fit.
    """
    listed = told.get("changes") if isinstance(told, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST:
        raise Unfit("`changes` must be a list of decisions")
    return [_wish(one) for one in listed]


def carry_out(found: Sequence[Wish], seen: Seen) -> Made:
    """Write decisions; returns what the entries were before.

    Raises:
        Unfit: a picture is not known here.
        Conflict: somebody else has decided meanwhile; `entries` are by the picture's id.
        InputError: a try that is asked for cannot be made, or a review file is wrong.
        SetupError: a file cannot be read or written.
    """
    for one in found:
        if one.id not in seen.spots:
            raise Unfit(f"no picture is called {one.id[:20]!r}")
    mine = [
        {seen.spots[one.id].path: one for one in found if seen.spots[one.id].project == number}
        for number in range(len(seen.projects))
    ]
    parts = [
        _Part(project, part, _changes(project, part))
        for project, part in zip(seen.projects, mine, strict=True)
        if part
    ]
    if len(parts) > 1:
        for part in parts:
            _check(part.project, part.drafted())
    for part in parts:
        part.decide()
    return Made({part.wishes[one.path].id: one.was for part in parts for one in part.changes})


@dataclass(frozen=True, slots=True)
class _Part:
    """What is to be written into one manifest's file; wishes are by path."""

    project: Project
    wishes: Mapping[str, Wish]
    changes: Sequence[Change]

    def drafted(self) -> Review:
        with self._by_id():
            return drafted(self.project.review, self.changes)

    def decide(self) -> None:
        with self._by_id():
            decide(self.project.review, self.changes, check=partial(_check, self.project))

    @contextmanager
    def _by_id(self) -> Iterator[None]:
        """A conflict is told by ids of pictures, as a page knows them."""
        try:
            yield
        except Conflict as conflict:
            found = {self.wishes[path].id: entry for path, entry in conflict.entries.items()}
            raise Conflict(found) from conflict


def _changes(project: Project, mine: Mapping[str, Wish]) -> list[Change]:
    """From what the file says to what is wished for.

    Raises:
        Conflict: the file does not say what the page showed.
        Unfit: a prompt has been shortened on its way.
    """
    found = _before(project, mine)
    seeded = _seeded(project, mine)
    return [
        Change(path, found[path], _now(project, one, found[path], seeded=path in seeded))
        for path, one in mine.items()
    ]


def _before(project: Project, mine: Mapping[str, Wish]) -> dict[str, Entry | None]:
    """What the file says of these pictures.

    Raises:
        Conflict: it is not what the page showed.
    """
    there = read_review(project.review).entries
    found = {path: there.get(path) for path in mine}
    differing = {
        one.id: found[path] for path, one in mine.items() if revision(found[path]) != one.seen
    }
    if differing:
        raise Conflict(differing)
    return found


def _now(project: Project, wish: Wish, before: Entry | None, *, seeded: bool) -> Entry | None:
    """The entry that is wished for, with another seed, or take, where one is asked for.

    `seeded`: what is asked for now has a seed.

    Raises:
        Unfit: its prompt was typed over one of which the page had left something out.
    """
    if wish.now is None:
        return None
    now = as_written(wish.now, before)
    retry = now.retry or Retry()
    known = before.retry.prompt if before is not None and before.retry is not None else None
    if retry.prompt != known and is_shortened(retry.prompt):
        raise Unfit(
            "an address in the prompt is not whole: this page leaves out what it may be signed "
            "with; write the prompt into the review file"
        )
    if not wish.reseed:
        return now
    name = retry.provider
    if name is not None:
        provider = project.manifest.providers.get(name)
        seeded = provider is not None and provider.takes("seed", retry.model)
    if seeded:
        fresh = replace(retry, seed=secrets.randbelow(2**31 - 1) + 1, take=None)
    else:
        fresh = replace(retry, seed=None, take=(retry.take or 1) + 1)
    return replace(now, retry=fresh)


def _seeded(project: Project, mine: Mapping[str, Wish]) -> frozenset[str]:
    """Of the pictures for which another seed is wished, those whose requests have one."""
    if not any(one.reseed for one in mine.values()):
        return frozenset()
    jobs = (job for job in manifests.expand(project.manifest) if job.path in mine)
    return frozenset(job.path for job in jobs if "seed" in job.candidates[0].values)


def _check(project: Project, review: Review) -> None:
    """Whether everything can still be made with what is asked for.

    Raises:
        InputError: it cannot: a plan would be refused for it.
    """
    if review.mark == project.manifest.review.mark:
        return
    checked = manifests.check(load_manifest(project.where, review, project.inputs))
    if checked.problems:
        raise InputError(*checked.problems)


def _wish(told: Json) -> Wish:
    if not isinstance(told, dict) or told.keys() - {"id", "seen", "now"}:
        raise Unfit("a decision has an id, what was seen, and what is to be")
    name, seen, now = told.get("id"), told.get("seen"), told.get("now")
    if not isinstance(name, str) or not isinstance(seen, str):
        raise Unfit("`id` and `seen` must be texts")
    if now is None:
        return Wish(name, seen, None, reseed=False)
    if not isinstance(now, dict):
        raise Unfit("`now` must be what the review file is to say")
    retry = now.get("retry")
    reseed = isinstance(retry, dict) and retry.get("seed") == NEW
    if reseed:
        now = {**now, "retry": {**cast("dict[str, Json]", retry), "seed": 1}}
    _refuse_unfit(now)
    entry = entry_of(now)
    if reseed and entry.retry is not None:
        entry = replace(entry, retry=replace(entry.retry, seed=None))
    return Wish(name, seen, entry, reseed)


def _refuse_unfit(now: dict[str, Json]) -> None:
    """Raises Unfit if an entry is not as the review file's schema says."""
    from jsonschema import Draft7Validator  # noqa: PLC0415 - late: 110 ms

    if not _is_whole(now):
        raise Unfit("a text has half of a character in it")
    schema = review_schema()
    entry = {**cast("dict[str, Any]", schema), "type": "object", "required": []}
    entry |= {"properties": {"entry": {"$ref": "#/definitions/entry"}}}
    error = next(iter(Draft7Validator(entry).iter_errors({"entry": now})), None)
    if error is not None:
        where = ".".join(str(part) for part in list(error.absolute_path)[1:])
        raise Unfit(f"{where or 'the decision'}: {error.message[:200]}")


def _is_whole(value: Json) -> bool:
    """Whether all texts can be written: JSON can name a half of a pair that is no character."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def problem_lines(error: InputError) -> list[str]:
    """What cannot be made, a line each; places in a file are of no use to who is on the page."""
    return [_line(problem) for problem in error.problems[:5]]


def _line(problem: Problem) -> str:
    return f"{problem.message}; {problem.hint}" if problem.hint else problem.message
