"""What a picture costs at a provider: its price table, asked with the values of a request.

Equal values of what the table looks at mean an equal price, so a price is worked out once for each
such case and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from imagepipe.model import ImageInput, Value, Values
from imagepipe.price import PriceTable
from imagepipe.provider import sizes
from imagepipe.provider.given import is_given
from imagepipe.provider.tree import as_text

Case: TypeAlias = "tuple[tuple[str, str], ...]"
"""All of a request that its price depends on: names with their texts."""


@dataclass(frozen=True, slots=True)
class Prices:
    """A price table with what a credit costs in USD (None: unknown)."""

    table: PriceTable
    credit_usd: Decimal | None = None
    names: tuple[str, ...] = field(init=False)
    _known: dict[tuple[str | None, ...], Decimal | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", self.table.names)

    def of(self, values: Values) -> Decimal | None:
        """USD for one picture of these canonical values; None is unknown."""
        texts = tuple([price_text(values, name) for name in self.names])
        if texts not in self._known:
            self._known[texts] = self.in_case(zip(self.names, texts, strict=True))
        return self._known[texts]

    def case(self, values: Values) -> Case:
        """What the price of these values depends on."""
        texts = ((name, price_text(values, name)) for name in self.names)
        return tuple((name, text) for name, text in texts if text is not None)

    def in_case(self, case: Iterable[tuple[str, str | None]]) -> Decimal | None:
        """USD for one picture, by what its price depends on alone."""
        return self.table.price(dict(case).get, self.credit_usd)


def price_text(values: Values, name: str) -> str | None:
    """The text that a price condition compares; a size in pixels counts as one too."""
    if name.startswith("?"):
        return "given" if is_given(values, name[1:]) else None
    if name.startswith("params."):
        return _param_text(values.get("params"), name.split(".")[1:])
    if name == "pixels":
        return _pixels(values)
    value = values.get(name)
    if value is None and name == "size" and "width" in values:
        return f"{values['width']}x{values['height']}"
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, ImageInput | tuple):
        return str(len(value)) if isinstance(value, tuple) else "1"
    return as_text(value)


def _pixels(values: Values) -> str | None:
    """How many pixels a picture has, None where only the provider decides."""
    width, height = values.get("width"), values.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return str(width * height)
    row = sizes.row(str(values.get("size") or ""))
    return str(row.pixels[0] * row.pixels[1]) if row.pixels else None


def _param_text(params: Value | None, path: list[str]) -> str | None:
    found: object = params
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return str(found) if isinstance(found, str | int | Decimal) else None
