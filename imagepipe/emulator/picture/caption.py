"""The words on a placeholder: the prompt, who drew it, its seed, and a ribbon that says what it is.

`ImageFont.load_default` carries its own font, so no font of the system decides the bytes. It is
Latin; other scripts show as boxes.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from imagepipe.emulator.picture.brief import Brief
from imagepipe.emulator.picture.palette import Colour, look_of, mix

_LOCK = threading.Lock()  # FreeType faces are shared by the drawing threads
_LINES = 3


def panel_height(width: int, height: int) -> int:
    """Pixels that the caption takes at the bottom."""
    return round(_text_size(width, height) * 5.2)


def caption(picture: Image.Image, brief: Brief) -> None:
    """Writes the panel and the ribbon onto a picture."""
    width, height = picture.size
    size, tall = _text_size(width, height), panel_height(width, height)
    if min(width, height) < 96:
        return  # nothing would be legible
    top, accent = height - tall, look_of(brief.provider).accent
    picture.paste((18, 20, 26), (0, top), Image.new("L", (width, tall), 208))
    with _LOCK:
        draw = ImageDraw.Draw(picture)
        draw.rectangle((0, top, round(size * 0.34), height), fill=accent)
        _write(draw, brief, size, top, width)
    _ribbon_on(picture, size, accent)


def _write(draw: ImageDraw.ImageDraw, brief: Brief, size: int, top: int, width: int) -> None:
    left, room = round(size * 1.1), width - round(size * 2)
    font, small = _font(size), _font(max(8, round(size * 0.72)))
    y = top + round(size * 0.5)
    for line in _wrapped(draw, " ".join(brief.prompt.split()), font, room):
        draw.text((left, y), line, font=font, fill=(248, 248, 246))
        y += round(size * 1.2)
    facts = [brief.provider, brief.model.rpartition("/")[2], f"seed {brief.seed}",
             f"{brief.width} x {brief.height}"]  # fmt: skip
    line = _cut(draw, "   |   ".join(fact for fact in facts if fact), small, room)
    accent = mix(look_of(brief.provider).accent, (255, 255, 255), 0.55)
    draw.text((left, top + round(size * 4.15)), line, font=small, fill=accent)


def _wrapped(
    draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, room: int
) -> list[str]:
    """At most three lines; the last one ends in an ellipsis when words are left."""
    words, lines = text[:600].split(" "), [""]
    for index, word in enumerate(words):
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font) <= room:
            lines[-1] = longer
        elif len(lines) == _LINES:
            lines[-1] = _cut(draw, " ".join([lines[-1], *words[index:]]), font, room)
            break
        else:
            lines.append(_cut(draw, word, font, room))
    return lines


def _cut(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, room: int) -> str:
    if draw.textlength(text, font) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = draw.textlength(text[:middle] + "...", font) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip() + "..."


def _ribbon_on(picture: Image.Image, size: int, accent: Colour) -> None:
    with _LOCK:
        ribbon = _ribbon(size, accent)
    corner = (picture.width - ribbon.width, 0)
    picture.paste(ribbon, corner, ribbon)


@lru_cache(maxsize=64)
def _ribbon(size: int, accent: Colour) -> Image.Image:
    """A band across the upper right corner."""
    text, font = "PLACEHOLDER", _font(max(8, round(size * 0.8)))
    side, tall = round(size * 8.4), round(size * 1.5)
    band = Image.new("RGBA", (side * 2, tall), (*accent, 235))
    draw = ImageDraw.Draw(band)
    long = draw.textlength(text, font)
    draw.text((side - long / 2, tall * 0.22), text, font=font, fill=(255, 255, 255))
    turned = band.rotate(-45, resample=Image.Resampling.BICUBIC, expand=True)
    whole = Image.new("RGBA", (side, side))
    whole.paste(
        turned, (round(side * 0.62 - turned.width / 2), round(side * 0.38 - turned.height / 2))
    )
    return whole


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType")
    return font


def _text_size(width: int, height: int) -> int:
    return max(8, round(min(width, height * 1.2) / 36))
