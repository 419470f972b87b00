"""Silhouettes of furniture and devices: chairs, sofas, tables, headphones, phones, cameras.

Drawn as in `things.py`, in the unit square on a ground line at y = 0.96.
"""

from __future__ import annotations

from imagepipe.emulator.picture.palette import Tones, mix
from imagepipe.emulator.picture.pen import Pen, arc
from imagepipe.emulator.picture.things import Thing

_WOOD = (150, 108, 72)
_WOOD_DARK = (116, 80, 54)


def chair(pen: Pen, t: Tones) -> None:
    for top, foot in ((0.3, 0.25), (0.7, 0.75)):
        pen.line([(top, 0.6), (foot, 0.945)], 0.03, _WOOD_DARK)
    for top, foot in ((0.38, 0.36), (0.62, 0.64)):
        pen.line([(top, 0.6), (foot, 0.88)], 0.024, _WOOD_DARK)
    pen.blob([(0.28, 0.08), (0.5, 0.04), (0.72, 0.08), (0.76, 0.34), (0.7, 0.52), (0.3, 0.52),
              (0.24, 0.34)], t.base)  # fmt: skip
    for x in (0.38, 0.5, 0.62):
        pen.curve([(x, 0.1), (x, 0.3), (x, 0.48)], 0.006, t.dark)
    pen.blob([(0.2, 0.56), (0.32, 0.49), (0.68, 0.49), (0.8, 0.56), (0.76, 0.66), (0.24, 0.66)],
             t.light)  # fmt: skip


def sofa(pen: Pen, t: Tones) -> None:
    for x in (0.14, 0.86):
        pen.line([(x, 0.84), (x, 0.945)], 0.024, _WOOD_DARK)
    pen.box(0.12, 0.36, 0.88, 0.8, 0.07, t.dark)
    for x in (0.16, 0.505):
        pen.box(x, 0.4, x + 0.335, 0.72, 0.05, t.base)
        pen.box(x, 0.62, x + 0.335, 0.78, 0.035, t.light)
    pen.box(0.03, 0.5, 0.18, 0.88, 0.06, t.base)
    pen.box(0.82, 0.5, 0.97, 0.88, 0.06, t.base)
    pen.box(0.12, 0.76, 0.88, 0.88, 0.03, t.dark)
    pen.poly([(0.2, 0.62), (0.23, 0.43), (0.4, 0.46), (0.37, 0.65)], t.accent)


def table(pen: Pen, t: Tones) -> None:
    for top, foot in ((0.14, 0.1), (0.86, 0.9), (0.26, 0.25), (0.74, 0.75)):
        pen.line([(top, 0.5), (foot, 0.945 if top in (0.14, 0.86) else 0.86)], 0.028, _WOOD_DARK)
    pen.poly([(0.18, 0.4), (0.82, 0.4), (0.97, 0.5), (0.03, 0.5)], mix(t.base, _WOOD, 0.5))
    pen.box(0.03, 0.495, 0.97, 0.545, 0.012, _WOOD_DARK)
    pen.box(0.6, 0.25, 0.68, 0.45, 0.03, t.accent)
    for x, y in ((0.6, 0.12), (0.64, 0.07), (0.69, 0.13)):
        pen.curve([(0.64, 0.27), (x, y)], 0.008, (88, 124, 84))
        pen.oval(x, y, 0.026, 0.03, (112, 154, 102))


def headphones(pen: Pen, t: Tones) -> None:
    pen.line(arc(0.5, 0.52, 0.36, 0.42, 180, 360), 0.055, t.base)
    pen.line(arc(0.5, 0.52, 0.335, 0.395, 205, 335), 0.02, t.deep)
    for side in (-1, 1):
        x = 0.5 + side * 0.33
        pen.line([(x + side * 0.03, 0.42), (x + side * 0.02, 0.56)], 0.03, t.metal)
        pen.box(x - 0.13, 0.5, x + 0.13, 0.92, 0.11, t.dark)
        pen.box(x - 0.13 + side * 0.035, 0.52, x + 0.13 + side * 0.035, 0.9, 0.1, t.base)
        inner = x - side * 0.1
        pen.box(inner - 0.045, 0.53, inner + 0.045, 0.89, 0.04, t.ink)
        pen.oval(x + side * 0.06, 0.71, 0.035, 0.06, t.accent)


def earbuds(pen: Pen, t: Tones) -> None:
    pen.box(0.2, 0.56, 0.8, 0.955, 0.13, t.base)
    pen.box(0.2, 0.66, 0.8, 0.675, 0.0, t.dark)
    pen.oval(0.5, 0.8, 0.018, 0.018, t.accent)
    for side, x in ((-1, 0.36), (1, 0.64)):
        pen.box(x - 0.03, 0.2, x + 0.03, 0.6, 0.028, t.light)
        pen.oval(x - side * 0.02, 0.2, 0.095, 0.1, t.light)
        pen.oval(x - side * 0.085, 0.22, 0.045, 0.062, t.ink)
        pen.box(x - 0.012, 0.3, x + 0.012, 0.4, 0.01, t.metal)
    pen.poly([(0.2, 0.62), (0.8, 0.62), (0.8, 0.67), (0.2, 0.67)], t.base)


