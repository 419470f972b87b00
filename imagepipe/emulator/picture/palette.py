"""Colours by name, tones of a material, and the accent and grade of each provider.

Colours are (red, green, blue), 0 to 255. Pure arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (196, 52, 48),
    "crimson": (170, 30, 52),
    "burgundy": (112, 28, 44),
    "coral": (240, 122, 98),
    "orange": (232, 126, 44),
    "terracotta": (196, 98, 68),
    "mustard": (212, 164, 48),
    "yellow": (240, 200, 62),
    "gold": (206, 166, 86),
    "golden": (206, 166, 86),
    "brass": (190, 152, 84),
    "olive": (122, 126, 64),
    "lime": (158, 200, 72),
    "green": (62, 138, 88),
    "sage": (154, 172, 142),
    "mint": (150, 212, 186),
    "emerald": (20, 122, 92),
    "teal": (28, 126, 130),
    "turquoise": (62, 186, 186),
    "cyan": (70, 180, 206),
    "blue": (52, 102, 190),
    "navy": (34, 48, 92),
    "indigo": (66, 60, 140),
    "purple": (118, 72, 158),
    "lavender": (178, 164, 214),
    "violet": (128, 84, 178),
    "pink": (236, 150, 172),
    "magenta": (196, 52, 132),
    "rose": (214, 138, 142),
    "brown": (122, 82, 56),
    "tan": (196, 160, 118),
    "beige": (220, 204, 178),
    "cream": (240, 230, 208),
    "ivory": (244, 238, 222),
    "copper": (190, 112, 76),
    "silver": (186, 192, 200),
    "grey": (142, 146, 152),
    "gray": (142, 146, 152),
    "charcoal": (62, 66, 74),
    "black": (44, 46, 52),
    "white": (240, 240, 238),
}

MATERIALS: dict[str, Colour] = {
    "ceramic": (236, 230, 220),
    "denim": (72, 98, 142),
    "glass": (168, 204, 204),
    "leather": (142, 88, 54),
    "oak": (186, 144, 98),
    "porcelain": (242, 240, 236),
    "stainless": (160, 170, 180),
    "steel": (160, 170, 180),
    "walnut": (104, 72, 52),
    "wooden": (168, 124, 84),
}

_SETS: tuple[tuple[Colour, Colour], ...] = (
    # (product, backdrop): pairs that sit well together
    ((214, 96, 70), (244, 222, 200)),
    ((36, 92, 112), (226, 232, 224)),
    ((232, 174, 66), (206, 220, 228)),
    ((98, 128, 92), (240, 228, 212)),
    ((64, 72, 128), (232, 222, 236)),
    ((196, 82, 104), (246, 226, 222)),
    ((44, 122, 116), (240, 232, 208)),
    ((142, 92, 62), (222, 228, 218)),
    ((90, 96, 108), (234, 224, 212)),
    ((212, 128, 148), (214, 228, 226)),
)


@dataclass(frozen=True, slots=True)
class Tones:
    """One material in its shades, with an accent and what stands for metal, ink and glass."""

    base: Colour
    dark: Colour
    deep: Colour
    light: Colour
    accent: Colour
    metal: Colour = (178, 184, 192)
    ink: Colour = (38, 40, 46)
    pale: Colour = (244, 242, 238)


@dataclass(frozen=True, slots=True)
class Look:
    """How a provider's pictures differ from the others': an accent and a tint over everything."""

    accent: Colour
    tint: Colour
    strength: float


LOOKS: dict[str, Look] = {
    "rungen": Look((94, 92, 230), (60, 80, 200), 0.05),
    "goneural": Look((230, 74, 140), (220, 60, 140), 0.05),
    "cometapi-runway": Look((238, 138, 40), (255, 150, 40), 0.07),
    "runway": Look((24, 26, 30), (30, 50, 70), 0.10),
    "runcrate": Look((24, 160, 122), (255, 255, 255), 0.04),
    "openai-images": Look((16, 132, 200), (255, 236, 214), 0.06),
}
_OTHER = Look((90, 96, 108), (255, 255, 255), 0.0)


def look_of(provider: str) -> Look:
    return LOOKS.get(provider, _OTHER)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` 0 gives `one`, 1 gives `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def tones(base: Colour, accent: Colour) -> Tones:
    return Tones(
        base=base,
        dark=mix(base, (16, 18, 30), 0.28),
        deep=mix(base, (12, 14, 24), 0.55),
        light=mix(base, (255, 252, 244), 0.38),
        accent=accent,
    )


def pair(random: Random, wanted: Colour | None) -> tuple[Colour, Colour]:
    """A product's colour and a backdrop that suits it."""
    product, backdrop = random.choice(_SETS)
    if wanted is None:
        return product, backdrop
    lightness = sum(wanted) / 765
    # A pale product stands before a deeper ground, a dark one before a lighter.
    return wanted, mix(backdrop, (96, 104, 112), 0.35 if lightness > 0.75 else 0.0)
