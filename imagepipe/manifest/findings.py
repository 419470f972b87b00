"""Problems collected over many rows and jobs: one cause is told once, with everybody it concerns.

Holds a bounded number of causes and names, however many rows there are; what is over is counted.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace

from imagepipe.errors import InputError, Place, Problem, Shared, Sharer

MAX_CAUSES = 10_000
MAX_SHARERS = 100_000
"""Rows and jobs that are kept by name, of all causes together."""


@dataclass(slots=True)
class _Cause:
    problem: Problem
    sharers: list[Sharer] = field(default_factory=list)
    rows: int = 0
    jobs: int = 0
    last: tuple[str, int] = ("", -1)


class Findings:
    """Everything that is wrong, and every note, in the order in which it was found.

    A check that runs for every job asks `repeats` first, which makes no problem and no text:

        if not findings.repeats(cause, sharer):
            findings.add(problem(...), sharer=sharer, cause=cause)
    """

    def __init__(self) -> None:
        self._causes: dict[Hashable, _Cause] = {}
        self._beyond = self._kept = 0
        self.has_errors = False

    def add(
        self,
        problem: Problem,
        *,
        sharer: Sharer | None = None,
        jobs: int = 0,
        cause: Hashable = None,
    ) -> None:
        """Add a problem.

        Args:
            problem: What is wrong; of problems with an equal cause the first one is told.
            sharer: The row or the job it was found with.
            jobs: Jobs that have it without being named, because all that use the place have it.
            cause: What makes two problems the same; by default all that the problem says.
        """
        cause = problem if cause is None else cause
        self.has_errors |= problem.severity == "error"
        if cause not in self._causes:
            if len(self._causes) >= MAX_CAUSES:
                self._beyond += 1
                return
            self._causes[cause] = _Cause(problem)
        self._count(self._causes[cause], sharer, jobs)

    def repeats(self, cause: Hashable, sharer: Sharer | None = None, *, jobs: int = 0) -> bool:
        """Whether the cause is known already; then the sharer, or the jobs, are counted too."""
        known = self._causes.get(cause)
        if known is None:
            return False
        self._count(known, sharer, jobs)
        return True

    def _count(self, cause: _Cause, sharer: Sharer | None, jobs: int) -> None:
        cause.jobs += jobs
        if sharer is None:
            return
        row = (sharer.file, sharer.line)
        if not sharer.job and row == cause.last:
            return  # a row is in the same trouble once
        cause.jobs += bool(sharer.job)
        cause.rows += row != cause.last
        cause.last = row
        if self._kept < MAX_SHARERS:
            self._kept += 1
            cause.sharers.append(sharer)

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.add(problem)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The errors."""
        found = [_told(c) for c in self._causes.values() if c.problem.severity == "error"]
        if self._beyond:
            found.append(Problem("E199", f"and {self._beyond:,} more problems of other kinds"))
        return tuple(found)

    @property
    def notes(self) -> tuple[Problem, ...]:
        return tuple(_told(c) for c in self._causes.values() if c.problem.severity == "note")

    def raise_errors(self) -> None:
        """Stop if there is any error.

        Raises:
            InputError: all of them.
        """
        if self.has_errors:
            raise InputError(*self.problems)


class Strict(Findings):
    """For a pass over what was checked before: the first error ends it."""

    def add(
        self,
        problem: Problem,
        *,
        sharer: Sharer | None = None,
        jobs: int = 0,
        cause: Hashable = None,
    ) -> None:
        """Keep a note, raise an error.

        Raises:
            InputError: the problem is an error, so what was checked has changed since.
        """
        super().add(problem, sharer=sharer, jobs=jobs, cause=cause)
        self.raise_errors()


def _told(cause: _Cause) -> Problem:
    """The problem with its sharers, unless its own place says all of it."""
    if not cause.rows and cause.jobs < 2:
        return cause.problem
    if cause.rows == 1 and not cause.jobs and _is_at(cause.problem.place, cause.sharers):
        return cause.problem
    shared = Shared(cause.rows, cause.jobs, tuple(cause.sharers))
    return replace(cause.problem, shared=shared)


def _is_at(place: Place | None, sharers: list[Sharer]) -> bool:
    """Whether the place is the very row of the first sharer."""
    return place is not None and sharers[:1] == [Sharer(place.file, place.line)]
