"""Problems collected over many rows: one cause is told once, with the rows that share it.

Holds a bounded number of causes and row names, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from imagepipe.errors import InputError, Problem

_NAMED = 3
_MAX_CAUSES = 500


@dataclass(slots=True)
class _Cause:
    problem: Problem
    rows: list[str]
    count: int
    last: str


class Findings:
    """Everything that is wrong, and every note, in the order in which it was found."""

    def __init__(self) -> None:
        self._causes: dict[Hashable, _Cause] = {}
        self._beyond = 0
        self.has_errors = False

    def add(self, problem: Problem, *, row: str = "", cause: Hashable = None) -> None:
        """Add a problem.

        Args:
            problem: What is wrong; of problems with an equal cause the first one is told.
            row: The row it was found with, such as `products.csv:12 (MUG-1)`.
            cause: What makes two problems the same; by default all that the problem says.
        """
        cause = problem if cause is None else cause
        self.has_errors |= problem.severity == "error"
        if self.repeats(cause, row):
            return
        if len(self._causes) >= _MAX_CAUSES:
            self._beyond += 1
        else:
            self._causes[cause] = _Cause(problem, [row] if row else [], 1, row)

    def repeats(self, cause: Hashable, row: str) -> bool:
        """Whether the cause is known already; then `row` is counted too."""
        known = self._causes.get(cause)
        if known is None:
            return False
        if row and row != known.last:
            known.count += 1
            known.last = row
            if len(known.rows) < _NAMED:
                known.rows.append(row)
        return True

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

    def add(self, problem: Problem, *, row: str = "", cause: Hashable = None) -> None:
        """Keep a note, raise an error.

        Raises:
            InputError: the problem is an error, so what was checked has changed since.
        """
        super().add(problem, row=row, cause=cause)
        self.raise_errors()


def _told(cause: _Cause) -> Problem:
    place = cause.problem.place
    is_there = place is not None and cause.rows == [f"{place.file}:{place.line}"]
    if not cause.rows or (cause.count == 1 and is_there):
        return cause.problem
    rest = cause.count - len(cause.rows)
    more = f" and {rest:,} more" if rest > 0 else ""
    rows = f"{'rows' if cause.count > 1 else 'row'}: {', '.join(cause.rows)}{more}"
    hint = f"{cause.problem.hint}; {rows}" if cause.problem.hint else rows
    return replace(cause.problem, hint=hint)
