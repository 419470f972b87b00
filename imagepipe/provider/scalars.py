"""Small values as people write them: durations, prices, yes and no. For specs and for settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from imagepipe.model import Json
from imagepipe.price import Glob, PriceRow, PriceTable, flat

_DURATION = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)\s*(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def duration(text: str) -> float:
    """Seconds of `5s`, `500ms`, `10m`, `1h`.

    Raises:
        ValueError: it is none of these.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}" is no duration: write 5s, 500ms, 10m or 1h')
    return float(found[1]) * _SECONDS[found[2]]


def to_seconds(value: Json, name: str) -> float | None:
    """Seconds of a number or a duration text, None for nothing.

    Raises:
        ValueError: it is neither; the message begins with `name`.
    """
    match value:
        case None:
            return None
        case bool():
            raise ValueError(f"{name}: write a duration such as 90s")
        case int() | Decimal() | float():
            return float(value)
        case str():
            try:
                return duration(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        case _:
            raise ValueError(f"{name}: write a duration such as 90s")


def yes_or_no(text: str) -> bool | None:
    """What `yes`, `no`, `true` and `false` mean; None for anything else."""
    return _WORDS.get(text.lower())


def money(value: Json) -> Decimal:
    """An amount of USD.

    Raises:
        ValueError: it is no number, or negative.
    """
    try:
        found = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f'"{value}" is no amount: write it as 0.08') from error
    if isinstance(value, bool) or not found.is_finite() or found < 0:
        raise ValueError(f'"{value}" is no amount: write it as 0.08')
    return found


def price_table(value: Json) -> PriceTable:
    """A price table from a number (every picture costs that) or a list of rows.

    Raises:
        ValueError: a row has no `usd`, or it is no amount.
    """
    if isinstance(value, list):
        return PriceTable(tuple(price_row(row) for row in value))
    return flat(money(value))


def price_row(row: Json) -> PriceRow:
    """One row: `usd`, and any other names as conditions (a glob, or a list of globs).

    Raises:
        ValueError: it has no `usd`, or that is no amount.
    """
    if not isinstance(row, Mapping) or "usd" not in row:
        raise ValueError("a price row needs usd, the price of one picture")
    conditions = ((name, globs(wanted)) for name, wanted in row.items() if name != "usd")
    return PriceRow(money(row["usd"]), tuple(conditions))


def globs(value: Json) -> tuple[Glob, ...]:
    """A glob or a list of globs."""
    return tuple(Glob(str(one)) for one in (value if isinstance(value, list) else [value]))
