"""The filters and operators that templates have, with caps on those that can grow text.

A list of what is allowed, not of what is forbidden: nothing random, nothing that reads a clock,
nothing that reaches beyond the data. What a template may make of its data stays within `CAP`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, cast

from jinja2 import Environment, pass_environment
from jinja2 import filters as builtin
from jinja2.exceptions import SecurityError

from imagepipe.template import CAP
from imagepipe.template.bounds import EACH, FILLED, GLUED, each, filled, glued
from imagepipe.template.slugs import slug
from imagepipe.template.wording import FILTERS

_Filter: TypeAlias = Callable[..., Any]
_SAFE = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items",
    "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse",
    "select", "selectattr", "sort", "string", "title", "trim", "unique", "upper", "wordcount",
)  # fmt: skip
_WIDE = re.compile(r"%(?:\([^)]*\))?[^%a-zA-Z]*(?:\d{4,}|\*)")
_MOST_DIGITS = 12


def _text(value: object) -> str:
    text = str(value)
    if len(text) > CAP:
        raise SecurityError(f"a value grows over {CAP:,} characters")
    return text


def _width(width: int) -> int:
    if width > CAP:
        raise SecurityError(f"a width over {CAP:,}")
    return width


def _center(value: str, width: int = 80) -> str:
    return builtin.do_center(value, _width(width))


def _indent(text: str, width: int = 4, first: bool = False, blank: bool = False) -> str:  # noqa: FBT001, FBT002 - as Jinja's
    if (text.count("\n") + 1) * _width(width) + len(text) > CAP:
        raise SecurityError(f"indent grows over {CAP:,} characters")
    return builtin.do_indent(text, width, first, blank)


def _format(value: str, *args: object, **kwargs: object) -> str:
    if _WIDE.search(value):
        raise SecurityError("format: a width of at most 999")
    return _text(value % (kwargs or args))


def _replace(text: object, old: str, new: str, count: int = -1) -> str:
    source, old, new = str(text), str(old), str(new)
    found = source.count(old) if count < 0 else count
    if len(source) + found * len(new) > CAP:
        raise SecurityError(f"replace grows over {CAP:,} characters")
    return source.replace(old, new, count)


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    if not isinstance(cast("object", precision), int) or abs(precision) > _MOST_DIGITS:
        raise SecurityError(f"round: at most {_MOST_DIGITS} digits")
    return builtin.do_round(value, precision, method)  # type: ignore[arg-type]  # it checks it


@pass_environment
def _sum(
    environment: Environment, value: Iterable[Any], attribute: str | None = None, start: float = 0
) -> float:
    if not isinstance(cast("object", start), int | float):
        raise SecurityError("sum: it begins with a number; use join for texts")
    total: float = builtin.sync_do_sum(environment, value, attribute, start)
    return total


def _slug(text: object) -> str:
    return slug(_text(text))


def available() -> dict[str, _Filter]:
    """The filters by name."""
    safe = {name: builtin.FILTERS[name] for name in _SAFE}
    grow: dict[str, _Filter] = {
        "center": _center,
        "format": _format,
        "indent": _indent,
        "replace": _replace,
        "round": _round,
        "slug": _slug,
        "sum": _sum,
    }
    return {**safe, **grow, **FILTERS, EACH: each, GLUED: glued, FILLED: filled}


def bounded(operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - any operands
    """`*`, `**`, `%` and `+` on data, refusing results of no use and great size."""
    if operator == "**":
        if abs(right) > 64 or abs(left) > 10**6:
            raise SecurityError("** takes a base up to 10^6 and an exponent up to 64")
        return left**right
    if operator == "%":
        return _format(left, *right) if isinstance(right, tuple) else _modulo(left, right)
    if operator == "*":
        return _times(left, right)
    if isinstance(left, list | tuple) and len(left) + len(right) > CAP:
        raise SecurityError(f"+ grows over {CAP:,} items")
    result = left + right
    return _text(result) if isinstance(result, str) else result


def _modulo(left: Any, right: Any) -> Any:  # noqa: ANN401 - any operands
    return _format(left, right) if isinstance(left, str) else left % right


def _times(left: Any, right: Any) -> Any:  # noqa: ANN401 - any operands
    for several, number in ((left, right), (right, left)):
        if hasattr(several, "__len__") and isinstance(number, int):
            if len(several) * number > CAP:
                raise SecurityError(f"* grows over {CAP:,} characters or items")
        elif isinstance(several, int) and abs(several) > 10**30:
            raise SecurityError("* takes numbers up to 10^30")
    return left * right
