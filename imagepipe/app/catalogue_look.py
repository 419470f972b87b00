"""A look at a catalogue that nobody has described yet: its columns, and what each is good for.

Reads every row once, so that what is said of a column (filled, unique) is true of all of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imagepipe.app.disk import Disk
from imagepipe.errors import InputError, Problem
from imagepipe.manifest.columns import field_name
from imagepipe.manifest.named_sources import told_format
from imagepipe.manifest.recipes import RESERVED
from imagepipe.manifest.sources import FileSource, Format, Row

_ADDRESS = re.compile(r"https?://\S+$", re.IGNORECASE)
_PICTURE = re.compile(r"image|img|photo|picture|bild|foto", re.IGNORECASE)
_TAKEN = frozenset(
    {*RESERVED, "and", "or", "not", "is", "in", "if", "else", "true", "false", "none", "True",
     "False", "None"}
)  # fmt: skip
"""Names that mean something else in a template."""

_FEW = 12
"""Different values of a column that are counted; a column with more of them is no choice."""


@dataclass(slots=True)
class Column:
    """What is known of one field over all rows: how many have it, and how many not empty."""

    name: str
    present: int = 0
    filled: int = 0
    longest: int = 0
    example: str = ""
    are_addresses: bool = True
    are_numbers: bool = True
    choices: Counter[str] = field(default_factory=Counter)
    _seen: set[int] = field(default_factory=set)

    def add(self, text: str) -> None:
        self.present += 1
        if not text.strip():
            return
        self.filled += 1
        self.longest = max(self.longest, len(text))
        self.example = self.example or text
        if self.are_addresses:
            self.are_addresses = _ADDRESS.match(text) is not None
        if self.are_numbers:
            self.are_numbers = text.strip().lstrip("-").isdecimal()
        self._seen.add(hash(text))
        if len(self.choices) <= _FEW:
            self.choices[text] += 1

    @property
    def term(self) -> str:
        """How an expression reaches it: `product['image']`, where `image` means something else."""
        return f"product['{self.name}']" if self.name in _TAKEN else self.name

    @property
    def values(self) -> int:
        """How many different values there are."""
        return len(self._seen)

    @property
    def is_picture(self) -> bool:
        return self.filled > 0 and self.are_addresses and _PICTURE.search(self.name) is not None


@dataclass(slots=True)
class Look:
    """A catalogue as `init` sees it.

    `options` are the names of options (Shopify) or attributes (WooCommerce) with how many products
    have them; `variants` counts those within products.
    """

    format: Format
    products: int = 0
    variants: int = 0
    has_keys: bool = True
    """Whether the rows name themselves, each otherwise."""

    columns: dict[str, Column] = field(default_factory=dict)
    options: Counter[str] = field(default_factory=Counter)
    notes: list[Problem] = field(default_factory=list)
    _keys: set[int] = field(default_factory=set)

    def column(self, *names: str, full: bool = False) -> Column | None:
        """The first of these columns that is there and not empty; `full`: in every row."""
        for name in names:
            found = self.columns.get(name)
            if found is not None and found.filled >= (self.products if full else 1):
                return found
        return None

    def is_unique(self, column: Column) -> bool:
        return column.filled == column.values == self.products

    def add(self, row: Row) -> None:
        self.products += 1
        self._keys.add(hash(row.key))
        self.has_keys = row.key is not None and len(self._keys) == self.products
        for name, value in row.fields.items():
            if isinstance(value, str) and name.isidentifier() and self._is_written_so(name, row):
                column = self.columns.setdefault(name, Column(name))
                column.add(value)
        variants = row.fields.get("variants")
        self.variants += len(variants) if isinstance(variants, list) and row.key else 0
        for named in ("options", "attributes"):
            found = row.fields.get(named)
            if isinstance(found, dict) and row.key:
                self.options.update(str(name) for name in found)

    @staticmethod
    def _is_written_so(name: str, row: Row) -> bool:
        """Of `Color` and its further name `color`, the second."""
        further = field_name(name)
        return further == name or further not in row.fields


def look(files: Sequence[Path]) -> Look:
    """Read files of products, all of one kind.

    Raises:
        InputError: rows that cannot be read, all of them, or there are none.
    """
    disk, paths = Disk(Path()), [str(path) for path in files]
    seen = Look(told_format(disk, paths[0]))
    problems: list[Problem] = []
    for found in _rows(disk, paths):
        if isinstance(found, Row):
            seen.add(found)
        elif found.severity == "note":
            seen.notes.append(found)
        else:
            problems.append(found)
    if problems:
        raise InputError(*problems)
    if not seen.products:
        raise InputError(Problem("E206", f"{paths[0]} has no products"))
    return seen


def _rows(disk: Disk, paths: Sequence[str]) -> Iterator[Row | Problem]:
    for path in paths:
        yield from FileSource(disk, path, told_format(disk, path)).rows()
