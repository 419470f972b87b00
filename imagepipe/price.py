"""Price tables: from what a picture is asked with to what it costs, in USD.

A price nobody published is None, never 0. What the names in a condition mean is for the caller to
say: it hands in texts by name. `Glob` lives here because conditions are the first to need it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

_PIXELS = re.compile(r"(\d+)\s*[:x\u00d7]\s*(\d+)")


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
    """One price, in USD a picture, and what must hold for it: any of the globs of every name."""

    usd: Decimal
    conditions: tuple[tuple[str, tuple[Glob, ...]], ...] = ()

    def fits(self, look: Callable[[str], str | None]) -> bool:
        return all(_any_fits(name, globs, look(name)) for name, globs in self.conditions)


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Rows in the order they are tried; the first that fits is the price."""

    rows: tuple[PriceRow, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that some condition looks at: equal values of these mean an equal price."""
        return tuple(dict.fromkeys(name for row in self.rows for name, _ in row.conditions))

    def price(self, look: Callable[[str], str | None]) -> Decimal | None:
        """USD for one picture; None if no row fits.

        Args:
            look: The text of a named value of the request, None if it has none. A `size` may be
                written `1280:720` or `1280x720`, here and in the table.
        """
        return next((row.usd for row in self.rows if row.fits(look)), None)

    def before(self, other: PriceTable) -> PriceTable:
        """These rows first, then those of `other`."""
        return PriceTable(self.rows + other.rows)


UNKNOWN = PriceTable()
"""No published price."""


def flat(usd: Decimal) -> PriceTable:
    """Every picture costs the same."""
    return PriceTable((PriceRow(usd),))


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
