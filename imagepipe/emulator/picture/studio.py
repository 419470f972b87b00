"""The photographer's studio: a seamless backdrop with a podium, an arch or a disc, or plain white
or dark.

Sharp, unlike places: it is drawn at half the size, because its shapes stand right behind the
product.
"""

from __future__ import annotations

from random import Random

from PIL import Image, ImageFilter

from imagepipe.emulator.picture.palette import Colour, mix
from imagepipe.emulator.picture.pen import Pen, arc
from imagepipe.emulator.picture.scenes import gradient

_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (14, 15, 20)


def studio(
    width: int, height: int, random: Random, ground: Colour, *, kind: str, floor: float
) -> Image.Image:
    """A backdrop; `kind` is white, dark or studio, `floor` where the product stands (0 to 1)."""
    if kind == "white":
        ground = mix(_WHITE, ground, 0.06)
    elif kind == "dark":
        ground = mix(_BLACK, ground, 0.12)
    small = (max(8, width // 2), max(8, height // 2))
    stops = (
        (0.0, mix(ground, _BLACK, 0.07)),
        (0.5, mix(ground, _WHITE, 0.32 if kind != "dark" else 0.08)),
        (0.62, ground),
        (1.0, mix(ground, _BLACK, 0.12)),
    )
    back = gradient(*small, stops)
    back = _spot(back, random, strong=kind == "dark")
    if kind == "studio":
        pen = Pen(*small, under=ground)
        _set(pen, random, ground, floor)
        soft = pen.image.filter(ImageFilter.GaussianBlur(max(small) / 420))
        back.paste(soft, mask=soft.getchannel("A"))
    return back.resize((width, height), Image.Resampling.BILINEAR)


def _spot(back: Image.Image, random: Random, *, strong: bool) -> Image.Image:
    """A pool of light on the wall."""
    light = Image.new("L", (48, 48))
    pen = Pen(48, 48)
    pen.oval(random.uniform(0.35, 0.65), 0.4, 0.3, 0.3, (255, 255, 255, 110 if strong else 150))
    light.paste(pen.image.getchannel("A").filter(ImageFilter.GaussianBlur(8)))
    mask = light.resize(back.size, Image.Resampling.BILINEAR)
    back.paste((120, 128, 150) if strong else _WHITE, (0, 0), mask)
    return back


def _set(pen: Pen, random: Random, ground: Colour, floor: float) -> None:
    """The furniture of the set: which of it, and where, is up to the seed."""
    aspect = pen.height / pen.width
    shade, pale = mix(ground, _BLACK, 0.13), mix(ground, _WHITE, 0.5)
    match random.randrange(4):
        case 0:
            pen.oval(0.5 + random.uniform(-0.06, 0.06), floor - 0.34, 0.3 * aspect, 0.3, pale)
        case 1:
            x, half = 0.5 + random.uniform(-0.05, 0.05), 0.29 * aspect
            pen.poly(
                [(x - half, 1), *arc(x, floor - 0.32, half, 0.3, 180, 360), (x + half, 1)], pale
            )
            inner = half * 0.86
            pen.poly([(x - inner, 1), *arc(x, floor - 0.32, inner, 0.26, 180, 360), (x + inner, 1)],
                     mix(shade, ground, 0.4))  # fmt: skip
        case 2:
            for x, tall in ((0.5 - 0.4 * aspect, 0.4), (0.5 + 0.4 * aspect, 0.26)):
                half = 0.13 * aspect
                pen.box(x - half, floor - tall, x + half, floor + 0.05, 0, shade)
                pen.oval(x, floor - tall, half, 0.03, pale)
        case _:
            pen.poly([(0, 0), (0.32, 0), (0.06, 0.7), (0, 0.7)], (*pale, 120))
            pen.poly([(0.46, 0), (0.62, 0), (0.3, 0.7), (0.16, 0.7)], (*pale, 90))
    if random.random() < 0.6:
        half, y = 0.36 * aspect, floor + 0.005
        pen.oval(0.5, y + 0.075, half, 0.055, mix(shade, _BLACK, 0.12))
        pen.box(0.5 - half, y, 0.5 + half, y + 0.075, 0, shade)
        pen.oval(0.5, y, half, 0.055, mix(ground, _WHITE, 0.22))
