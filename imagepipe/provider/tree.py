"""Body templates: YAML trees with `${name}` in them, and what becomes of them.

A whole-value `${name}` keeps its type; inside text it becomes text. A value whose name is unset is
dropped, and so is a map or list that thereby becomes empty. `{each: LIST, item: TREE}` is one tree
per element; inside a list it splices. This file does not know what the names stand for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias, assert_never

from imagepipe.model import ImageInput, Json

NAME = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class File:
    """A picture that travels as a part of a form."""

    data: bytes
    filename: str
    media_type: str


Rendered: TypeAlias = "Json | File | list[Rendered] | dict[str, Rendered]"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A literal of the spec."""

    value: Json


@dataclass(frozen=True, slots=True)
class Text:
    """Texts and names in turn; a lone name is a whole value and keeps its type."""

    parts: tuple[str | Slot, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts if isinstance(part, Slot))


@dataclass(frozen=True, slots=True)
class Slot:
    """Where `${name}` stands."""

    name: str


@dataclass(frozen=True, slots=True)
class Fields:
    """A map."""

    items: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """One `item` for every picture of the field `over`."""

    over: str
    item: Tree


Tree: TypeAlias = Fixed | Text | Fields | Items | Each
Scope: TypeAlias = Callable[[str, ImageInput | None], "Rendered"]
"""The value of a name, None if it is unset; the second argument is the `item` of an `each`."""

Pictures: TypeAlias = Callable[[str], tuple[ImageInput, ...]]
"""The pictures of a field, in order; none if it is unset."""


class Dropped:
    """The mark of what is left out."""


DROPPED: Final = Dropped()


def text(source: str) -> Text:
    """The template that a text is: `W: ${width}` has two parts."""
    pieces = NAME.split(source)
    parts = (Slot(piece.strip()) if odd % 2 else piece for odd, piece in enumerate(pieces))
    return Text(tuple(part for part in parts if part != ""))


def render(
    tree: Tree, scope: Scope, pictures: Pictures, item: ImageInput | None = None
) -> Rendered | Dropped:
    """The tree with its names filled in."""
    match tree:
        case Fixed(value):
            return value
        case Text():
            return render_text(tree, scope, item)
        case Fields(items):
            pairs = ((key, render(value, scope, pictures, item)) for key, value in items)
            kept = {key: value for key, value in pairs if not isinstance(value, Dropped)}
            return kept if kept or not items else DROPPED
        case Items(items):
            found = [one for value in items for one in _spliced(value, scope, pictures, item)]
            return found if found or not items else DROPPED
        case Each():
            return list(_spliced(tree, scope, pictures, item)) or DROPPED
        case _:
            assert_never(tree)


def _spliced(
    tree: Tree, scope: Scope, pictures: Pictures, item: ImageInput | None
) -> Iterator[Rendered]:
    """The elements that one entry of a list gives: none, one, or one for each picture."""
    trees: list[tuple[Tree, ImageInput | None]]
    if isinstance(tree, Each):
        trees = [(tree.item, picture) for picture in pictures(tree.over)]
    else:
        trees = [(tree, item)]
    for one, picture in trees:
        value = render(one, scope, pictures, picture)
        if not isinstance(value, Dropped):
            yield value


def render_text(template: Text, scope: Scope, item: ImageInput | None = None) -> Rendered | Dropped:
    """A lone name's value in its own type; else text, dropped if any of its names is unset."""
    match template.parts:
        case (Slot(name),):
            value = scope(name, item)
            return DROPPED if value is None else value
        case parts:
            values = [part if isinstance(part, str) else scope(part.name, item) for part in parts]
            return DROPPED if None in values else "".join(map(as_text, values))


def as_text(value: Rendered) -> str:
    """A scalar as it is written in an address, a header or a form."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def names(tree: Tree) -> Iterator[str]:
    """Every name in the tree, `item.…` as what it stands for (`input_images.uri`)."""
    return (name for _, name in placed_names(tree))


Path: TypeAlias = "tuple[str, ...]"


def placed_names(
    tree: Tree, path: Path = (), over: str | None = None
) -> Iterator[tuple[Path, str]]:
    """Every name with the keys that lead to where it stands; a list is one place."""
    match tree:
        case Fixed():
            return
        case Text():
            for name in tree.names:
                head, dot, form = name.partition(".")
                yield path, f"{over}{dot}{form}" if head == "item" and over else name
        case Fields(items):
            for key, value in items:
                yield from placed_names(value, (*path, key) if over is None else path, over)
        case Items(items):
            for value in items:
                yield from placed_names(value, path, over)
        case Each(name, item):
            yield path, name
            yield from placed_names(item, path, name)
        case _:
            assert_never(tree)
