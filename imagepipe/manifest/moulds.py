"""Candidates cast from what all jobs of a variant share: the quick way through a catalogue.

Which fields are sent, the constraints on them, the price and most of the text that is hashed are
worked out with the first job. A job whose own values pass their checks is cast; any other takes the
long way, `Provider.resolve` and `key.canonical`, which alone knows what to say. That both ways give
the same is a law (tests/property/test_expand_laws.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from imagepipe.key import Frame
from imagepipe.manifest.recipe import Link, Variant
from imagepipe.model import Candidate, Value
from imagepipe.provider import VARYING, Pattern, Violation

Cast: TypeAlias = "tuple[Candidate, tuple[Violation, ...]]"
"""A candidate, and what is to be noted of it."""

_Shape: TypeAlias = "tuple[bool, ...]"
"""Which of the varying fields are given."""

_EMPTY = ("", None)


@dataclass(frozen=True, slots=True)
class _Form:
    """What is known of all jobs in which the same fields are empty."""

    pattern: Pattern
    frame: Frame
    values: dict[str, Value]


class Mould:
    """Makes the candidates of one variant at one of its providers."""

    def __init__(self, variant: Variant, link: Link, written: frozenset[str]) -> None:
        self._link = link
        self._written = written
        self._name = link.provider.name
        self._varying = _varying(variant, link)
        self._forms: dict[_Shape, _Form | None] = {}

    def cast(self, fields: Mapping[str, Value], index: int) -> Cast | None:
        """The candidate of a job; None where it must be made the long way.

        Args:
            fields: All fields of the job at this provider.
            index: Which sample it is.
        """
        shape = tuple([fields.get(name) not in _EMPTY for name in self._varying])
        try:
            form = self._forms[shape]
        except KeyError:
            form = self._forms[shape] = self._form(fields)
        if form is None:
            return None
        pattern, frame = form.pattern, form.frame
        if pattern.checks and not pattern.suits(fields):
            return None
        filled = cast("dict[str, str | int]", {name: fields[name] for name in pattern.open})
        request, key = frame.canonical(filled, index), frame.key(filled, index)
        values = {**form.values, **filled}
        candidate = Candidate(self._name, values, request, key, pattern.resolution.price)
        return candidate, pattern.resolution.violations

    def _form(self, fields: Mapping[str, Value]) -> _Form | None:
        varying = frozenset(self._varying)
        if not varying.issubset(VARYING):
            return None
        pattern = self._link.provider.pattern(fields, self._written, varying)
        if pattern is None:
            return None
        frame = Frame(self._link.head, pattern.resolution.values, pattern.open)
        return _Form(pattern, frame, dict(pattern.resolution.values))


def _varying(variant: Variant, link: Link) -> tuple[str, ...]:
    """The fields that differ from row to row, or from one sample to the next."""
    found = {name for name, template in variant.texts.items() if template.names}
    found |= {
        name
        for name, several in variant.pictures.items()
        if any(one.source.names for one in several)
    }
    return tuple(sorted((found - link.changes.keys()) | {"seed"}))
