"""Prompts, paths and conditions: Jinja2 templates over data, compiled once and rendered often.

Pure: files that templates include come through a function. A template sees a product's fields, the
axes, and `product`, `image`, `index`; it can do nothing to them, and data is never rendered again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from imagepipe.template.slugs import short_hash, slug, words

CAP = 16 * 1024
"""Characters that one rendering may have."""

MAX_SOURCE = 32 * 1024
"""Characters of a template; what it gives has at most `CAP`."""

_MAX_PLACES = 1_000
MAX_ANSWERS = 1_024
"""Answers of one condition that are kept, each about data of a few short texts."""

_EXPRESSION = re.compile(r"\s*\{\{((?:(?!\}\}|\{\{).)*)\}\}\s*", re.DOTALL)
Context: TypeAlias = Mapping[str, object]


class TemplateError(Exception):
    """A template cannot be compiled, or not be rendered with this data.

    `line` counts from 1 within the template's text; `name` is the undefined name, if that is the
    reason, and `member` says that it was looked for in a map (`product.name`), which has the names
    `known`; of a field that is there and has nothing in it, `empty` says so.
    """

    def __init__(
        self,
        message: str,
        *,
        line: int = 1,
        name: str | None = None,
        member: bool = False,
        empty: bool = False,
        known: tuple[str, ...] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.line = line
        self.name = name
        self.member = member
        self.empty = empty
        self.known = known
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled text. `names` are the names it takes from its context; none means it is fixed."""

    source: str
    names: frozenset[str]
    _render: Callable[[Context], str] = field(repr=False, compare=False)

    def render(self, context: Context) -> str:
        """The text for this data.

        Raises:
            TemplateError: a name is undefined, an operation does not fit the data, or the result
                has more than 16 KiB.
        """
        return self._render(context)


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression that must give true or false."""

    source: str
    names: frozenset[str]
    _evaluate: Callable[[Context], object] = field(repr=False, compare=False)
    _answers: dict[tuple[object, ...], bool] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What it said of data it has seen: a catalogue asks about the same few values."""

    def holds(self, context: Context) -> bool:
        """Whether it is true for this data.

        Raises:
            TemplateError: a name is undefined, or the result is neither true nor false.
        """
        data = tuple([context.get(name) for name in self.names])
        try:
            answer = self._answers.get(data)
        except TypeError:  # lists and maps
            return self._truth(context)
        if answer is None:
            answer = self._truth(context)
            if len(self._answers) < MAX_ANSWERS and _is_short(data):
                self._answers[data] = answer
        return answer

    def _truth(self, context: Context) -> bool:
        result = self._evaluate(context)
        if result is True or result is False:
            return result
        shown = f'the text "{result[:40]}"' if isinstance(result, str) else f"{result!r:.40}"
        hint = f"compare it: {self.source} == ..., or {self.source} | int > 0"
        raise TemplateError(f"`where` must give true or false, not {shown}", hint=hint)


@dataclass(frozen=True, slots=True)
class Listing:
    """A compiled expression that gives a list of texts, or one text."""

    source: str
    names: frozenset[str]
    _evaluate: Callable[[Context], object] = field(repr=False, compare=False)

    def texts(self, context: Context) -> list[str]:
        """The texts for this data.

        Raises:
            TemplateError: a name is undefined, or the result is neither a text nor a list of them.
        """
        result = self._evaluate(context)
        items = list(result) if isinstance(result, (list, tuple, Iterator)) else [result]
        if not all(isinstance(item, str) for item in items):
            raise TemplateError("this must give texts: one, or a list of them")
        return [str(item) for item in items]


class Templates:
    """Compiles the texts of one manifest, each once.

    Args:
        read: Gives the text of a file in the manifest's folder, for `include`.
    """

    def __init__(self, read: Callable[[str], str] | None = None) -> None:
        self._read = read
        self._known: dict[tuple[str, str], Template] = {}
        self._workshops: dict[str, Any] = {}

    def prompt(self, source: str) -> Template:
        """A template whose text is used as it is.

        Raises:
            TemplateError: it is not in Jinja's syntax, or uses what is not available.
        """
        return self._template("prompt", source)

    def path(self, source: str) -> Template:
        """A template of a path: slashes in data become dashes, so that only the template folds.

        Raises:
            TemplateError: as for `prompt`.
        """
        return self._template("path", source)

    def where(self, source: str) -> Condition:
        """An expression.

        Raises:
            TemplateError: as for `prompt`.
        """
        _bounded(source)
        evaluate, names = self._workshop("prompt").expression(source)
        return Condition(source, names, evaluate)

    def listing(self, source: str) -> Listing | None:
        """A text that is one `{{ expression }}` as what may give a list; None if it is not one.

        Raises:
            TemplateError: as for `prompt`.
        """
        found = _EXPRESSION.fullmatch(source)
        if found is None:
            return None
        _bounded(source)
        evaluate, names = self._workshop("prompt").expression(found[1])
        return Listing(source, names, evaluate)

    def _template(self, kind: Literal["prompt", "path"], source: str) -> Template:
        known = self._known.get((kind, source))
        if known is None:
            known = self._known[kind, source] = self._compile(kind, source)
        return known

    def _compile(self, kind: str, source: str) -> Template:
        _bounded(source)
        if "{" not in source:
            return Template(source, frozenset(), lambda _context: source)
        render, names = self._workshop(kind).text(source)
        return Template(source, names, render)

    def _workshop(self, kind: str) -> Any:  # noqa: ANN401 - its class is imported late
        if kind not in self._workshops:
            from imagepipe.template.workshop import Workshop  # noqa: PLC0415 - late: jinja2, 80 ms

            self._workshops[kind] = Workshop(self._read, path=kind == "path")
        return self._workshops[kind]


def _is_short(data: tuple[object, ...]) -> bool:
    """Whether data can stand for itself: texts of some length and no more than that."""
    return all(type(value) is str and len(value) <= 64 for value in data)


def _bounded(source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise TemplateError(f"the template has more than {MAX_SOURCE >> 10} KiB")
    if source.count("{{") + source.count("{%") > _MAX_PLACES:
        raise TemplateError(f"the template has more than {_MAX_PLACES:,} of {{{{ }}}} and {{% %}}")


__all__ = [
    "CAP",
    "Condition",
    "Context",
    "Listing",
    "Template",
    "TemplateError",
    "Templates",
    "short_hash",
    "slug",
    "words",
]
