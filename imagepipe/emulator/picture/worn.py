"""Silhouettes of what is worn and carried: shoes, bags, clothes, glasses, watches, jewellery.

Drawn as in `things.py`, in the unit square on a ground line at y = 0.96.
"""

from __future__ import annotations

from imagepipe.emulator.picture.palette import Tones, mix
from imagepipe.emulator.picture.pen import Pen, arc
from imagepipe.emulator.picture.things import Thing


def shoe(pen: Pen, t: Tones) -> None:
    upper = [(0.08, 0.82), (0.1, 0.56), (0.12, 0.44), (0.19, 0.4), (0.27, 0.47), (0.36, 0.45),
             (0.5, 0.55), (0.66, 0.65), (0.82, 0.69), (0.92, 0.76), (0.94, 0.84),
             (0.5, 0.86)]  # fmt: skip
    pen.blob(upper, t.base)
    pen.blob([(0.13, 0.47), (0.19, 0.42), (0.27, 0.48), (0.34, 0.47), (0.28, 0.53), (0.18, 0.53)],
             t.deep)  # fmt: skip
    pen.blob([(0.7, 0.69), (0.83, 0.7), (0.92, 0.77), (0.93, 0.84), (0.74, 0.84)], t.dark)
    pen.blob([(0.09, 0.8), (0.1, 0.6), (0.18, 0.62), (0.24, 0.8)], t.dark)
    pen.curve([(0.24, 0.78), (0.42, 0.78), (0.56, 0.66), (0.62, 0.64)], 0.04, t.accent)
    for step in range(4):
        x, y = 0.36 + step * 0.075, 0.475 + step * 0.05
        pen.line([(x, y), (x + 0.06, y + 0.055)], 0.016, t.pale)
    sole = [(0.06, 0.84), (0.3, 0.86), (0.6, 0.86), (0.95, 0.83), (0.97, 0.88), (0.88, 0.945),
            (0.5, 0.955), (0.14, 0.955), (0.05, 0.92)]  # fmt: skip
    pen.blob(sole, t.pale)
    pen.curve([(0.07, 0.91), (0.4, 0.925), (0.7, 0.92), (0.94, 0.885)], 0.012, t.accent)


def boot(pen: Pen, t: Tones) -> None:
    pen.blob([(0.24, 0.08), (0.4, 0.06), (0.55, 0.09), (0.57, 0.4), (0.6, 0.58), (0.78, 0.66),
              (0.9, 0.76), (0.9, 0.87), (0.5, 0.89), (0.22, 0.88), (0.23, 0.5)],
             t.base)  # fmt: skip
    pen.oval(0.4, 0.09, 0.155, 0.03, t.deep)
    for step in range(5):
        y = 0.2 + step * 0.085
        pen.line([(0.44, y + 0.03), (0.58, y)], 0.016, t.light)
    pen.box(0.21, 0.86, 0.92, 0.955, 0.02, t.ink)
    pen.box(0.21, 0.85, 0.92, 0.88, 0.01, t.accent)


def backpack(pen: Pen, t: Tones) -> None:
    pen.curve([(0.4, 0.12), (0.42, 0.03), (0.58, 0.03), (0.6, 0.12)], 0.028, t.deep)
    pen.box(0.14, 0.36, 0.3, 0.84, 0.07, t.dark)
    pen.box(0.7, 0.36, 0.86, 0.84, 0.07, t.dark)
    pen.box(0.2, 0.08, 0.8, 0.955, 0.17, t.base)
    pen.curve([(0.22, 0.4), (0.24, 0.22), (0.5, 0.15), (0.76, 0.22), (0.78, 0.4)], 0.01, t.deep)
    pen.box(0.27, 0.5, 0.73, 0.9, 0.07, t.dark)
    pen.line([(0.31, 0.59), (0.69, 0.59)], 0.014, t.metal)
    pen.box(0.62, 0.585, 0.64, 0.66, 0.008, t.metal)
    pen.box(0.41, 0.28, 0.59, 0.38, 0.012, t.accent)
    for x in (0.345, 0.655):
        pen.box(x - 0.022, 0.14, x + 0.022, 0.5, 0.01, t.light)


