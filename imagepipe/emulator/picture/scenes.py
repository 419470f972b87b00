"""Backgrounds: a studio, surfaces and places, out of focus behind the product.

A scene is drawn at a quarter of the size and blurred: cheap, and it looks like a wide aperture.
Each gets a pen in units of the picture, the chance of the composition and the mood of the light.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import TypeAlias

from PIL import Image, ImageFilter

from imagepipe.emulator.picture.palette import Colour, mix
from imagepipe.emulator.picture.pen import Pen, arc
from imagepipe.emulator.picture.words import Mood

Stops: TypeAlias = Sequence[tuple[float, Colour]]
Scene: TypeAlias = Callable[[Pen, Random, Mood], None]

HORIZON = 0.58
"""Where the ground begins, of the height."""

_SKIES: dict[Mood, Stops] = {
    "day": ((0, (112, 172, 222)), (0.6, (214, 232, 244)), (1, (236, 240, 240))),
    "golden": (
        (0, (92, 96, 156)),
        (0.35, (206, 132, 132)),
        (0.6, (250, 190, 122)),
        (1, (252, 226, 178)),
    ),
    "night": ((0, (10, 14, 36)), (0.6, (38, 40, 84)), (1, (74, 60, 104))),
}
_SUN: dict[Mood, Colour] = {
    "day": (255, 252, 232),
    "golden": (255, 236, 176),
    "night": (232, 236, 250),
}
_LIGHT: dict[Mood, tuple[Colour, float]] = {
    "day": ((255, 255, 255), 0.0),
    "golden": (((248, 150, 84)), 0.24),
    "night": (((20, 24, 60)), 0.55),
}


def gradient(width: int, height: int, stops: Stops) -> Image.Image:
    """A vertical run of colours."""
    rows = 96
    column = Image.new("RGB", (1, rows))
    column.putdata([_at(stops, row / (rows - 1)) for row in range(rows)])
    return column.resize((width, height), Image.Resampling.BILINEAR)


def _at(stops: Stops, place: float) -> Colour:
    for (start, one), (end, other) in pairwise(stops):
        if place <= end:
            return mix(one, other, (place - start) / (end - start) if end > start else 0)
    return stops[-1][1]


def scene(
    name: str, width: int, height: int, random: Random, mood: Mood, *, behind: bool
) -> Image.Image:
    """A place, at full size: out of focus `behind` a product, sharp where it is all there is."""
    part = 4 if behind else 2
    small = (max(8, width // part), max(8, height // part))
    pen = Pen(*small)
    sky = gradient(*small, _SKIES[mood])
    PLACES[name](pen, random, mood)
    sky.paste(pen.image, mask=pen.image.getchannel("A"))
    soft = sky.filter(ImageFilter.GaussianBlur(max(small) / 170)) if behind else sky
    return soft.resize((width, height), Image.Resampling.BILINEAR)


def _lit(colour: Colour, mood: Mood) -> Colour:
    light, share = _LIGHT[mood]
    return mix(colour, light, share)


def _ground(pen: Pen, near: Colour, far: Colour, mood: Mood, top: float = HORIZON) -> None:
    bands = 24
    for band in range(bands):
        y = top + (1 - top) * band / bands
        tone = _lit(mix(far, near, band / (bands - 1)), mood)
        pen.box(0, y, 1, 1, 0, tone)


def _sun(pen: Pen, random: Random, mood: Mood, y: float) -> None:
    x, aspect = random.uniform(0.15, 0.85), pen.height / pen.width
    for ring in range(6, 0, -1):
        radius = 0.05 + ring * 0.022
        pen.oval(x, y, radius * aspect, radius, mix(_SKIES[mood][-1][1], _SUN[mood], 1 - ring / 8))
    pen.oval(x, y, 0.055 * aspect, 0.055, _SUN[mood])


def _hills(pen: Pen, random: Random, base: float, rise: float, tone: Colour) -> None:
    steps = 7
    ridge = [
        (-0.05 + 1.1 * step / steps, base - rise * random.uniform(0.25, 1)) for step in range(8)
    ]
    pen.blob([(-0.1, 1.1), (-0.1, base), *ridge, (1.1, base), (1.1, 1.1)], tone)


def beach(pen: Pen, random: Random, mood: Mood) -> None:
    _sun(pen, random, mood, 0.3 if mood == "day" else 0.42)
    pen.box(0, 0.46, 1, 1, 0, _lit((44, 132, 170), mood))
    pen.box(0, 0.52, 1, 1, 0, _lit((74, 170, 186), mood))
    _ground(pen, (236, 212, 170), (222, 196, 152), mood, 0.61)
    surf = [(step / 8, 0.6 + random.uniform(-0.012, 0.012)) for step in range(9)]
    pen.curve(surf, 0.02, (250, 252, 250))
    side = random.choice((0.04, 0.96))
    lean = 0.12 if side < 0.5 else -0.12
    pen.curve([(side, 0.66), (side + lean / 3, 0.4), (side + lean, 0.14)], 0.02, (110, 80, 58))
    for turn in range(6):
        reach = (-0.2 + turn * 0.08) * (pen.height / pen.width)
        tip = (side + lean + reach, 0.2 + abs(reach) * 0.45)
        pen.curve([(side + lean, 0.14), (side + lean + reach / 2, 0.09), tip], 0.026,
                  _lit((46, 116, 78), mood))  # fmt: skip


def forest(pen: Pen, random: Random, mood: Mood) -> None:
    for depth in range(4):
        tone = _lit(mix((176, 204, 180), (30, 66, 48), depth / 3), mood)
        for _ in range(11 - depth * 2):
            x, wide = random.uniform(-0.05, 1.05), 0.03 + depth * 0.022
            top = random.uniform(0.0, 0.34) - depth * 0.04
            foot = 0.56 + depth * 0.025
            pen.box(x - wide / 8, top, x + wide / 8, foot, 0, mix(tone, (58, 42, 32), 0.4))
            for tier in range(3):
                y = top + (foot - top) * tier / 3.6
                half = wide * (0.7 + tier * 0.35)
                pen.poly([(x, y), (x + half, y + 0.24), (x - half, y + 0.24)], tone)
    _ground(pen, (92, 84, 58), (74, 96, 62), mood, 0.6)
    for _ in range(26):
        x, y = random.uniform(0, 1), random.uniform(0.62, 1)
        pen.oval(x, y, 0.03, 0.01, _lit(random.choice(((120, 104, 66), (70, 88, 52))), mood))
    for _ in range(9):
        x, y, r = random.uniform(0, 1), random.uniform(0.05, 0.5), random.uniform(0.008, 0.024)
        pen.oval(x, y, r * pen.height / pen.width, r, (250, 246, 200, 120))


def city(pen: Pen, random: Random, mood: Mood) -> None:
    _sun(pen, random, mood, 0.36)
    lamps = ((255, 222, 140), (150, 220, 255), (255, 150, 190))
    for depth in range(3):
        tone = _lit(mix((168, 178, 198), (58, 66, 88), depth / 2), mood)
        x = -0.03
        while x < 1:
            wide, top = random.uniform(0.06, 0.13), random.uniform(0.08, 0.4) + depth * 0.06
            pen.box(x, top, x + wide, 0.62, 0.004, tone)
            if random.random() < 0.3:
                pen.line([(x + wide / 2, top), (x + wide / 2, top - 0.06)], 0.005, tone)
            for column in range(3):
                for row in range(int((0.58 - top) / 0.045)):
                    if random.random() < (0.3 if mood == "day" else 0.6):
                        wx, wy = x + wide * (0.16 + column * 0.27), top + 0.02 + row * 0.045
                        glow = mix(random.choice(lamps), tone, 0.45 if mood == "day" else 0.1)
                        pen.box(wx, wy, wx + wide * 0.14, wy + 0.022, 0, glow)
            x += wide + random.uniform(0.0, 0.03)
    _ground(pen, (84, 88, 98), (120, 122, 130), mood, 0.61)
    for _ in range(12):
        x, y, r = random.uniform(0, 1), random.uniform(0.5, 0.7), random.uniform(0.01, 0.026)
        pen.oval(x, y, r * pen.height / pen.width, r, (*random.choice(lamps), 110))


def mountain(pen: Pen, random: Random, mood: Mood) -> None:
    _sun(pen, random, mood, 0.22)
    for depth in range(3):
        tone = _lit(mix((164, 182, 208), (70, 92, 104), depth / 2), mood)
        for peak in range(4 - depth):
            x = (peak + random.uniform(0.1, 0.9)) / (4 - depth)
            top, half = random.uniform(0.12, 0.3) + depth * 0.11, random.uniform(0.26, 0.42)
            pen.poly([(x, top), (x + half, 0.66), (x - half, 0.66)], tone)
            cap = [(x, top), (x + half * 0.2, top + 0.11), (x + 0.02, top + 0.085),
                   (x - 0.03, top + 0.12), (x - half * 0.2, top + 0.105)]  # fmt: skip
            pen.poly(cap, mix((250, 250, 252), tone, 0.25 * depth))
    _hills(pen, random, 0.64, 0.08, _lit((96, 132, 94), mood))
    _ground(pen, (104, 124, 78), (118, 148, 96), mood, 0.63)


def garden(pen: Pen, random: Random, mood: Mood) -> None:
    _sun(pen, random, mood, 0.2)
    _hills(pen, random, 0.5, 0.16, _lit((150, 186, 150), mood))
    for _ in range(14):
        x, y, r = random.uniform(0, 1), random.uniform(0.38, 0.54), random.uniform(0.06, 0.12)
        pen.oval(x, y, r, r, _lit(random.choice(((92, 142, 88), (116, 164, 96))), mood))
    _ground(pen, (96, 148, 72), (140, 182, 100), mood, 0.56)
    petals = ((244, 214, 92), (238, 138, 162), (250, 248, 244), (178, 140, 214))
    for _ in range(60):
        y = random.uniform(0.58, 1)
        r = 0.004 + (y - 0.56) * 0.03
        pen.oval(random.uniform(0, 1), y, r * pen.height / pen.width, r, random.choice(petals))


def desert(pen: Pen, random: Random, mood: Mood) -> None:
    _sun(pen, random, mood, 0.26)
    for depth in range(3):
        tone = _lit(mix((228, 176, 126), (196, 124, 78), depth / 2), mood)
        _hills(pen, random, 0.52 + depth * 0.06, 0.12, tone)
    _ground(pen, (222, 168, 112), (206, 148, 96), mood, 0.62)


def snow(pen: Pen, random: Random, mood: Mood) -> None:
    _hills(pen, random, 0.5, 0.2, _lit((206, 218, 234), mood))
    for _ in range(12):
        x, top = random.uniform(0, 1), random.uniform(0.22, 0.4)
        for tier in range(3):
            y, half = top + tier * 0.07, 0.03 + tier * 0.016
            pen.poly([(x, y), (x + half, y + 0.1), (x - half, y + 0.1)], _lit((92, 122, 118), mood))
            pen.poly([(x, y), (x + half / 2, y + 0.05), (x - half / 2, y + 0.05)], (246, 250, 252))
    _ground(pen, (250, 250, 252), (224, 234, 244), mood, 0.57)
    for _ in range(70):
        r = random.uniform(0.003, 0.009)
        x, y = random.uniform(0, 1), random.uniform(0, 1)
        pen.oval(x, y, r * pen.height / pen.width, r, (255, 255, 255, 210))


def water(pen: Pen, random: Random, mood: Mood) -> None:
    _sun(pen, random, mood, 0.3)
    _hills(pen, random, 0.5, 0.16, _lit((122, 152, 160), mood))
    _ground(pen, (44, 104, 128), (136, 186, 200), mood, 0.52)
    for _ in range(40):
        y = random.uniform(0.54, 1)
        x, half = random.uniform(0, 1), 0.03 + (y - 0.5) * 0.16
        pen.box(x - half, y, x + half, y + 0.006, 0.003, _lit((206, 230, 234), mood))


def room(pen: Pen, random: Random, mood: Mood) -> None:
    wall = random.choice(((226, 218, 206), (206, 216, 212), (230, 212, 202)))
    pen.box(0, 0, 1, 1, 0, _lit(wall, mood))
    left = random.choice((0.08, 0.58))
    pen.box(left, 0.06, left + 0.32, 0.46, 0.006, _lit((250, 248, 244), mood))
    pen.box(left + 0.015, 0.075, left + 0.305, 0.445, 0.004, _SKIES[mood][1][1])
    _hills_in = _lit((136, 170, 136), mood)
    pen.oval(left + 0.1, 0.43, 0.085, 0.07, _hills_in)
    pen.oval(left + 0.22, 0.42, 0.075, 0.09, _hills_in)
    pen.box(left, 0.44, left + 0.32, 0.5, 0.0, _lit(wall, mood))
    for at in (left + 0.155, left - 0.005, left + 0.31):
        pen.box(at, 0.06, at + 0.012, 0.45, 0, _lit((250, 248, 244), mood))
    shelf = 0.62 if left < 0.5 else 0.06
    pen.box(shelf, 0.32, shelf + 0.32, 0.34, 0, _lit((150, 110, 76), mood))
    for item in range(7):
        x, tall = shelf + 0.02 + item * 0.042, random.uniform(0.08, 0.15)
        tone = random.choice(((176, 92, 76), (84, 112, 122), (214, 180, 118), (112, 128, 96)))
        pen.box(x, 0.32 - tall, x + 0.03, 0.32, 0.002, _lit(tone, mood))
    _ground(pen, (150, 112, 80), (176, 136, 100), mood, 0.6)


def wood(pen: Pen, random: Random, mood: Mood) -> None:
    wall = random.choice(((222, 214, 202), (90, 100, 96), (188, 198, 196)))
    pen.box(0, 0, 1, 1, 0, _lit(wall, mood))
    for _ in range(8):
        x, y, r = random.uniform(0, 1), random.uniform(0.05, 0.45), random.uniform(0.03, 0.07)
        glow = (*mix(wall, (255, 240, 206), 0.6), 120)
        pen.oval(x, y, r * pen.height / pen.width, r, glow)
    oak = random.choice(((168, 122, 80), (134, 92, 62), (196, 154, 108)))
    _ground(pen, oak, mix(oak, wall, 0.3), mood, 0.56)
    for plank in range(1, 4):
        y = 0.56 + 0.44 * (plank / 4) ** 1.4
        pen.box(0, y, 1, y + 0.004, 0, _lit(mix(oak, (40, 26, 18), 0.5), mood))
    for _ in range(34):
        y, x = random.uniform(0.57, 1), random.uniform(-0.2, 0.9)
        grain = _lit(mix(oak, random.choice(((60, 38, 24), (236, 204, 160))), 0.22), mood)
        pen.curve(
            [(x, y), (x + 0.2, y + random.uniform(-0.006, 0.006)), (x + 0.42, y)], 0.003, grain
        )


def marble(pen: Pen, random: Random, mood: Mood) -> None:
    wall = random.choice(((214, 214, 216), (202, 208, 206), (226, 218, 212)))
    pen.box(0, 0, 1, 1, 0, _lit(wall, mood))
    pen.poly(arc(0.5, 0.56, 0.36 * pen.height / pen.width, 0.5, 180, 360),
             _lit(mix(wall, (255, 255, 255), 0.4), mood))  # fmt: skip
    _ground(pen, (246, 245, 243), (228, 228, 228), mood, 0.56)
    for _ in range(9):
        x, y = random.uniform(-0.1, 0.9), random.uniform(0.57, 0.98)
        vein = [(x, y)]
        for _ in range(6):
            x, y = x + random.uniform(0.04, 0.14), y + random.uniform(-0.05, 0.06)
            vein.append((x, max(y, 0.565)))
        pen.curve(vein, random.choice((0.003, 0.005, 0.008)), _lit((186, 186, 190), mood))


PLACES: dict[str, Scene] = {
    "beach": beach,
    "forest": forest,
    "city": city,
    "mountain": mountain,
    "garden": garden,
    "desert": desert,
    "snow": snow,
    "water": water,
    "room": room,
    "wood": wood,
    "marble": marble,
}
