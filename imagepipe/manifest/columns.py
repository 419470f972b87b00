"""Column names as names that templates can write: `Body (HTML)` is also `body_html`.

The name as it stands stays, for `product["Body (HTML)"]`. A name that two columns would share is
given to neither, and never to one that another column has already.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

_OTHER = re.compile(r"\W+")


@lru_cache(maxsize=4096)
def field_name(column: str) -> str:
    """In lower case, with `_` for every run of other signs; empty if no letter or digit is left.

    `Variant SKU` is `variant_sku`, `Größe (cm)` is `größe_cm`, `3D model` is `_3d_model`.
    """
    name = _OTHER.sub("_", column.lower()).strip("_")
    return f"_{name}" if name[:1].isdigit() else name


def aliases(columns: Sequence[str]) -> dict[str, str]:
    """The further names of those columns that have one: name to column."""
    made = {column: field_name(column) for column in columns}
    shared = Counter(made.values())
    taken = set(columns)
    return {
        name: column
        for column, name in made.items()
        if name and name not in taken and shared[name] == 1
    }


class FurtherNames:
    """Adds further names to maps whose keys differ from row to row, as in JSON."""

    def __init__(self) -> None:
        self._plain: set[str] = set()

    def add(self, fields: dict[str, object]) -> dict[str, object]:
        """The fields with their further names; the same map if there are none to add."""
        if self._plain.issuperset(fields):
            return fields
        found = aliases([*fields])
        self._plain.update(name for name in fields if field_name(name) == name)
        if not found:
            return fields
        return {**fields, **{name: fields[column] for name, column in found.items()}}


def numbered(columns: Sequence[str], further: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The number of each column, from 1, by all its names."""
    numbers = {name: number for number, name in enumerate(columns, 1)}
    return numbers | {name: numbers[column] for name, column in further}
