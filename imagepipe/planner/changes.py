"""How a request differs from the one before it, field by field. Pure; holds no request itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from imagepipe import key as keys
from imagepipe.model import Json

_READABLE = {"revision": "provider revision", "scheme": "key scheme"}


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it was and is. `None` stands for a field that was, or is, not sent."""

    field: str
    old: Json
    new: Json


def changes(old: Mapping[str, Json], new: Mapping[str, Json]) -> tuple[Change, ...]:
    """What differs between two canonical requests, by the name that people write."""
    return tuple(
        Change(_readable(name), _value(was), _value(now))
        for name, was, now in keys.differences(old, new)
    )


def describe_change(old: Mapping[str, Json] | None, new: Mapping[str, Json]) -> str:
    """Which fields of a request changed, by name, for people."""
    if old is None:
        return "its request changed since the lock was written"
    names = [_readable(name) for name, _, _ in keys.differences(old, new)]
    return f"{', '.join(names)} changed" if names else "its key is computed in a newer way"


def _readable(name: str) -> str:
    name = name.removeprefix("fields.")
    return _READABLE.get(name, name)


def _value(text: str | None) -> Json:
    value: Json = None if text is None else json.loads(text)
    return value