def phone(pen: Pen, t: Tones) -> None:
    pen.box(0.28, 0.04, 0.72, 0.955, 0.06, t.deep)
    pen.box(0.295, 0.055, 0.705, 0.94, 0.05, t.base)
    pen.blob([(0.3, 0.5), (0.45, 0.36), (0.6, 0.52), (0.7, 0.44), (0.7, 0.9), (0.3, 0.9)], t.light)
    pen.blob(
        [(0.3, 0.66), (0.42, 0.58), (0.56, 0.72), (0.7, 0.62), (0.7, 0.9), (0.3, 0.9)], t.accent
    )
    pen.box(0.295, 0.88, 0.705, 0.94, 0.05, t.accent)
    pen.box(0.43, 0.075, 0.57, 0.1, 0.012, t.ink)
    pen.box(0.38, 0.16, 0.62, 0.2, 0.01, t.pale)
    pen.box(0.43, 0.22, 0.57, 0.232, 0.005, t.pale)


def laptop(pen: Pen, t: Tones) -> None:
    pen.box(0.16, 0.28, 0.84, 0.78, 0.025, t.ink)
    pen.box(0.18, 0.305, 0.82, 0.755, 0.01, t.base)
    pen.blob([(0.18, 0.62), (0.34, 0.5), (0.52, 0.64), (0.7, 0.48), (0.82, 0.56), (0.82, 0.75),
              (0.18, 0.75)], t.light)  # fmt: skip
    pen.oval(0.66, 0.42, 0.05, 0.05, t.accent)
    pen.poly([(0.12, 0.78), (0.88, 0.78), (0.97, 0.93), (0.03, 0.93)], t.metal)
    pen.poly([(0.19, 0.8), (0.81, 0.8), (0.85, 0.86), (0.15, 0.86)], t.ink)
    pen.poly([(0.4, 0.875), (0.6, 0.875), (0.615, 0.915), (0.385, 0.915)], mix(t.metal, t.ink, 0.2))
    pen.box(0.03, 0.925, 0.97, 0.955, 0.012, mix(t.metal, t.ink, 0.3))


def camera(pen: Pen, t: Tones) -> None:
    pen.box(0.36, 0.25, 0.64, 0.42, 0.03, t.dark)
    pen.box(0.14, 0.3, 0.26, 0.4, 0.015, t.metal)
    pen.box(0.08, 0.36, 0.92, 0.9, 0.06, t.base)
    pen.box(0.08, 0.47, 0.92, 0.8, 0.0, t.deep)
    pen.oval(0.5, 0.63, 0.235, 0.235, t.metal)
    pen.oval(0.5, 0.63, 0.205, 0.205, t.ink)
    pen.oval(0.5, 0.63, 0.14, 0.14, mix(t.ink, (70, 90, 150), 0.5))
    pen.oval(0.5, 0.63, 0.07, 0.07, t.ink)
    pen.oval(0.45, 0.57, 0.035, 0.03, (220, 230, 250))
    pen.oval(0.82, 0.42, 0.025, 0.025, t.accent)


def speaker(pen: Pen, t: Tones) -> None:
    pen.box(0.24, 0.06, 0.76, 0.955, 0.06, t.base)
    pen.oval(0.5, 0.63, 0.19, 0.19, t.ink)
    pen.oval(0.5, 0.63, 0.145, 0.145, t.deep)
    pen.oval(0.5, 0.63, 0.055, 0.055, t.metal)
    pen.oval(0.5, 0.26, 0.1, 0.1, t.ink)
    pen.oval(0.5, 0.26, 0.045, 0.045, t.metal)
    pen.oval(0.66, 0.89, 0.014, 0.014, t.accent)


def ball(pen: Pen, t: Tones) -> None:
    pen.oval(0.5, 0.56, 0.4, 0.4, t.base)
    pen.curve([(0.5, 0.16), (0.46, 0.56), (0.5, 0.96)], 0.014, t.deep)
    pen.curve([(0.1, 0.56), (0.5, 0.6), (0.9, 0.56)], 0.014, t.deep)
    pen.curve([(0.24, 0.26), (0.36, 0.56), (0.24, 0.86)], 0.014, t.deep)
    pen.curve([(0.76, 0.26), (0.64, 0.56), (0.76, 0.86)], 0.014, t.deep)


def pillow(pen: Pen, t: Tones) -> None:
    pen.blob([(0.06, 0.3), (0.5, 0.22), (0.94, 0.3), (0.9, 0.62), (0.95, 0.92), (0.5, 0.955),
              (0.05, 0.92), (0.1, 0.62)], t.base)  # fmt: skip
    for step in range(5):
        y = 0.36 + step * 0.115
        pen.curve([(0.1, y), (0.5, y + 0.03), (0.9, y)], 0.022, t.light)
    pen.oval(0.5, 0.6, 0.025, 0.02, t.dark)


HOUSE: dict[str, Thing] = {
    "chair": chair,
    "sofa": sofa,
    "table": table,
    "headphones": headphones,
    "earbuds": earbuds,
    "phone": phone,
    "laptop": laptop,
    "camera": camera,
    "speaker": speaker,
    "ball": ball,
    "pillow": pillow,
}
