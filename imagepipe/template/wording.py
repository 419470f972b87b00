"""Filters for what catalogues hold: texts to shorten, numbers and units, lists in a cell, HTML.

All are pure and know no locale: the same data gives the same text on every machine, so that a key
never depends on where a plan was made. Numbers are decimals, exact as they were typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from html import unescape
from typing import Any, cast

from jinja2 import pass_environment
from jinja2.environment import Environment
from jinja2.exceptions import SecurityError

from imagepipe.template import CAP

_ELLIPSIS = "…"
_MAX_DECIMALS = 12
_DIGITS = 60
"""More than a number and its conversion can have."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})")
_HIDDEN = re.compile(r"<!--|<(?:script|style)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")

_LENGTH = {"mm": "0.001", "cm": "0.01", "m": "1", "in": "0.0254", "ft": "0.3048"}
_MASS = {"mg": "0.001", "g": "1", "kg": "1000", "oz": "28.349523125", "lb": "453.59237"}
_VOLUME = {"ml": "0.001", "cl": "0.01", "l": "1"}
_UNITS = [
    {name: Decimal(size) for name, size in kind.items()} for kind in (_LENGTH, _MASS, _VOLUME)
]


def truncate(text: object, length: int = 255, killwords: bool = False, end: str = _ELLIPSIS) -> str:  # noqa: FBT001, FBT002 - as Jinja's
    """At most `length` characters, `end` among them, cut between words.

    As Jinja's, but for its leeway: here no text is longer than what was asked for.
    """
    whole = str(text).strip()
    if len(whole) <= length:
        return whole
    if length < len(end):
        raise SecurityError(f"truncate: {length} characters have no room for {end!r:.20}")
    room = length - len(end)
    is_between = whole[room].isspace() or killwords
    words = [whole[:room]] if is_between else whole[:room].rsplit(None, 1)
    kept = words[0] if len(words) > 1 or is_between else whole[:room]
    return kept.rstrip(" \t\r\n,;:-\u2013") + end


def truncatewords(text: object, count: int, end: str = _ELLIPSIS) -> str:
    """The first `count` words, and `end` if there are more."""
    words = str(text).split(maxsplit=max(0, count))
    return " ".join(words[:count]) + (end if len(words) > count else "")


def collapse(text: object) -> str:
    """White space of any kind and length as one blank."""
    return " ".join(str(text).split())


def striptags(text: object) -> str:
    """HTML as plain text: tags, scripts and comments go, entities become their characters."""
    return collapse(unescape(_TAG.sub(" ", _seen(str(text)))))


def _seen(text: str) -> str:
    """HTML without comments, scripts and styles; one that is never closed hides all the rest."""
    parts, at, folded = [], 0, text.lower()
    while found := _HIDDEN.search(text, at):
        parts.append(text[at : found.start()])
        close = "-->" if found.group() == "<!--" else f"</{found.group()[1:].lower()}"
        end = folded.find(close, found.end()) if len(folded) == len(text) else -1
        if end < 0:
            return " ".join(parts)
        at = end + len(close) if close == "-->" else text.find(">", end) + 1
        if not at:
            return " ".join(parts)
    return " ".join([*parts, text[at:]])


def split(text: object, separator: str = ",") -> list[str]:
    """A cell that holds several values as a list, each trimmed, empty ones left out."""
    if not separator:
        raise SecurityError("split: a separator of at least one character")
    return [part for piece in str(text).split(separator) if (part := piece.strip())]


@pass_environment
def join(
    environment: Environment,
    value: Iterable[Any],
    separator: str = "",
    attribute: str | int | None = None,
) -> str:
    """The items of a list, or one attribute of each, as one text."""
    total, parts = 0, []
    for item in value:
        found = item if attribute is None else _attribute(environment, item, attribute)
        if isinstance(found, (list, tuple, dict)):
            raise SecurityError("join: an item is a list or a map; name one of its attributes")
        parts.append(str(found))
        total += len(parts[-1]) + len(separator)
        if total > CAP + len(separator):
            raise SecurityError(f"join grows over {CAP:,} characters")
    return separator.join(parts)


def _attribute(environment: Environment, item: object, attribute: str | int) -> object:
    found = item
    for part in str(attribute).split("."):
        found = environment.getitem(found, int(part) if part.isdecimal() else part)
    return found


def number(
    value: object, decimals: int | None = None, thousands: str = ",", point: str = "."
) -> str:
    """A number as people write it; rounded half up if `decimals` are given, else as typed."""
    exact = _rounded(_decimal(value), decimals)
    whole, _, rest = f"{exact.copy_abs():f}".partition(".")
    groups = f"{int(whole):,}".replace(",", thousands)
    sign = "-" if exact < 0 else ""
    return f"{sign}{groups}{point}{rest}" if rest else f"{sign}{groups}"


def unit(
    value: object,
    name: str,
    decimals: int | None = None,
    thousands: str = ",",
    point: str = ".",
) -> str:
    """A number with its unit."""
    return f"{number(value, decimals, thousands, point)} {name}"


def convert(value: object, source: str, target: str) -> Decimal:
    """A length, mass or volume in another unit, exact."""
    for kind in _UNITS:
        if source in kind and target in kind:
            with localcontext(prec=_DIGITS):
                return _short(_decimal(value) * kind[source] / kind[target])
    known = "; ".join(", ".join(kind) for kind in _UNITS)
    raise SecurityError(f"convert: no way from {source!r:.20} to {target!r:.20}; known are {known}")


def _decimal(value: object) -> Decimal:
    text = str(value).strip()
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        hint = "write 1234.5, without signs for thousands or a currency"
        raise SecurityError(f'"{text[:40]}" is no number: {hint}')
    return Decimal(text)


def _rounded(value: Decimal, decimals: int | None) -> Decimal:
    if decimals is None:
        return value
    if not isinstance(cast("object", decimals), int) or not 0 <= decimals <= _MAX_DECIMALS:
        raise SecurityError(f"number: 0 to {_MAX_DECIMALS} decimals")
    with localcontext(prec=_DIGITS):
        rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return rounded if rounded != 0 else rounded.copy_abs()


def _short(value: Decimal) -> Decimal:
    """Without the digits that division leaves behind, and zeros that say nothing."""
    rounded = round(value, _MAX_DECIMALS).normalize()
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral() else rounded


FILTERS: dict[str, Callable[..., Any]] = {
    "collapse": collapse,
    "convert": convert,
    "join": join,
    "number": number,
    "split": split,
    "striptags": striptags,
    "truncate": truncate,
    "truncatewords": truncatewords,
    "unit": unit,
}
