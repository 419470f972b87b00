"""What a picture is to show, and what the words of its prompt say about that.

Reading is by plain word lists: the first product named is the product, a colour beside it colours
it, and words for places choose the scene. No drawing here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Literal

from imagepipe.emulator.picture.palette import COLOURS, Colour
from imagepipe.emulator.picture.words import MOODS, SCENES, THINGS, Mood

_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
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
    """What a prompt names. `thing` is None for a landscape or something unknown."""

    thing: str | None
    colour: Colour | None
    scene: str | None
    mood: Mood


def read(prompt: str) -> Subject:
    """The product, its colour, the scene and the light that a prompt speaks of."""
    words = _WORD.findall(prompt.lower())
    thing, place = None, 0
    for index, word in enumerate(words):
        found = THINGS.get(word) or THINGS.get(word.removesuffix("s"))
        if found is not None:
            thing, place = found, index
            break
    return Subject(thing, _colour(words, place), _scene(words), _mood(words))


def _colour(words: list[str], place: int) -> Colour | None:
    """The colour named nearest before the product, else the first that is not the scene's."""
    named = [
        index
        for index, word in enumerate(words)
        if word in COLOURS and not _NOT_THE_PRODUCT & set(words[index + 1 : index + 2])
    ]
    before = [index for index in named if index < place]
    if before:
        return COLOURS[words[before[-1]]]
    return COLOURS[words[named[0]]] if named else None


def _scene(words: list[str]) -> str | None:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in ("white", "black", "dark", "grey", "gray") and following in _NOT_THE_PRODUCT:
            if following == "marble":
                return "marble"
            return "white" if word == "white" else "dark"
    for word in words:
        found = SCENES.get(word) or SCENES.get(word.removesuffix("s"))
        if found is not None:
            return found
    return None


def _mood(words: list[str]) -> Mood:
    return next((MOODS[word] for word in words if word in MOODS), "day")
