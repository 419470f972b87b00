"""A walk over a document that collects every mistake with its place, instead of stopping at one.

A cursor is a node and how it was reached. What cannot be read is reported and read as None, so that
the walk goes on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from imagepipe.document import Document, Mapping, Node, Plain, Sequence, suggestion, untyped
from imagepipe.errors import Problem
from imagepipe.model import Json
from imagepipe.provider import scalars

UNKNOWN_KEY = "E501"
WRONG_VALUE = "E502"
MISSING_KEY = "E503"
UNKNOWN_NAME = "E504"
BAD_EXPRESSION = "E505"
SILENT_COMPARISON = "E506"
UNUSED = "E507"
REPEATS_PAYMENT = "E508"
UNKNOWN_WORD = "E509"
BAD_ADDRESS = "E510"
MISPLACED = "E511"

PathPart = str | int


@dataclass(slots=True)
class Findings:
    """The document that is read, and what is wrong with it so far."""

    document: Document
    problems: list[Problem] = field(default_factory=list)

    def root(self) -> Cursor:
        return Cursor(self, self.document.root, ())


@dataclass(frozen=True, slots=True)
class Cursor:
    """A node of the document, and the way to it."""

    findings: Findings
    node: Node
    path: tuple[PathPart, ...]

    def bad(
        self,
        code: str,
        message: str,
        *,
        key: bool = False,
        hint: str | None = None,
        severity: Literal["error", "note"] = "error",
    ) -> None:
        found = self.findings.document.problem(
            code, message, self.path, key=key, hint=hint, severity=severity
        )
        self.findings.problems.append(found)

    def fields(self, known: Collection[str], required: Collection[str] = ()) -> bool:
        """Whether this is a map; keys that nobody knows and that are missing are reported."""
        if not isinstance(self.node, Mapping):
            self.bad(WRONG_VALUE, f"{self.name} must be a map of `key: value`")
            return False
        for key in self.node:
            if key not in known:
                message = f'unknown key "{key}"{suggestion(key, known)}'
                hint = f"known here: {', '.join(sorted(known))}"
                self.at(key).bad(UNKNOWN_KEY, message, key=True, hint=hint)
        for key in required:
            if key not in self.node:
                self.bad(MISSING_KEY, f'{self.name} has no "{key}"')
        return True

    @property
    def name(self) -> str:
        keys = [str(part) for part in self.path]
        return ".".join(keys) if keys else "the spec"

    def at(self, part: PathPart) -> Cursor:
        node: Node = ""
        if isinstance(self.node, Mapping) and isinstance(part, str):
            node = self.node.get(part, "")
        elif isinstance(self.node, Sequence) and isinstance(part, int):
            node = self.node[part]
        return Cursor(self.findings, node, (*self.path, part))

    def get(self, key: str) -> Cursor | None:
        """The value of a key, None if the map has none."""
        return self.at(key) if isinstance(self.node, Mapping) and key in self.node else None

    def entries(self) -> Iterator[tuple[str, Cursor]]:
        """The keys and values of a map."""
        if isinstance(self.node, Mapping):
            for key in self.node:
                yield key, self.at(key)
        else:
            self.bad(WRONG_VALUE, f"{self.name} must be a map of `key: value`")

    def items(self) -> Iterator[Cursor]:
        """The items of a list; a single value is a list of one."""
        if isinstance(self.node, Sequence):
            for index in range(len(self.node)):
                yield self.at(index)
        else:
            yield self

    def text(self, key: str) -> str | None:
        """The text of a key, however it looks."""
        here = self.get(key)
        return here.as_text() if here is not None else None

    def as_text(self) -> str | None:
        if isinstance(self.node, str) and self.node:
            return str(self.node)
        self.bad(WRONG_VALUE, f"{self.name} must be a text")
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        here = self.get(key)
        if here is None:
            return ()
        return tuple(text for item in here.items() if (text := item.as_text()) is not None)

    def flag(self, key: str) -> bool | None:
        """`yes` or `no`, None if the key is missing."""
        here = self.get(key)
        if here is None:
            return None
        found = scalars.yes_or_no(here.node) if isinstance(here.node, str) else None
        if found is None:
            here.bad(WRONG_VALUE, f"{here.name} must be yes or no")
        return found

    def number(self, key: str) -> Decimal | None:
        here = self.get(key)
        if here is None:
            return None
        value = untyped(here.node) if type(here.node) is Plain else None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            here.bad(WRONG_VALUE, f"{here.name} must be a number")
            return None
        return Decimal(value)

    def whole(self, key: str) -> int | None:
        """A whole number from 1."""
        found = self.number(key)
        if found is not None and (found % 1 or found < 1):
            self.at(key).bad(WRONG_VALUE, f"{self.at(key).name} must be a whole number from 1")
            return None
        return None if found is None else int(found)

    def seconds(self, key: str) -> float | None:
        here = self.get(key)
        if here is None:
            return None
        try:
            return scalars.duration(str(here.node))
        except ValueError as error:
            here.bad(WRONG_VALUE, str(error))
            return None

    def word(self, key: str, known: Collection[str]) -> str | None:
        """One of a few words."""
        here = self.get(key)
        return here.as_word(known) if here is not None else None

    def as_word(self, known: Collection[str]) -> str | None:
        found = self.as_text()
        if found is None or found in known:
            return found
        hint = f"it is one of {', '.join(known)}"
        self.bad(UNKNOWN_WORD, f'"{found}" is not known{suggestion(found, known)}', hint=hint)
        return None

    def matches(self, key: str, pattern: str, what: str) -> str | None:
        """A text of some form."""
        found = self.text(key)
        if found is not None and not re.fullmatch(pattern, found):
            self.at(key).bad(WRONG_VALUE, f'"{found}" is no {what}')
            return None
        return found

    def json(self) -> Json:
        """The node with every plain number, true, false and null as a value."""
        return untyped(self.node)
