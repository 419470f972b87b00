"""From a brief to the file's bytes: scene, shadow, product, light, caption.

The order of the steps is the order of `_paint`. All chance comes from the brief's own, so the same
brief gives the same pixels (and, with one version of Pillow and zlib, the same bytes).
"""

from __future__ import annotations

import io
from dataclasses import replace
from random import Random

from PIL import Image, ImageChops, ImageFilter, ImageOps

from imagepipe.emulator.picture.brief import Brief
from imagepipe.emulator.picture.caption import caption, panel_height
from imagepipe.emulator.picture.house import HOUSE
from imagepipe.emulator.picture.marks import encode
from imagepipe.emulator.picture.palette import Colour, look_of, pair, tones
from imagepipe.emulator.picture.pen import Pen
from imagepipe.emulator.picture.scenes import PLACES, scene
from imagepipe.emulator.picture.studio import studio
from imagepipe.emulator.picture.things import THINGS, generic
from imagepipe.emulator.picture.words import Mood
from imagepipe.emulator.picture.worn import WORN

_ALL = THINGS | WORN | HOUSE
DRAWN = (frozenset(_ALL), frozenset(PLACES) | {"white", "dark", "studio"})
"""The things and the scenes that can be drawn."""

_GLOSSY = {"marble", "water", "dark"}
_LAID_OUT = {"shirt", "hoodie"}  # hang rather than stand


def draw(brief: Brief) -> bytes:
    """The file for a brief. Takes some tens of milliseconds of a core for a megapixel."""
    # `random` is a cached property with state: a copy of the brief starts it anew.
    return encode(_paint(replace(brief)), brief)


def _paint(brief: Brief) -> Image.Image:
    random, subject = brief.random, brief.subject
    width, height = brief.width, brief.height
    tall = panel_height(width, height)
    floor = (height - tall) / height * random.uniform(0.86, 0.91)
    product, ground = pair(random, subject.colour)
    place = subject.scene or "studio"
    if place in PLACES:
        behind = not subject.landscape or bool(brief.inputs)
        picture = scene(place, width, height, random, subject.mood, behind=behind)
    else:
        picture = studio(width, height, random, ground, kind=place, floor=floor)
    given = _given(brief)
    if given and brief.inputs[0][0] == "image":
        _print_on(picture, given[0], random, floor, main=True)
        given = given[1:]
    elif not subject.landscape:
        _product(picture, brief, random, product, floor, glossy=place in _GLOSSY)
    for index, extra in enumerate(given[:3]):
        _print_on(picture, extra, random, floor, main=False, index=index)
    picture = _grade(picture, brief, subject.mood)
    caption(picture, brief)
    return picture


def _product(
    picture: Image.Image,
    brief: Brief,
    random: Random,
    colour: Colour,
    floor: float,
    *,
    glossy: bool,
) -> None:
    """The silhouette with its volume, its shadow and, on glossy ground, its reflection."""
    width, height = picture.size
    side = round(min(width * 0.86, height * floor * 0.92) * random.uniform(0.8, 0.94))
    if side < 8:
        return
    pen = Pen(side, side, scale=2, under=colour)
    thing = brief.subject.thing or ""
    _ALL.get(thing, generic)(pen, tones(colour, look_of(brief.provider).accent))
    flat, alpha = pen.layers()
    if random.random() < 0.5:
        flat, alpha = ImageOps.mirror(flat), ImageOps.mirror(alpha)
    left = round((width - side) / 2 + width * random.uniform(-0.05, 0.05))
    top = round(height * floor - side * (0.955 if thing not in _LAID_OUT else 0.99))
    if glossy:
        _reflect(picture, flat, alpha, left, top + round(side * 0.91))
    _shadow(picture, alpha, left, top, random)
    picture.paste(_volume(flat, alpha, random), (left, top), alpha)


