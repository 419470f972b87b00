"""A pen that draws in units of its own square instead of pixels, larger than needed and then
reduced, so that edges are smooth.

Coordinates run from 0 to 1, y downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin
from typing import TypeAlias

from PIL import Image, ImageDraw

from imagepipe.emulator.picture.palette import Colour

Point: TypeAlias = tuple[float, float]
Fill: TypeAlias = "Colour | tuple[int, int, int, int]"


class Pen:
    """Draws on an RGBA image of `width` x `height` pixels, transparent at first.

    `under` is the colour that transparent pixels hide: it is what edges are mixed with.
    """

    def __init__(
        self, width: int, height: int, *, scale: int = 1, under: Colour = (0, 0, 0)
    ) -> None:
        self._scale = scale
        self.width = width * scale
        self.height = height * scale
        self.image = Image.new("RGBA", (self.width, self.height), (*under, 0))
        self._draw = ImageDraw.Draw(self.image)

    def layers(self) -> tuple[Image.Image, Image.Image]:
        """Colour and coverage, reduced to size.

        Apart, because Pillow converts RGBA to premultiplied and back around a reduction, which
        takes longer than all the drawing.
        """
        colour, alpha = self.image.convert("RGB"), self.image.getchannel("A")
        return colour.reduce(self._scale), alpha.reduce(self._scale)

    def poly(self, points: Sequence[Point], fill: Fill) -> None:
        self._draw.polygon([self._at(point) for point in points], fill=fill)

    def blob(self, points: Sequence[Point], fill: Fill) -> None:
        """A closed smooth curve through the points."""
        self.poly(smooth(points, closed=True), fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: Fill) -> None:
        corners = [self._at((x - rx, y - ry)), self._at((x + rx, y + ry))]
        self._draw.ellipse(corners, fill=fill)

    def hoop(  # noqa: PLR0917 - coordinates by position
        self, x: float, y: float, rx: float, ry: float, wide: float, fill: Fill
    ) -> None:
        """The outline of an oval; `wide` in units of the height."""
        corners = [self._at((x - rx, y - ry)), self._at((x + rx, y + ry))]
        self._draw.ellipse(corners, outline=fill, width=self._wide(wide))

    def box(  # noqa: PLR0917 - coordinates by position
        self, x0: float, y0: float, x1: float, y1: float, round_: float, fill: Fill
    ) -> None:
        corners = [self._at((x0, y0)), self._at((x1, y1))]
        self._draw.rounded_rectangle(corners, round_ * self.height, fill=fill)

    def line(self, points: Sequence[Point], wide: float, fill: Fill) -> None:
        """A line with round ends and joints."""
        wide_px = self._wide(wide)
        pixels = [self._at(point) for point in points]
        self._draw.line(pixels, fill=fill, width=wide_px, joint="curve")
        radius = wide_px / 2
        for x, y in (pixels[0], pixels[-1]):
            self._draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)

    def curve(self, points: Sequence[Point], wide: float, fill: Fill) -> None:
        """A smooth open line through the points."""
        self.line(smooth(points, closed=False), wide, fill)

    def _at(self, point: Point) -> tuple[float, float]:
        return point[0] * self.width, point[1] * self.height

    def _wide(self, wide: float) -> int:
        return max(1, round(wide * self.height))


def smooth(points: Sequence[Point], *, closed: bool, steps: int = 10) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    count = len(points)
    if closed:
        around = [points[-1], *points, points[0], points[1]]
    else:
        around = [points[0], *points, points[-1]]
    found: list[Point] = []
    for index in range(count if closed else count - 1):
        a, b, c, d = around[index : index + 4]
        for step in range(steps):
            t = step / steps
            found.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    return found if closed else [*found, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )


def arc(  # noqa: PLR0917 - coordinates by position
    x: float, y: float, rx: float, ry: float, start: float, end: float
) -> list[Point]:
    """Points along an oval from one angle to another, in degrees clockwise from the right."""
    steps = 24
    angles = [(start + (end - start) * step / steps) * pi / 180 for step in range(steps + 1)]
    return [(x + rx * cos(angle), y + ry * sin(angle)) for angle in angles]
