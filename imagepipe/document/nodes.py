"""What a YAML file is once read: texts, lists and maps that know where they stand in it.

Scalars stay the text that was typed (`16:9`, `NO`, `0012`); whether a number is meant is for the
schema to say, later. Nothing here parses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from imagepipe.errors import Place, Problem


class Plain(str):
    """An unquoted scalar in the form of a JSON number, `true`, `false`, `null`, or empty.

    It equals its text, so that whoever wants text has it; `typed` alone reads it as a value.
    """

    __slots__ = ()


Mark: TypeAlias = tuple[int, int]
"""Line and column, from 1."""


class Mapping(dict[str, "Node"]):
    """A YAML map. `marks` holds, for every key, the marks of the key and of its value."""

    __slots__ = ("flow", "marks")
    marks: dict[str, tuple[Mark, Mark]]
    flow: bool


class Sequence(list["Node"]):
    """A YAML list. `marks` holds the mark of every item."""

    __slots__ = ("marks",)
    marks: list[Mark]


Node: TypeAlias = "str | Mapping | Sequence"
Path: TypeAlias = Iterable[str | int]


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file; `start` is where its root stands."""

    file: str
    root: Node
    text: str
    start: Mark = (1, 1)

    def place(self, path: Path = (), *, key: bool = False) -> Place:
        """Where the value at `path` stands, or its key; what is missing stands at its parent."""
        return Place(self.file, *self._mark(tuple(path), key=key))

    def problem(
        self,
        code: str,
        message: str,
        path: Path = (),
        *,
        key: bool = False,
        hint: str | None = None,
        severity: Literal["error", "note"] = "error",
        length: int | None = None,
        secret: bool = False,
    ) -> Problem:
        """A problem at `path`, with its source line and as much underlined as is one word there.

        Of a `secret` value nothing is shown: it may be a key that was written down.
        """
        path = tuple(path)
        place = self.place(path, key=key)
        source = self.line(place.line)
        if secret:
            source = self._without(source, self.place(path), place)
        return Problem(
            code,
            message,
            place,
            hint,
            source,
            length or _length(source, place.column),
            None,
            severity,
        )

    @staticmethod
    def _without(source: str, value: Place, shown: Place) -> str:
        """The line up to the value, or whole if the value stands on another."""
        return f"{source[: value.column - 1]}***" if value.line == shown.line else source

    def at(self, code: str, message: str, mark: Mark, *, hint: str | None = None) -> Problem:
        """A problem at a line and column."""
        source = self.line(mark[0])
        place = Place(self.file, *mark)
        return Problem(code, message, place, hint, source, _length(source, mark[1]))

    def line(self, number: int) -> str:
        lines = split_lines(self.text)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def with_root(self, root: Node) -> Document:
        """The same text with another tree: a part of it, with all positions kept."""
        return Document(self.file, root, self.text, self.start)

    def _mark(self, path: tuple[str | int, ...], *, key: bool) -> Mark:
        node, mark = self.root, self.start
        for depth, part in enumerate(path):
            if isinstance(node, Mapping) and isinstance(part, str) and part in node.marks:
                mark = node.marks[part][0 if key and depth == len(path) - 1 else 1]
                node = node[part]
            elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node):
                mark, node = node.marks[part], node[part]
            else:
                break
        return mark


@lru_cache(maxsize=8)
def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a text where libyaml breaks them (which is where `str.splitlines` does)."""
    return tuple(text.splitlines())


_LONGEST = 200
_TOKEN = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,\[\]{}:#]+(?:[:#][^\s,\[\]{}:#]+)*""")


def _length(source: str, column: int) -> int:
    """How many characters belong together at `column`: a quoted text, or a word."""
    found = _TOKEN.match(source, column - 1, column + _LONGEST)
    return len(found.group()) if found else 1