def _volume(flat: Image.Image, alpha: Image.Image, random: Random) -> Image.Image:
    """Light from one side, darker towards the edges: a soft-lit body instead of a flat shape."""
    small = alpha.reduce(6)
    body = small.filter(ImageFilter.GaussianBlur(small.width / 16))
    ramp = Image.linear_gradient("L").rotate(90 if random.random() < 0.5 else 270)
    ramp = ramp.resize(small.size).point([70 + value * 110 // 255 for value in range(256)])
    lit = body.point([90 + value * 165 // 255 for value in range(256)])
    shade = Image.blend(lit, ramp, 0.5).resize(flat.size, Image.Resampling.BILINEAR)
    return ImageChops.soft_light(flat, Image.merge("RGB", (shade, shade, shade)))


def _shadow(picture: Image.Image, alpha: Image.Image, left: int, top: int, random: Random) -> None:
    """A soft one that falls to a side, and a dark one where the product touches the ground."""
    side = alpha.width
    foot = alpha.reduce(max(1, side // 96))
    small = foot.width
    canvas = Image.new("L", (round(small * 1.5), small // 2))
    cast = foot.resize((small, max(2, small // 4))).point([v * 110 // 255 for v in range(256)])
    lean = round(small * random.choice((-0.18, 0.18)))
    canvas.paste(cast, (small // 4 + lean, small // 2 - small // 4 - small // 10))
    touch = foot.crop((0, small - max(2, small // 5), small, small)).resize(
        (small, max(2, small // 12))
    )
    canvas.paste(touch, (small // 4, small // 2 - small // 7), touch)
    soft = canvas.filter(ImageFilter.GaussianBlur(small / 26)).point(_SHADOW)
    mask = soft.resize((side * 3 // 2, side // 2), Image.Resampling.BILINEAR)
    picture.paste((16, 16, 26), (left - side // 4, top + round(side * 0.555)), mask)


_SHADOW = [round(value * 0.62) for value in range(256)]


def _reflect(
    picture: Image.Image, flat: Image.Image, alpha: Image.Image, left: int, top: int
) -> None:
    part = (0, flat.height - max(2, flat.height // 4), flat.width, flat.height)
    mirror = ImageOps.flip(flat.crop(part))
    fade = (
        Image.linear_gradient("L")
        .rotate(180)
        .resize(mirror.size)
        .point([v // 3 for v in range(256)])
    )
    mask = ImageChops.multiply(ImageOps.flip(alpha.crop(part)), fade)
    picture.paste(mirror, (left, top), mask)


def _given(brief: Brief) -> list[Image.Image]:
    """The input pictures that could be read."""
    return [
        Image.open(io.BytesIO(thumb), formats=("JPEG",)).convert("RGB")
        for _, _, thumb in brief.inputs
        if thumb is not None
    ]


def _print_on(
    picture: Image.Image,
    given: Image.Image,
    random: Random,
    floor: float,
    *,
    main: bool,
    index: int = 0,
) -> None:
    """An input as a print with a white border: the subject of an edit, or pinned beside it."""
    width, height = picture.size
    side = round(min(width * 0.8, height * floor) * (0.86 if main else 0.27))
    edge = max(2, side // 24)
    given = ImageOps.contain(given, (side - 2 * edge, side - 2 * edge))
    card = Image.new(
        "RGBA", (given.width + 2 * edge, given.height + 3 * edge), (252, 251, 248, 255)
    )
    card.paste(given, (edge, edge))
    turn = random.uniform(-2.5, 2.5) if main else random.uniform(-9, 9)
    card = card.rotate(turn, resample=Image.Resampling.BICUBIC, expand=True)
    if main:
        left, top = (width - card.width) // 2, round(height * floor * 0.53 - card.height / 2)
    else:
        left = round(width * 0.035 + index * side * 0.34)
        top = round(height * 0.045 + index * side * 0.3)
    dark = card.getchannel("A").point([v * 90 // 255 for v in range(256)])
    shade = ImageOps.expand(dark, edge * 2).filter(ImageFilter.GaussianBlur(edge * 0.8))
    picture.paste((12, 12, 20), (left - edge * 2 + edge // 2, top - edge * 2 + edge), shade)
    picture.paste(card, (left, top), card)


def _grade(picture: Image.Image, brief: Brief, mood: Mood) -> Image.Image:
    """The provider's tint, and the light of the hour over everything."""
    look = look_of(brief.provider)
    tint, strength = look.tint, look.strength
    if mood == "golden":
        tint, strength = (255, 168, 84), strength + 0.06
    elif mood == "night":
        tint, strength = (24, 30, 84), strength + 0.12
    return Image.blend(picture, Image.new("RGB", picture.size, tint), strength)
