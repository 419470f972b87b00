"""Price tables: from what a picture is asked with to what it costs, in USD.

A price nobody published is None, never 0. What the names in a condition mean is for the caller to
say: it hands in texts by name. `Glob` lives here because conditions are the first to need it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Literal, TypeAlias

_PIXELS = re.compile(r"(\d+)\s*[:x\u00d7]\s*(\d+)")
_MEGAPIXEL = Decimal(1_000_000)

Look: TypeAlias = "Callable[[str], str | None]"
"""The text of a named value of a request, None if it has none. A `size` may be written `1280:720`
or `1280x720`; `pixels` is their number; a name after a `?` asks only whether it is given."""

Per: TypeAlias = Literal["picture", "megapixel", "started_megapixel"]
PER: tuple[Per, ...] = ("picture", "megapixel", "started_megapixel")


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern whose only wildcard is `*`, compared in any case.

    Not `fnmatch`: a vendor's words hold `[` and `?`, which are meant as they stand.
    """

    text: str
    _matcher: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = (re.escape(part) for part in self.text.split("*"))
        object.__setattr__(
            self, "_matcher", re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)
        )

    def matches(self, text: str) -> bool:
        return self._matcher.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One price, and what must hold for it: any of the globs of every name.

    `amount` is in USD or, with `credits`, in the vendor's credits; it is for a picture, or for each
    megapixel (of 1,000,000) of one. `up_to` is the most megapixels that the row is about. Where the
    price comes from is said by `source` and `as_of` (a date, ISO 8601).
    """

    amount: Decimal
    conditions: tuple[tuple[str, tuple[Glob, ...]], ...] = ()
    given: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    up_to: Decimal | None = None
    per: Per = "picture"
    credits: bool = False
    as_of: str | None = None
    source: str | None = None

    @property
    def names(self) -> Iterator[str]:
        """All that `fits` and `price` look at."""
        yield from (name for name, _ in self.conditions)
        yield from (f"?{name}" for name in (*self.given, *self.lacking))
        if self.up_to is not None or self.per != "picture":
            yield "pixels"

    def fits(self, look: Look) -> bool | None:
        """Whether the row is about a request; None if its size would have to be known for it."""
        if not all(_any_fits(name, globs, look(name)) for name, globs in self.conditions):
            return False
        if any(look(f"?{name}") is None for name in self.given):
            return False
        if any(look(f"?{name}") is not None for name in self.lacking):
            return False
        if self.up_to is None:
            return True
        megapixels = _megapixels(look)
        return None if megapixels is None else megapixels <= self.up_to

    def price(self, look: Look, credit_usd: Decimal | None) -> Decimal | None:
        """USD for one picture; None where its size, or what a credit costs, is unknown."""
        rate = credit_usd if self.credits else Decimal(1)
        units = Decimal(1) if self.per == "picture" else _megapixels(look)
        if rate is None or units is None:
            return None
        if self.per == "started_megapixel":
            units = units.to_integral_value(ROUND_CEILING)
        return self.amount * units * rate


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Rows in the order they are tried; the first that fits is the price."""

    rows: tuple[PriceRow, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that some row looks at: equal values of these mean an equal price."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.names))

    def price(self, look: Look, credit_usd: Decimal | None = None) -> Decimal | None:
        """USD for one picture; None if no row fits, or the one that does cannot be told.

        Args:
            look: What the request says.
            credit_usd: USD for one of the vendor's credits, None if nobody knows.
        """
        for row in self.rows:
            match row.fits(look):
                case True:
                    return row.price(look, credit_usd)
                case None:
                    return None
        return None

    def before(self, other: PriceTable) -> PriceTable:
        """These rows first, then those of `other`."""
        return PriceTable(self.rows + other.rows)


UNKNOWN = PriceTable()
"""No published price."""


def flat(usd: Decimal) -> PriceTable:
    """Every picture costs the same."""
    return PriceTable((PriceRow(usd),))


def _megapixels(look: Look) -> Decimal | None:
    pixels = look("pixels")
    return None if pixels is None else Decimal(pixels) / _MEGAPIXEL


def _any_fits(name: str, globs: Iterable[Glob], text: str | None) -> bool:
    if text is None:
        return False
    if name != "size":
        return any(glob.matches(text) for glob in globs)
    return any(_one_spelling(glob).matches(_pixels(text)) for glob in globs)


@lru_cache(maxsize=256)
def _one_spelling(glob: Glob) -> Glob:
    return Glob(_pixels(glob.text))


def _pixels(text: str) -> str:
    found = _PIXELS.fullmatch(text)
    return f"{found[1]}x{found[2]}" if found else text
