"""Frozen values as JSON and back, as their annotations say. Money is text, unknown is null.

A field that is missing has its default, one that is not known is skipped, so that programs of
different ages can read each other; whatever else does not fit is refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from imagepipe.model import Json

T = TypeVar("T")


class NotReadable(Exception):
    """What was read is not what was to be read."""


def json_of(value: object) -> Json:
    """A dataclass, or what it is made of, as JSON."""
    match value:
        case Enum():
            return str(value.value)
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return format(value, "f")
        case Mapping():
            return {str(name): json_of(inner) for name, inner in value.items()}
        case tuple() | list():
            return [json_of(inner) for inner in value]
        case _:
            fields = dataclasses.fields(value)  # type: ignore[arg-type]  # anything else is a bug
            return {field.name: json_of(getattr(value, field.name)) for field in fields}


def value_of(kind: type[T], data: Json) -> T:
    """A value of this type.

    Raises:
        NotReadable: the data is not one.
    """
    made: T = _made(kind, data)
    return made


def _made(hint: Any, data: Any) -> Any:  # noqa: ANN401 - of a type that is a value here
    hint = getattr(hint, "__supertype__", hint)  # NewType
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        rest = [one for one in inner if one is not NoneType]
        return None if data is None else _made(rest[0], data)
    if origin is tuple and isinstance(data, list):
        kinds = inner[:1] * len(data) if inner[1:] == (...,) else inner
        if len(kinds) == len(data):
            return tuple(_made(one, part) for one, part in zip(kinds, data, strict=True))
    if origin is Mapping and isinstance(data, dict):
        return {name: _made(inner[1], part) for name, part in data.items()}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and isinstance(data, dict):
        hints = _hints(hint)
        return hint(**{name: _made(hints[name], data[name]) for name in hints if name in data})
    return _plain(hint, data)


def _plain(hint: Any, data: Any) -> Any:  # noqa: ANN401 - likewise
    if hint is Decimal and isinstance(data, str):
        try:
            amount = Decimal(data)
        except InvalidOperation as error:
            raise NotReadable(data) from error
        if amount.is_finite():
            return amount
    elif hint is float and type(data) in (int, float):
        return float(data)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        return hint(data)
    elif hint in (str, int, bool) and type(data) is hint:
        return data
    raise NotReadable(f"{data!r} is no {hint}")


@cache
def _hints(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
    return get_type_hints(kind)
