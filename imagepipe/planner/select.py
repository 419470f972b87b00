"""Which jobs a command is about: `--select`, `--exclude`, `--failed`, `--shard`, `--sample`.

Space is and, comma is or. A pure reading of one line of text, and the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from imagepipe.errors import InputError, Problem
from imagepipe.model import Job, Key, Record, State
from imagepipe.review import NOTHING, Decision, Review, Verdict, verdict

Test: TypeAlias = Callable[[Job, Mapping[Key, Record]], bool]

KINDS = ("product", "image", "tag", "provider", "status", "review")

STATUSES: dict[str, frozenset[State]] = {
    "failed": frozenset({State.FAILED}),
    "ambiguous": frozenset({State.AMBIGUOUS}),
    "lost": frozenset({State.LOST}),
    "pending": frozenset({State.INTENT, State.SUBMITTED, State.REMOTE_DONE, State.FETCHED}),
    "done": frozenset({State.COMMITTED}),
}


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` of `count`, from 1. Jobs with one key are in one shard, on every machine."""

    number: int
    count: int

    def takes(self, job: Job) -> bool:
        return int(job.key[:12], 16) % self.count == self.number - 1


@dataclass(frozen=True, slots=True)
class Sample:
    """`size` jobs of all that are selected: those of the lowest ranks.

    A rank is drawn from a job's place in the catalogue alone, so that an edited prompt changes no
    sample, and a larger one holds the smaller. `last` is the highest rank that is in; None until
    all jobs were seen.
    """

    size: int
    last: int | None = None

    def takes(self, job: Job) -> bool:
        return self.last is not None and rank(job) <= self.last


def rank(job: Job) -> int:
    """A number in 0..2^64-1 that looks like chance and is the same for a spot everywhere."""
    return int.from_bytes(blake2b(job.spot.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which jobs of a manifest a command is about. `failed`: of these, the ones that failed."""

    select: tuple[tuple[Test, ...], ...] = ()
    exclude: tuple[tuple[Test, ...], ...] = ()
    asks_failed: bool = False
    shard: Shard | None = None
    failed: bool = False
    sample: Sample | None = None

    def __bool__(self) -> bool:
        return bool(self.select or self.exclude or self.shard or self.failed or self.sample)

    def takes(self, job: Job, records: Mapping[Key, Record]) -> bool:
        """Whether a job is in; of a sample that is not drawn yet, no job is."""
        if self.sample is not None and not self.sample.takes(job):
            return False
        if self.shard is not None and not self.shard.takes(job):
            return False
        return self.names(job, records)

    def names(self, job: Job, records: Mapping[Key, Record]) -> bool:
        """Whether the expressions are about a job, whatever a sample or a shard leaves of it."""
        if self.failed and not _FAILED(job, records):
            return False
        if self.select and not _any(self.select, job, records):
            return False
        return not (self.exclude and _any(self.exclude, job, records))


def parse_selection(
    select: str | None,
    exclude: str | None = None,
    shard: str | None = None,
    *,
    failed: bool = False,
    sample: int | None = None,
    review: Review = NOTHING,
) -> Selection:
    """Read all expressions; `failed` leaves the jobs that failed, `sample` so many.

    `review` is what people decided, for the terms that ask for it.

    Raises:
        InputError: E710 for a term of no known kind, E711 for an unknown status or decision, E713
            for a shard that is none.
    """
    wanted, unwanted = _parse(select, "--select", review), _parse(exclude, "--exclude", review)
    asks_failed = failed or re.search(r"(^|[\s,])status:failed\b", select or "") is not None
    drawn = None if sample is None else Sample(sample)
    return Selection(wanted, unwanted, asks_failed, _shard(shard), failed, drawn)


def _shard(text: str | None) -> Shard | None:
    if text is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,5})", text.strip())
    if found is None or int(found[1]) > int(found[2]):
        hint = "write the part and how many there are, such as 3/8"
        raise InputError(Problem("E713", f"--shard: {text!r} is no part of a whole", hint=hint))
    return Shard(int(found[1]), int(found[2]))


def _parse(text: str | None, option: str, review: Review) -> tuple[tuple[Test, ...], ...]:
    if text is None:
        return ()
    alternatives = [part.split() for part in text.split(",")]
    if not text.strip() or not all(alternatives):
        hint = f"write terms such as product:MUG-* or {', '.join(k + ':...' for k in KINDS[1:])}"
        raise InputError(Problem("E710", f"{option} has an empty term", hint=hint))
    return tuple(tuple(_term(term, option, review) for term in terms) for terms in alternatives)


def _term(term: str, option: str, review: Review) -> Test:
    kind, colon, pattern = term.partition(":")
    if not colon or kind not in KINDS or not pattern:
        raise InputError(
            Problem(
                "E710",
                f"{option}: {term!r} is no term",
                hint=f"a term is {', '.join(k + ':...' for k in KINDS)}; space means and, "
                "comma means or",
            )
        )
    if kind == "status":
        return _status(pattern, option)
    if kind == "review":
        return _decided(pattern, option, review)
    matches = _glob(pattern)
    match kind:
        case "product":
            return lambda job, _: matches(job.product)
        case "image":
            return lambda job, _: matches(job.recipe)
        case "tag":
            return lambda job, _: any(matches(tag) for tag in job.tags)
        case _:
            return lambda job, _: any(matches(c.provider) for c in job.candidates)


def _status(name: str, option: str) -> Test:
    if name not in STATUSES and name != "new":
        hint = f"known are new, {', '.join(STATUSES)}"
        raise InputError(Problem("E711", f"{option}: there is no status {name!r}", hint=hint))
    states = STATUSES.get(name)
    if states is None:
        return lambda job, records: not any(c.key in records for c in job.candidates)
    return _is_in(states)


REVIEWS = ("approved", "rejected", "retry", "pending")
"""What can be asked for of decisions; `undecided` is `pending` by another name."""


def _decided(name: str, option: str, review: Review) -> Test:
    name = "pending" if name == "undecided" else name
    if name not in REVIEWS:
        hint = f"known are {', '.join(REVIEWS)}"
        raise InputError(Problem("E711", f"{option}: there is no decision {name!r}", hint=hint))
    entries = review.entries
    if name == "retry":
        # Those that are made already, too: the same command again finds them, and sends nothing.
        return lambda job, _: (
            (entry := entries.get(job.path)) is not None and entry.decision is Decision.RETRY
        )
    wanted = Verdict(name)
    return lambda job, records: verdict_of(job, records, review) is wanted


def verdict_of(job: Job, records: Mapping[Key, Record], review: Review) -> Verdict:
    """What people decided on the picture that a job has now."""
    entry = review.entries.get(job.path)
    found = (records[c.key] for c in job.candidates if c.key in records)
    done = next((one for one in found if one.state is State.COMMITTED), None)
    return verdict(entry, None if done is None else done.blob)


def _is_in(states: frozenset[State]) -> Test:
    return lambda job, records: any(
        c.key in records and records[c.key].state in states for c in job.candidates
    )


_FAILED = _is_in(STATUSES["failed"])


def _glob(pattern: str) -> Callable[[str], bool]:
    """`*` is the only wildcard: SKUs may hold brackets and question marks."""
    parts = ".*".join(re.escape(part) for part in pattern.split("*"))
    compiled = re.compile(parts, re.IGNORECASE | re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None


def _any(
    alternatives: tuple[tuple[Test, ...], ...], job: Job, records: Mapping[Key, Record]
) -> bool:
    return any(all(test(job, records) for test in tests) for tests in alternatives)
