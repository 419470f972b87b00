"""What a picture costs at a provider: its price table, asked with the values of a request.

Equal values of what the table looks at mean an equal price, so a price is worked out once for each
such case and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from imagepipe.model import ImageInput, Value, Values
from imagepipe.provider.tree import as_text


def price_text(values: Values, name: str) -> str | None:
    """The text that a price condition compares; a size in pixels counts as one too."""
    if name.startswith("params."):
        return _param_text(values.get("params"), name.split(".")[1:])
    value = values.get(name)
    if value is None and name == "size" and "width" in values:
        return f"{values['width']}x{values['height']}"
    if value is None or isinstance(value, dict):
        return None
    return "given" if isinstance(value, ImageInput | tuple) else as_text(value)


def _param_text(params: Value | None, path: list[str]) -> str | None:
    found: object = params
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return str(found) if isinstance(found, str | int | Decimal) else None
