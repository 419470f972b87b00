"""The axes of a recipe as combinations: all of them, less `exclude`, plus `include`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TypeAlias

from imagepipe.model import Json

Combination: TypeAlias = "dict[str, tuple[Json, tuple[str | int, ...]]]"
"""Axis values by name, each with its place in the matrix (axis, number)."""

MAX_COMBINATIONS = 1_000_000
FIELDS = (
    "prompt", "negative_prompt", "provider", "model", "aspect_ratio", "size", "fit", "seed",
    "steps", "guidance", "strength", "image", "mask", "control_image",
)  # fmt: skip
"""The recipe fields that can be axes: those with one value."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Axes by name, in the order written."""

    axes: Mapping[str, Sequence[Json]]
    include: Sequence[Mapping[str, Json]] = ()
    exclude: Sequence[Mapping[str, Json]] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All axes, those of `include` too."""
        named = [*self.axes, *(name for entry in self.include for name in entry)]
        return tuple(dict.fromkeys(named))

    @property
    def size(self) -> int:
        """Combinations before any is left out."""
        return (prod(map(len, self.axes.values())) if self.axes else 0) + len(self.include)

    @property
    def arithmetic(self) -> str:
        """How the size comes about: `place 2 x size 3 + 1 included`."""
        text = " x ".join(f"{name} {len(values):,}" for name, values in self.axes.items())
        return f"{text} + {len(self.include)} included" if self.include else text

    def combinations(self) -> Iterator[Combination]:
        """In the order written, the last axis fastest."""
        names = list(self.axes)
        for numbers in product(*(range(len(values)) for values in self.axes.values())):
            values = {name: self.axes[name][i] for name, i in zip(names, numbers, strict=True)}
            if self.axes and not any(_covers(entry, values) for entry in self.exclude):
                yield {n: (values[n], (n, i)) for n, i in zip(names, numbers, strict=True)}
        for number, entry in enumerate(self.include):
            yield {name: (value, ("include", number, name)) for name, value in entry.items()}

    def idle_excludes(self) -> Iterator[int]:
        """The numbers of `exclude` entries that name no axis value, and so leave nothing out."""
        for number, entry in enumerate(self.exclude):
            if any(str(v) not in map(str, self.axes.get(n, ())) for n, v in entry.items()):
                yield number


def _covers(entry: Mapping[str, Json], values: Mapping[str, Json]) -> bool:
    return all(name in values and str(values[name]) == str(v) for name, v in entry.items())


def matrix_of(value: Mapping[str, Json]) -> Matrix:
    """The matrix of a recipe whose form the schema has checked."""
    axes = {
        n: v for n, v in value.items() if n not in ("include", "exclude") and isinstance(v, list)
    }
    return Matrix(axes, _entries(value.get("include")), _entries(value.get("exclude")))


def _entries(value: Json) -> list[dict[str, Json]]:
    entries = value if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, dict)]
