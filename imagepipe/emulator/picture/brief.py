"""What a picture is to show, and what the words of its prompt say about that.

Reading is by plain word lists: the first product named is the product, a colour beside it colours
it, and words for places choose the scene. No drawing here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import Literal

from imagepipe.emulator.picture.palette import COLOURS, MATERIALS, Colour
from imagepipe.emulator.picture.words import MOODS, SCENES, THINGS, Mood

_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
_WHERE = {"in", "on", "at", "by", "near", "along", "against", "over", "inside", "beside", "under"}
_PLACES = set(SCENES.values()) - {"white", "dark", "studio"}
_NOT_THE_PRODUCT = {"background", "backdrop", "surface", "wall", "marble", "sky", "table", "light"}


@dataclass(frozen=True)
class Brief:
    """Everything that decides a picture. `inputs` are (role, digest, JPEG thumbnail or None)."""

    provider: str
    model: str
    prompt: str
    negative: str
    width: int
    height: int
    seed: int
    form: Literal["png", "jpeg", "webp"] = "png"
    inputs: tuple[tuple[str, str, bytes | None], ...] = field(default=(), repr=False)

    @cached_property
    def digest(self) -> str:
        parts: list[object] = [
            self.provider,
            self.model,
            self.prompt,
            self.negative,
            self.width,
            self.height,
            self.seed,
            self.form,
        ]
        parts += [f"{role}:{digest}" for role, digest, _ in self.inputs]
        text = "\x1f".join(map(str, parts))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def random(self) -> Random:
        """Chance for the composition: another seed or prompt gives another arrangement."""
        return Random(int(self.digest[:16], 16))  # noqa: S311 - composition, not secrets

    @cached_property
    def subject(self) -> Subject:
        return read(self.prompt)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a prompt names. `thing` is None where no list knows it; `landscape` if there is none."""

    thing: str | None
    colour: Colour | None
    scene: str | None
    mood: Mood
    landscape: bool


def read(prompt: str) -> Subject:
    """The product, its colour, the scene and the light that a prompt speaks of."""
    words = _WORD.findall(prompt.lower())
    things = [THINGS.get(word) or THINGS.get(word.removesuffix("s")) for word in words]
    place = next((index for index, thing in enumerate(things) if thing), 0)
    while place + 1 < len(things) and things[place + 1]:
        place += 1  # in "laptop backpack" the last noun is the product
    thing = things[place] if things else None
    rest = words[:place] + words[place + 1 :] if thing else words
    scene = _scene(rest)
    landscape = thing is None and scene in _PLACES and not _stands_in(words)
    return Subject(thing, _colour(words, place), scene, _mood(words), landscape)


def _stands_in(words: list[str]) -> bool:
    """Whether the place is where something stands: "on a wooden table", "in the desert"."""
    first = next((index for index, word in enumerate(words) if word in SCENES), 0)
    return bool(_WHERE & set(words[max(0, first - 3) : first]))


def _colour(words: list[str], place: int) -> Colour | None:
    """The colour named nearest before the product, else the first that is not the scene's.

    A material (ceramic, leather) colours the product only where no colour is named.
    """
    for table in (COLOURS, MATERIALS):
        named = [
            index
            for index, word in enumerate(words)
            if word in table and not _NOT_THE_PRODUCT & set(words[index + 1 : index + 2])
        ]
        if named:
            before = [index for index in named if index < place]
            return table[words[before[-1] if before else named[0]]]
    return None


def _scene(words: list[str]) -> str | None:
    """A place or a surface before a plain background: "on marble, white background" is marble."""
    for word in words:
        found = SCENES.get(word) or SCENES.get(word.removesuffix("s"))
        if found not in (None, "studio", "dark", "white"):
            return found
    for word, following in pairwise(words):
        if following in ("background", "backdrop"):
            if word == "white":
                return "white"
            if word in ("black", "dark", "grey", "gray"):
                return "dark"
    return next((SCENES[word] for word in words if word in SCENES), None)


def _mood(words: list[str]) -> Mood:
    return next((MOODS[word] for word in words if word in MOODS), "day")
