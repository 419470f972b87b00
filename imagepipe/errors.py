"""The mistakes a person can make, as exceptions and as located problems.

Everything above may import this file; it imports nothing. A failure of a *job* is never one of
these: that is a `Fault`, a value. These end a command, with an exit code and one readable text.

    ImagepipeError                 exit 2 unless a subclass says otherwise
    |-- InputError                 one or more `Problem`s in a manifest, a spec, a source
    |-- SetupError                 the machine is not ready: a missing key, a read-only folder
    |-- StoreError                 the store cannot be used as it is (foreign, newer, damaged)
    |   `-- StoreBusy              exit 75: maintenance holds it
    |-- WouldChange                exit 3: --frozen or check found work to do
    `-- OverBudget                 exit 6: the cost limit, or a cost nobody knows
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file that a person wrote. Lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Sharer:
    """A row of the catalogue, or a job made of it, that has a problem with others in common.

    `line` is 0 where there are no products; `job` is the recipe and its axis values, empty where
    the row itself is meant.
    """

    file: str = ""
    line: int = 0
    product: str = ""
    job: str = ""

    def __str__(self) -> str:
        """`products.csv:12 (MUG-1/lifestyle, place a forest trail)`."""
        row = f"{self.file}:{self.line}" if self.line else ""
        name = "/".join(part for part in (self.product, self.job) if part)
        return f"{row} ({name})" if row and name else row or name


@dataclass(frozen=True, slots=True)
class Shared:
    """How far one cause reaches: rows and jobs in all, and as many of them by name as were kept."""

    rows: int
    jobs: int
    sharers: tuple[Sharer, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (or, as a note, worth knowing), with its place and its remedy.

    `code` is a rule's stable name (`E104`); `source` is the line of text the caret points into and
    `length` the number of characters it underlines (0 where the column counts fields, as in a
    table); `where` names what a position cannot, such as
    `column "colour"` of a CSV file; `shared` tells who else has it.
    """

    code: str
    message: str
    place: Place | None = None
    hint: str | None = None
    source: str | None = None
    length: int = 1
    where: str | None = None
    severity: Literal["error", "note"] = "error"
    shared: Shared | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule's code means, as `imagepipe explain E104` tells it.

    `wrong` and `right` are examples; `csv` and `right_csv` are the products.csv that go with them.
    `of` says what an example is a part of, if not of a manifest.
    """

    code: str
    title: str
    means: str
    do: str
    wrong: str = ""
    right: str = ""
    csv: str = ""
    right_csv: str = ""
    of: str = ""


class ImagepipeError(Exception):
    """The base of all errors that a person can cause and mend."""

    exit_code: ClassVar[int] = 2


class InputError(ImagepipeError):
    """What a person wrote is wrong: all the problems found, in the order of their places."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class SetupError(ImagepipeError):
    """The machine is not ready for what was asked: `hint` says what to do."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class StoreError(SetupError):
    """The store cannot be used as it is; nothing was changed."""


class StoreBusy(StoreError):
    """Maintenance holds the store alone."""

    exit_code: ClassVar[int] = 75


class WouldChange(SetupError):
    """A run that may not change anything found that it would."""

    exit_code: ClassVar[int] = 3


class OverBudget(SetupError):
    """The plan costs more than allowed, or its cost is unknown and that was not allowed."""

    exit_code: ClassVar[int] = 6
