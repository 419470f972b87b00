"""The pixels nearest to those asked for that a vendor's bounds allow. Pure arithmetic.

Nearest means: in ratio first, then in area, as with a vendor's list. Bounds are those of sides,
steps, area and ratio; where they exclude each other nothing is nearest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from imagepipe.provider.spec import Constraint

_MOST = 65_536
"""Pixels of a side beyond which no vendor goes; it keeps the arithmetic finite."""

_AROUND = 3
"""Steps on either side of the ideal that are tried."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values from `least` to `most`, multiples of `step` only."""

    least: Decimal
    most: Decimal
    step: Decimal = Decimal(1)

    def holds(self, value: Decimal | int) -> bool:
        return self.least <= value <= self.most and value % self.step == 0

    def clamped(self, value: float) -> float:
        return min(max(value, float(self.least)), float(self.most))

    def around(self, value: float) -> Iterator[int]:
        """The values near one, the bounds themselves among them."""
        step = int(self.step)
        middle = round(self.clamped(value) / step)
        lowest, highest = math.ceil(self.least / step), math.floor(self.most / step)
        numbers = {lowest, highest, *range(middle - _AROUND, middle + _AROUND + 1)}
        yield from (n * step for n in sorted(numbers) if lowest <= n <= highest)


@dataclass(frozen=True, slots=True)
class Bounds:
    """All that a vendor demands of a picture's pixels."""

    width: Range
    height: Range
    pixels: Range
    ratio: Range

    def hold(self, width: int, height: int) -> bool:
        """Whether the vendor takes exactly this size; the ratio is compared to four digits."""
        return (
            self.width.holds(width)
            and self.height.holds(height)
            and self.pixels.holds(width * height)
            and self.ratio.least <= round(Decimal(width) / height, 4) <= self.ratio.most
        )


def bounds(constraints: Mapping[str, Constraint]) -> Bounds | None:
    """The bounds that constraints on pixels make; None if a step is no whole number."""
    ranges = {name: _range(constraints.get(name), name) for name in _NAMES}
    if any(one.step % 1 for one in ranges.values()):
        return None
    return Bounds(**ranges)


_NAMES = ("width", "height", "pixels", "ratio")


def _range(constraint: Constraint | None, name: str) -> Range:
    most = Decimal(_MOST) if name in ("width", "height") else Decimal(_MOST**2)
    least = Decimal(1) if name != "ratio" else Decimal(1) / _MOST
    if constraint is None:
        return Range(least, most)
    return Range(
        least if constraint.least is None else max(least, constraint.least),
        most if constraint.most is None else min(most, constraint.most),
        constraint.multiple_of or Decimal(1),
    )


def nearest(allowed: Bounds, width: int, height: int) -> tuple[int, int] | None:
    """The allowed size nearest to one; that size itself if it is allowed."""
    if allowed.hold(width, height):
        return width, height
    aim = math.log(width / height)
    area = math.log(width * height)

    def distance(size: tuple[int, int]) -> tuple[float, float]:
        ratio, pixels = math.log(size[0] / size[1]), math.log(size[0] * size[1])
        return round(abs(ratio - aim), 9), abs(pixels - area)

    return min(_candidates(allowed, width, height), key=distance, default=None)


def _candidates(allowed: Bounds, width: int, height: int) -> Iterator[tuple[int, int]]:
    """Allowed sizes about the ideal ones: of the asked ratio, and of the ratios at the bounds."""
    ratio = width / height
    for wanted in {ratio, allowed.ratio.clamped(ratio)}:
        for area in {width * height, allowed.pixels.clamped(width * height)}:
            across, down = _ideal(allowed, wanted, area)
            pairs = [
                (w, h)
                for w in allowed.width.around(across)
                for h in allowed.height.around(w / wanted)
            ]
            pairs += [
                (w, h)
                for h in allowed.height.around(down)
                for w in allowed.width.around(h * wanted)
            ]
            pairs += _within_area(allowed, across, down)
            yield from (pair for pair in pairs if allowed.hold(*pair))


def _within_area(allowed: Bounds, across: float, down: float) -> Iterator[tuple[int, int]]:
    """Where bounds of the sides leave too many or too few pixels, one side gives way."""
    area = allowed.pixels.clamped(across * down)
    for w in allowed.width.around(across):
        yield from ((w, h) for h in allowed.height.around(area / w))
    for h in allowed.height.around(down):
        yield from ((w, h) for w in allowed.width.around(area / h))


def _ideal(allowed: Bounds, ratio: float, area: float) -> tuple[float, float]:
    """Sides of that ratio, as near to the area as the bounds of the sides let them."""
    width = allowed.width.clamped(math.sqrt(area * ratio))
    height = allowed.height.clamped(width / ratio)
    width = allowed.width.clamped(height * ratio)
    return width, height