def bag(pen: Pen, t: Tones) -> None:
    pen.curve([(0.33, 0.42), (0.34, 0.12), (0.5, 0.05), (0.66, 0.12), (0.67, 0.42)], 0.03, t.deep)
    pen.poly([(0.2, 0.38), (0.8, 0.38), (0.89, 0.94), (0.11, 0.94)], t.base)
    pen.poly([(0.2, 0.38), (0.8, 0.38), (0.77, 0.6), (0.5, 0.67), (0.23, 0.6)], t.dark)
    pen.oval(0.5, 0.64, 0.032, 0.032, t.metal)
    for x in (0.33, 0.67):
        pen.oval(x, 0.43, 0.022, 0.022, t.metal)
    pen.poly([(0.12, 0.88), (0.88, 0.88), (0.89, 0.95), (0.11, 0.95)], t.deep)


def watch(pen: Pen, t: Tones) -> None:
    pen.poly([(0.38, 0.02), (0.62, 0.02), (0.67, 0.3), (0.33, 0.3)], t.base)
    pen.poly([(0.33, 0.68), (0.67, 0.68), (0.62, 0.96), (0.38, 0.96)], t.base)
    for y in (0.08, 0.15, 0.81, 0.88):
        pen.box(0.47, y, 0.53, y + 0.022, 0.008, t.deep)
    pen.box(0.755, 0.45, 0.81, 0.54, 0.012, t.metal)
    pen.oval(0.5, 0.49, 0.275, 0.275, t.metal)
    pen.oval(0.5, 0.49, 0.245, 0.245, t.ink)
    pen.oval(0.5, 0.49, 0.225, 0.225, mix(t.pale, t.metal, 0.1))
    for index, point in enumerate(arc(0.5, 0.49, 0.19, 0.19, 0, 360)[:24:2]):
        radius = 0.014 if index % 3 == 0 else 0.007
        pen.oval(*point, radius, radius, t.ink)
    pen.line([(0.5, 0.49), (0.42, 0.4)], 0.018, t.ink)
    pen.line([(0.5, 0.49), (0.6, 0.36)], 0.012, t.ink)
    pen.line([(0.5, 0.53), (0.5, 0.33)], 0.006, t.accent)
    pen.oval(0.5, 0.49, 0.018, 0.018, t.accent)


def sunglasses(pen: Pen, t: Tones) -> None:
    for x in (0.27, 0.73):
        side = -1 if x < 0.5 else 1
        pen.line([(x + side * 0.19, 0.6), (x - side * 0.06, 0.5)], 0.02, t.deep)
        lens = [(x - 0.2, 0.6), (x, 0.575), (x + 0.2, 0.61), (x + 0.18, 0.83), (x, 0.94),
                (x - 0.17, 0.84)]  # fmt: skip
        pen.blob(lens, t.base)
        inner = [(x + (px - x) * 0.84, 0.75 + (py - 0.75) * 0.82) for px, py in lens]
        glass = mix(t.ink, t.base, 0.18)
        pen.blob(inner, glass)
        pen.blob([(x - 0.13, 0.65), (x - 0.01, 0.63), (x - 0.1, 0.83)], mix(glass, t.pale, 0.3))
        pen.oval(x + side * 0.185, 0.625, 0.012, 0.012, t.metal)
    pen.curve([(0.44, 0.65), (0.5, 0.62), (0.56, 0.65)], 0.03, t.base)


def shirt(pen: Pen, t: Tones) -> None:
    pen.poly([(0.32, 0.1), (0.68, 0.1), (0.98, 0.34), (0.86, 0.5), (0.76, 0.42), (0.77, 0.95),
              (0.23, 0.95), (0.24, 0.42), (0.14, 0.5), (0.02, 0.34)], t.base)  # fmt: skip
    pen.poly([(0.02, 0.34), (0.14, 0.5), (0.165, 0.475), (0.045, 0.315)], t.dark)
    pen.poly([(0.98, 0.34), (0.86, 0.5), (0.835, 0.475), (0.955, 0.315)], t.dark)
    pen.oval(0.5, 0.1, 0.14, 0.1, t.dark)
    pen.oval(0.5, 0.075, 0.115, 0.085, t.deep)
    for points in (
        [(0.3, 0.5), (0.34, 0.7), (0.3, 0.92)],
        [(0.66, 0.46), (0.63, 0.66), (0.7, 0.9)],
    ):
        pen.curve(points, 0.008, t.dark)
    pen.oval(0.5, 0.46, 0.09, 0.09, t.accent)
    pen.poly([(0.44, 0.5), (0.5, 0.4), (0.56, 0.5)], t.pale)


