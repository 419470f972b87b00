"""Small values as people write them: durations, yes and no. For specs and for settings."""

from __future__ import annotations

import re
from decimal import Decimal

from imagepipe.model import Json

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
