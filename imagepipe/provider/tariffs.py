"""Price tables as people write them in specs and manifests: a number, rows, or rows with a date.

What is wrong is told with the place in what was written; whose document it is, the caller knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from imagepipe.document import suggestion
from imagepipe.model import Json
from imagepipe.price import PER, Glob, Per, PriceRow, PriceTable, flat
from imagepipe.provider.given import is_name
from imagepipe.provider.spec import FIELDS

_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_KEYS = ("usd", "credits", "per", "up_to_megapixels", "given", "lacking", "as_of", "source")


class Misread(ValueError):
    """A price that cannot be read; `path` is its place in what was written."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path

    def below(self, *path: str | int) -> Misread:
        return Misread(str(self), *path, *self.path)


def price_table(value: Json) -> PriceTable:
    """A price table from a number (every picture costs that), rows, or rows with date and source.

    Raises:
        Misread: it is none of these, or a row is wrong.
    """
    match value:
        case list():
            return PriceTable(_rows(value))
        case dict():
            return _dated(value)
        case _:
            return flat(money(value))


def _dated(value: Mapping[str, Json]) -> PriceTable:
    for key in value.keys() - {"as_of", "source", "rows"}:
        known = ("as_of", "source", "rows")
        raise Misread(f'unknown key "{key}"{suggestion(key, known)}', key)
    rows = value.get("rows")
    if not isinstance(rows, list):
        raise Misread("a price table with a date has its prices under `rows`, a list")
    as_of, source = _date(value), _text(value, "source")
    try:
        found = _rows(rows)
    except Misread as error:
        raise error.below("rows") from error
    return PriceTable(
        tuple(replace(r, as_of=r.as_of or as_of, source=r.source or source) for r in found)
    )


def _rows(rows: list[Json]) -> tuple[PriceRow, ...]:
    found = []
    for number, row in enumerate(rows):
        try:
            found.append(price_row(row))
        except Misread as error:
            raise error.below(number) from error
    return tuple(found)


def price_row(row: Json) -> PriceRow:
    """One row: `usd` or `credits`, how it is counted, and any other names as conditions.

    Raises:
        Misread: it has no price or two, a name that no request has, or a value that is none.
    """
    if not isinstance(row, Mapping):
        raise Misread("a price row is a map with usd or credits, and names as conditions")
    units = [name for name in ("usd", "credits") if name in row]
    if len(units) != 1:
        raise Misread("a price row needs usd or credits, the price of one picture: one of them")
    conditions = []
    for name, wanted in row.items():
        if name in _KEYS:
            continue
        if name not in FIELDS and not name.startswith("params."):
            known = (*_KEYS, *FIELDS)
            raise Misread(f'a price cannot depend on "{name}"{suggestion(name, known)}', name)
        conditions.append((name, globs(wanted)))
    return PriceRow(
        amount=_amount(row, units[0]),
        conditions=tuple(conditions),
        given=_names(row, "given"),
        lacking=_names(row, "lacking"),
        up_to=_amount(row, "up_to_megapixels") if "up_to_megapixels" in row else None,
        per=_per(row),
        credits=units[0] == "credits",
        as_of=_date(row),
        source=_text(row, "source"),
    )


def _amount(row: Mapping[str, Json], name: str) -> Decimal:
    try:
        return money(row[name])
    except Misread as error:
        raise error.below(name) from error


def _names(row: Mapping[str, Json], key: str) -> tuple[str, ...]:
    value = row.get(key)
    names = [] if value is None else value if isinstance(value, list) else [value]
    for name in names:
        if not is_name(str(name)):
            raise Misread(f'no recipe sets "{name}"{suggestion(str(name), FIELDS)}', key)
    return tuple(str(name) for name in names)


def _per(row: Mapping[str, Json]) -> Per:
    value = row.get("per", "picture")
    for known in PER:
        if value == known:
            return known
    raise Misread(f'a price is per {", ".join(PER)}, not per "{value}"', "per")


def _date(value: Mapping[str, Json]) -> str | None:
    text = _text(value, "as_of")
    if text is not None and not _DATE.fullmatch(text):
        raise Misread(f'"{text}" is no date: write it as 2026-11-22', "as_of")
    return text


def _text(value: Mapping[str, Json], key: str) -> str | None:
    found = value.get(key)
    return None if found is None else str(found)


def money(value: Json) -> Decimal:
    """An amount.

    Raises:
        Misread: it is no number, or negative.
    """
    try:
        found = Decimal(str(value))
    except InvalidOperation as error:
        raise Misread(f'"{value}" is no amount: write it as 0.08') from error
    if isinstance(value, bool) or not found.is_finite() or found < 0:
        raise Misread(f'"{value}" is no amount: write it as 0.08')
    return found


def globs(value: Json) -> tuple[Glob, ...]:
    """A glob or a list of globs."""
    return tuple(Glob(str(one)) for one in (value if isinstance(value, list) else [value]))