def hoodie(pen: Pen, t: Tones) -> None:
    pen.poly([(0.3, 0.2), (0.7, 0.2), (0.88, 0.32), (0.97, 0.86), (0.82, 0.89), (0.76, 0.55),
              (0.77, 0.95), (0.23, 0.95), (0.24, 0.55), (0.18, 0.89), (0.03, 0.86), (0.12, 0.32)],
             t.base)  # fmt: skip
    pen.blob(
        [(0.5, 0.04), (0.68, 0.12), (0.7, 0.26), (0.5, 0.36), (0.3, 0.26), (0.32, 0.12)], t.dark
    )
    pen.blob([(0.5, 0.1), (0.6, 0.15), (0.6, 0.25), (0.5, 0.31), (0.4, 0.25), (0.4, 0.15)], t.deep)
    pen.line([(0.45, 0.32), (0.44, 0.48)], 0.012, t.pale)
    pen.line([(0.55, 0.32), (0.56, 0.5)], 0.012, t.pale)
    pen.poly([(0.34, 0.66), (0.66, 0.66), (0.72, 0.85), (0.28, 0.85)], t.dark)
    pen.box(0.23, 0.9, 0.77, 0.955, 0.0, t.deep)
    pen.poly([(0.03, 0.86), (0.18, 0.89), (0.17, 0.82), (0.04, 0.8)], t.deep)
    pen.poly([(0.97, 0.86), (0.82, 0.89), (0.83, 0.82), (0.96, 0.8)], t.deep)


def hat(pen: Pen, t: Tones) -> None:
    pen.blob([(0.55, 0.74), (0.8, 0.7), (0.97, 0.78), (0.93, 0.86), (0.6, 0.88)], t.dark)
    pen.poly([*arc(0.43, 0.8, 0.33, 0.5, 180, 360), (0.76, 0.84), (0.1, 0.84)], t.base)
    pen.curve([(0.43, 0.31), (0.55, 0.45), (0.58, 0.82)], 0.006, t.deep)
    pen.curve([(0.43, 0.31), (0.29, 0.46), (0.26, 0.82)], 0.006, t.deep)
    pen.oval(0.43, 0.305, 0.025, 0.018, t.deep)
    pen.box(0.1, 0.8, 0.76, 0.86, 0.02, t.deep)
    pen.oval(0.6, 0.62, 0.07, 0.075, t.accent)


def ring(pen: Pen, t: Tones) -> None:
    gold = mix(t.base, (214, 174, 96), 0.5)
    pen.hoop(0.5, 0.66, 0.3, 0.29, 0.05, gold)
    pen.hoop(0.5, 0.66, 0.285, 0.275, 0.012, mix(gold, t.pale, 0.6))
    pen.poly([(0.36, 0.2), (0.64, 0.2), (0.72, 0.28), (0.5, 0.46), (0.28, 0.28)], t.light)
    pen.poly([(0.28, 0.28), (0.72, 0.28), (0.5, 0.46)], t.accent)
    pen.poly([(0.42, 0.28), (0.58, 0.28), (0.5, 0.46)], mix(t.accent, t.pale, 0.5))
    pen.poly([(0.36, 0.2), (0.42, 0.28), (0.28, 0.28)], t.pale)


def umbrella(pen: Pen, t: Tones) -> None:
    pen.line([(0.5, 0.4), (0.5, 0.86)], 0.018, t.metal)
    pen.curve([(0.5, 0.85), (0.51, 0.94), (0.58, 0.95), (0.61, 0.88)], 0.024, t.ink)
    pen.poly([*arc(0.5, 0.5, 0.45, 0.42, 180, 360)], t.base)
    pen.poly([*arc(0.5, 0.5, 0.16, 0.42, 180, 360)], t.light)
    for x in (0.2, 0.5, 0.8):
        pen.oval(x, 0.5, 0.15 if x != 0.5 else 0.16, 0.035, t.deep)
    pen.oval(0.5, 0.075, 0.012, 0.035, t.ink)


WORN: dict[str, Thing] = {
    "shoe": shoe,
    "boot": boot,
    "backpack": backpack,
    "bag": bag,
    "watch": watch,
    "sunglasses": sunglasses,
    "shirt": shirt,
    "hoodie": hoodie,
    "hat": hat,
    "ring": ring,
    "umbrella": umbrella,
}
