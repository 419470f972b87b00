"""Sizes: from what people write (`16:9`, `1344x768`) to what a vendor has.

A vendor's sizes are a plain list of its own wire values. A row is found by its text, then by a
token in it, then - for an aspect - by exactly that ratio of its pixels; `fit: nearest` takes the
row nearest in ratio, then in area. The order of the list is the preference. Pure arithmetic.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from imagepipe.provider.spec import SizeRow

_NUMBER = r"(\d{1,6}(?:\.\d{1,6})?)"
_PAIR = re.compile(rf"(?<![\d.]){_NUMBER}\s*[:x\u00d7]\s*{_NUMBER}(?![\d.])")
_SMALLEST_SIDE = 64
"""A pair of numbers from here on is pixels, below it an aspect: `21:9`, `1024:1024`."""

DEFAULT_GRID = 16
"""Pixels a side is rounded to where the vendor names no step: a multiple of 8 and of 16."""

ONE_MEGAPIXEL = 1024 * 1024


def pair(text: str) -> tuple[Decimal, Decimal] | None:
    """The two numbers of `16:9` or `1344x768`, None if `text` is neither or one of them is 0."""
    found = _PAIR.fullmatch(text.strip())
    return _numbers(found) if found else None


def pixels(text: str) -> tuple[int, int] | None:
    """Width and height of `1344x768`; None for an aspect."""
    numbers = pair(text)
    if numbers is None or min(numbers) < _SMALLEST_SIDE or any(n % 1 for n in numbers):
        return None
    return int(numbers[0]), int(numbers[1])


def row(text: str) -> SizeRow:
    """A line of a vendor's list, with what its text tells: `16:9 landscape 1344x768`."""
    found = [numbers for match in _PAIR.finditer(text) if (numbers := _numbers(match))]
    tokens = frozenset(_spelling(numbers) for numbers in found)
    sides = next((n for n in found if min(n) >= _SMALLEST_SIDE), None)
    aspect = next((n for n in found if min(n) < _SMALLEST_SIDE), None)
    return SizeRow(text, tokens, (int(sides[0]), int(sides[1])) if sides else None, aspect)


def find(rows: Sequence[SizeRow], wanted: str) -> SizeRow | None:
    """The row that `wanted` names exactly, None if there is none."""
    for candidate in rows:
        if candidate.text == wanted:
            return candidate
    numbers = pair(wanted)
    if numbers is None:
        return None
    token = _spelling(numbers)
    for candidate in rows:
        if token in candidate.tokens:
            return candidate
    return None if _is_pixels(numbers) else _of_ratio(rows, numbers)


def nearest(rows: Sequence[SizeRow], wanted: str) -> SizeRow | None:
    """The row nearest in ratio, then in area; None if nothing can be compared."""
    numbers = pair(wanted)
    if numbers is None:
        return None
    area = float(numbers[0] * numbers[1]) if _is_pixels(numbers) else None
    ratio = float(numbers[0] / numbers[1])
    measured = [(distance, one) for one in rows if (distance := _distance(one, ratio, area))]
    return min(measured, key=lambda found: found[0])[1] if measured else None


def about_a_megapixel(aspect: str, grid: int) -> tuple[int, int] | None:
    """Width and height of about 1,048,576 pixels in that aspect, both multiples of `grid`."""
    numbers = pair(aspect)
    if numbers is None:
        return None
    ratio = float(numbers[0] / numbers[1])
    width, height = math.sqrt(ONE_MEGAPIXEL * ratio), math.sqrt(ONE_MEGAPIXEL / ratio)
    return _rounded(width, grid), _rounded(height, grid)


def _rounded(side: float, grid: int) -> int:
    return max(grid, round(side / grid) * grid)


def _numbers(found: re.Match[str]) -> tuple[Decimal, Decimal] | None:
    width, height = Decimal(found[1]), Decimal(found[2])
    return (width, height) if width and height else None


def _is_pixels(numbers: tuple[Decimal, Decimal]) -> bool:
    return min(numbers) >= _SMALLEST_SIDE


def _spelling(numbers: tuple[Decimal, Decimal]) -> str:
    """One spelling of a pair, whichever sign stood between its numbers."""
    return f"{numbers[0].normalize():f}x{numbers[1].normalize():f}"


def _of_ratio(rows: Sequence[SizeRow], aspect: tuple[Decimal, Decimal]) -> SizeRow | None:
    for candidate in rows:
        sides = candidate.pixels
        if sides is not None and sides[0] * aspect[1] == sides[1] * aspect[0]:
            return candidate
    return None


def _distance(one: SizeRow, ratio: float, area: float | None) -> tuple[float, float] | None:
    """How far a row is from a ratio (by logarithm) and an area; None if its text tells neither."""
    if one.pixels is not None:
        width, height = one.pixels
        off = 0.0 if area is None else abs(math.log(width * height / area))
        return round(abs(math.log(width / height / ratio)), 9), off
    if one.aspect is not None:
        return round(abs(math.log(float(one.aspect[0] / one.aspect[1]) / ratio)), 9), 0.0
    return None
