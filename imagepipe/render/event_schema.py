"""The JSON Schema of the event log's lines, made from the events themselves.

It describes one line. Fields that a later program adds are allowed, since within a version fields
and types are added and never renamed: whoever reads skips what it does not know.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from imagepipe.events import Event
from imagepipe.model import Json
from imagepipe.render.ndjson import VERSION, kind_of

_SIMPLE: dict[object, dict[str, Json]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    Decimal: {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "description": "US dollars"},
}
_TIME: dict[str, Json] = {"type": "string", "format": "date-time", "description": "UTC"}


def event_schema() -> dict[str, Json]:
    """A draft-07 schema; `oneOf` has an entry for each type of line, the first for the version."""
    version: dict[str, Json] = {
        "version": {"const": VERSION},
        "program": {"type": "string", "description": "the version of imagepipe"},
    }
    lines = [_line("version", "The first line of a log.", version)]
    lines += [
        _line(kind_of(event), inspect.cleandoc(event.__doc__ or ""), _properties(event))
        for event in get_args(Event)
    ]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A line of `imagepipe run --events`",
        "oneOf": list[Json](lines),
    }


def _line(name: str, about: str, properties: Mapping[str, Json]) -> dict[str, Json]:
    about = "" if about.startswith(_GENERATED) else about
    return {
        "title": name,
        **({"description": " ".join(about.split())} if about else {}),
        "type": "object",
        "properties": {"type": {"const": name}, "time": _TIME, **properties},
        "required": ["type", "time", *properties],
    }


_GENERATED = tuple(f"{event.__name__}(" for event in get_args(Event))
"""How the docstring begins that `dataclass` gives to a class without one."""


def _properties(of: type[Any]) -> dict[str, Json]:
    hints = get_type_hints(of)
    return {field.name: _schema(hints[field.name]) for field in dataclasses.fields(of)}


def _schema(hint: Any) -> dict[str, Json]:  # noqa: ANN401 - a type, of which there is no type
    hint = getattr(hint, "__supertype__", hint)  # NewType
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    arguments, origin = get_args(hint), get_origin(hint)
    if origin in (Union, UnionType):
        return {"anyOf": _schemas(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1])}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [str(member.value) for member in hint]}
    if dataclasses.is_dataclass(hint):
        properties = _properties(hint)  # type: ignore[arg-type]  # a class, as its field says
        return {"type": "object", "properties": properties, "required": list(properties)}
    raise TypeError(f"an event has a field of {hint}")


def _schemas(hints: Iterable[object]) -> list[Json]:
    return [_schema(hint) for hint in hints]
