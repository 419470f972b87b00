"""Silhouettes of products for the table: vessels, lamps, boxes and the like.

Each is a function of a pen and the tones of its material, drawn upright in the unit square on a
ground line at y = 0.96. Volume comes later, from the composer's shading.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from imagepipe.emulator.picture.palette import Tones, mix
from imagepipe.emulator.picture.pen import Pen, arc, smooth

Thing: TypeAlias = Callable[[Pen, Tones], None]


def mug(pen: Pen, t: Tones) -> None:
    pen.hoop(0.745, 0.58, 0.155, 0.19, 0.055, t.dark)
    pen.poly(
        [(0.2, 0.3), *arc(0.45, 0.88, 0.235, 0.075, 180, 0), (0.7, 0.3)][::-1],
        t.base,
    )
    pen.oval(0.45, 0.885, 0.235, 0.072, t.base)
    pen.oval(0.45, 0.3, 0.25, 0.075, t.light)
    pen.oval(0.45, 0.305, 0.225, 0.06, t.deep)
    pen.oval(0.45, 0.32, 0.205, 0.045, (84, 52, 34))
    for x in (0.36, 0.47):
        pen.curve([(x, 0.2), (x + 0.03, 0.15), (x - 0.01, 0.09), (x + 0.02, 0.03)], 0.012, _STEAM)


_STEAM = (255, 255, 255, 96)


def bottle(pen: Pen, t: Tones) -> None:
    pen.box(0.43, 0.03, 0.57, 0.14, 0.02, t.ink)
    pen.box(0.445, 0.12, 0.555, 0.26, 0.01, t.light)
    body = [(0.445, 0.24), (0.40, 0.31), (0.335, 0.38), (0.32, 0.46), (0.32, 0.9), (0.35, 0.955)]
    pen.poly(body + [(1 - x, y) for x, y in reversed(body)], t.base)
    pen.box(0.32, 0.52, 0.68, 0.8, 0.0, t.pale)
    pen.box(0.36, 0.575, 0.64, 0.6, 0.01, t.accent)
    for y, half in ((0.65, 0.1), (0.69, 0.13), (0.73, 0.07)):
        pen.box(0.5 - half, y, 0.5 + half, y + 0.014, 0.006, t.metal)
    pen.box(0.36, 0.42, 0.385, 0.9, 0.012, (*t.pale, 120))


def lamp(pen: Pen, t: Tones) -> None:
    pen.oval(0.5, 0.93, 0.19, 0.035, t.deep)
    pen.box(0.486, 0.4, 0.514, 0.92, 0.01, t.metal)
    pen.oval(0.5, 0.72, 0.05, 0.06, t.accent)
    pen.poly([(0.36, 0.08), (0.64, 0.08), (0.8, 0.48), (0.2, 0.48)], t.base)
    pen.oval(0.5, 0.08, 0.14, 0.022, t.light)
    pen.oval(0.5, 0.48, 0.3, 0.045, (255, 236, 178))
    pen.oval(0.5, 0.475, 0.3, 0.03, (255, 246, 214))


def vase(pen: Pen, t: Tones) -> None:
    for x, y, lean in ((0.42, 0.1, -0.05), (0.5, 0.04, 0.0), (0.6, 0.12, 0.06)):
        pen.curve([(0.5, 0.5), (0.5 + lean / 2, 0.3), (x, y)], 0.01, (112, 124, 78))
        for step in range(5):
            dy = y + step * 0.035
            pen.oval(x + (0.02 if step % 2 else -0.02), dy, 0.022, 0.016, (222, 190, 120))
    body = [(0.44, 0.36), (0.43, 0.46), (0.3, 0.58), (0.27, 0.74), (0.36, 0.9), (0.4, 0.955)]
    pen.poly(_round(body), t.base)
    pen.oval(0.5, 0.36, 0.062, 0.018, t.deep)
    pen.box(0.292, 0.66, 0.708, 0.69, 0.0, t.light)
    pen.box(0.285, 0.71, 0.715, 0.722, 0.0, t.accent)


def plant(pen: Pen, t: Tones) -> None:
    greens = ((46, 104, 70), (66, 132, 84), (88, 154, 98), (58, 118, 78))
    leaves = ((-0.36, 0.34), (0.35, 0.3), (-0.22, 0.14), (0.2, 0.1), (0.0, 0.04), (-0.3, 0.5),
              (0.31, 0.47))  # fmt: skip
    for index, (dx, y) in enumerate(leaves):
        x, green = 0.5 + dx, greens[index % 4]
        pen.curve([(0.5, 0.68), (0.5 + dx * 0.4, (y + 0.6) / 2), (x, y)], 0.012, greens[0])
        side = 0.085 if abs(dx) > 0.05 else 0.1
        pen.blob([(x, y - 0.1), (x + side, y), (x + dx * 0.1, y + 0.12), (x - side, y)], green)
        pen.line([(x, y - 0.08), (x + dx * 0.06, y + 0.09)], 0.005, greens[2])
    pen.poly([(0.3, 0.66), (0.7, 0.66), (0.64, 0.955), (0.36, 0.955)], t.base)
    pen.box(0.28, 0.62, 0.72, 0.7, 0.015, t.light)


def candle(pen: Pen, t: Tones) -> None:
    pen.oval(0.5, 0.13, 0.06, 0.1, (255, 214, 120, 120))
    pen.blob([(0.5, 0.04), (0.535, 0.13), (0.5, 0.2), (0.465, 0.13)], (255, 196, 84))
    pen.blob([(0.5, 0.1), (0.518, 0.15), (0.5, 0.19), (0.482, 0.15)], (255, 244, 200))
    pen.line([(0.5, 0.19), (0.5, 0.3)], 0.008, t.ink)
    pen.box(0.27, 0.3, 0.73, 0.955, 0.05, t.base)
    pen.oval(0.5, 0.32, 0.23, 0.05, t.light)
    pen.box(0.36, 0.54, 0.64, 0.8, 0.01, t.pale)
    pen.box(0.41, 0.62, 0.59, 0.64, 0.008, t.accent)
    pen.box(0.44, 0.68, 0.56, 0.69, 0.004, t.metal)


def jar(pen: Pen, t: Tones) -> None:
    pen.box(0.2, 0.42, 0.8, 0.95, 0.09, t.base)
    pen.box(0.17, 0.25, 0.83, 0.45, 0.035, t.light)
    pen.box(0.17, 0.4, 0.83, 0.425, 0.0, t.accent)
    pen.box(0.3, 0.56, 0.7, 0.84, 0.01, t.pale)
    pen.box(0.37, 0.64, 0.63, 0.665, 0.01, t.ink)
    pen.box(0.42, 0.71, 0.58, 0.722, 0.005, t.metal)


def kettle(pen: Pen, t: Tones) -> None:
    pen.curve([(0.3, 0.36), (0.32, 0.1), (0.5, 0.05), (0.68, 0.1), (0.7, 0.36)], 0.035, t.ink)
    pen.blob([(0.72, 0.74), (0.84, 0.5), (0.95, 0.34), (0.9, 0.32), (0.72, 0.56)], t.dark)
    body = [(0.42, 0.32), (0.26, 0.42), (0.19, 0.66), (0.22, 0.88), (0.28, 0.95)]
    pen.poly(_round(body), t.base)
    pen.oval(0.5, 0.33, 0.12, 0.03, t.dark)
    pen.oval(0.5, 0.29, 0.035, 0.03, t.ink)
    pen.box(0.21, 0.86, 0.79, 0.875, 0.0, t.metal)


def bowl(pen: Pen, t: Tones) -> None:
    pen.poly([(0.1, 0.5), *arc(0.5, 0.52, 0.4, 0.4, 180, 0), (0.9, 0.5)], t.base)
    pen.oval(0.5, 0.5, 0.4, 0.09, t.light)
    pen.oval(0.5, 0.51, 0.37, 0.075, t.deep)
    for x, y, tone in ((0.36, 0.47, (208, 74, 66)), (0.5, 0.44, (232, 164, 62)),
                       (0.63, 0.47, (132, 168, 82)), (0.45, 0.5, (236, 190, 84))):  # fmt: skip
        pen.oval(x, y, 0.09, 0.075, tone)
    pen.poly([(0.11, 0.55), *arc(0.5, 0.52, 0.4, 0.4, 176, 4), *arc(0.5, 0.5, 0.4, 0.09, 0, 180)],
             t.base)  # fmt: skip
    pen.box(0.36, 0.9, 0.64, 0.955, 0.02, t.dark)


def plate(pen: Pen, t: Tones) -> None:
    pen.oval(0.5, 0.78, 0.46, 0.17, t.dark)
    pen.oval(0.5, 0.765, 0.46, 0.17, t.light)
    pen.oval(0.5, 0.77, 0.31, 0.108, t.base)


def box(pen: Pen, t: Tones) -> None:
    pen.poly([(0.14, 0.42), (0.5, 0.52), (0.5, 0.955), (0.14, 0.83)], t.base)
    pen.poly([(0.86, 0.42), (0.5, 0.52), (0.5, 0.955), (0.86, 0.83)], t.dark)
    pen.poly([(0.14, 0.42), (0.5, 0.32), (0.86, 0.42), (0.5, 0.52)], t.light)
    pen.poly([(0.28, 0.459), (0.36, 0.481), (0.36, 0.906), (0.28, 0.878)], t.accent)
    pen.poly(
        [(0.64, 0.481), (0.72, 0.459), (0.72, 0.878), (0.64, 0.906)], mix(t.accent, t.ink, 0.2)
    )
    pen.poly([(0.28, 0.459), (0.64, 0.359), (0.72, 0.381), (0.36, 0.481)], t.accent)
    pen.poly([(0.64, 0.481), (0.28, 0.381), (0.36, 0.359), (0.72, 0.459)], t.accent)
    for side in (-1, 1):
        pen.blob([(0.5, 0.41), (0.5 + side * 0.2, 0.28), (0.5 + side * 0.21, 0.4)], t.accent)
        pen.blob([(0.5 + side * 0.04, 0.4), (0.5 + side * 0.15, 0.325), (0.5 + side * 0.16, 0.385)],
                 mix(t.accent, t.ink, 0.3))  # fmt: skip
    pen.oval(0.5, 0.405, 0.04, 0.032, mix(t.accent, t.pale, 0.25))


def book(pen: Pen, t: Tones) -> None:
    pen.poly([(0.26, 0.16), (0.78, 0.1), (0.84, 0.86), (0.32, 0.955)], t.deep)
    pen.poly([(0.25, 0.14), (0.76, 0.085), (0.81, 0.84), (0.31, 0.93)], t.pale)
    pen.poly([(0.22, 0.14), (0.74, 0.08), (0.79, 0.83), (0.27, 0.92)], t.base)
    pen.poly([(0.22, 0.14), (0.27, 0.134), (0.32, 0.911), (0.27, 0.92)], t.dark)
    pen.poly([(0.38, 0.3), (0.68, 0.265), (0.695, 0.48), (0.395, 0.52)], t.light)
    pen.line([(0.43, 0.37), (0.64, 0.345)], 0.014, t.ink)
    pen.line([(0.435, 0.43), (0.6, 0.41)], 0.009, t.ink)
    pen.poly([(0.6, 0.84), (0.64, 0.835), (0.645, 0.96), (0.622, 0.94), (0.605, 0.965)], t.accent)


def generic(pen: Pen, t: Tones) -> None:
    """A small still life of turned forms, for what no list knows."""
    pen.poly([(0.09, 0.955), (0.2, 0.5), (0.31, 0.955)], t.accent)
    pen.oval(0.2, 0.95, 0.11, 0.02, mix(t.accent, t.ink, 0.25))
    pen.poly(_round([(0.47, 0.12), (0.4, 0.2), (0.39, 0.34), (0.45, 0.42), (0.44, 0.5),
                     (0.31, 0.6), (0.28, 0.76), (0.36, 0.92), (0.4, 0.955)]), t.base)  # fmt: skip
    pen.oval(0.5, 0.12, 0.035, 0.012, t.deep)
    pen.box(0.452, 0.415, 0.548, 0.44, 0.01, t.light)
    pen.box(0.29, 0.69, 0.71, 0.712, 0.0, t.light)
    pen.oval(0.79, 0.83, 0.125, 0.125, t.light)


def _round(half: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A turned form from the left half of its outline, from top to bottom."""
    left = smooth(half, closed=False)
    return left + [(1 - x, y) for x, y in reversed(left)]


THINGS: dict[str, Thing] = {
    "mug": mug,
    "bottle": bottle,
    "lamp": lamp,
    "vase": vase,
    "plant": plant,
    "candle": candle,
    "jar": jar,
    "kettle": kettle,
    "bowl": bowl,
    "plate": plate,
    "box": box,
    "book": book,
}
