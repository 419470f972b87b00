"""Frozen values to JSON and back, by their types: `report.json` is what the dataclasses say.

Reading believes nothing: a report may come from another machine. Unknown fields are skipped, since
a later program may have added them; whatever else does not fit is told with its place.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from imagepipe.model import Json

T = TypeVar("T")


class Malformed(ValueError):
    """A value that does not fit: its place, such as `pictures[3].cost`, and what belongs there."""


def encode(value: object) -> Json:
    """A value as JSON: decimals as text, tuples as lists, dataclasses as objects in order."""
    match value:
        case None | bool() | int() | float():
            return value
        case StrEnum():
            return value.value
        case str():
            return value
        case Decimal():
            return format(value.normalize(), "f") if value else "0"
        case tuple() | list():
            return [encode(one) for one in value]
        case Mapping():
            return {str(name): encode(one) for name, one in value.items()}
        case _ if dataclasses.is_dataclass(value):
            names = [field.name for field in dataclasses.fields(value)]
            return {name: encode(getattr(value, name)) for name in names}
        case _:
            raise TypeError(f"a report holds a {type(value).__name__}")


def decode(kind: type[T], value: Json, where: str = "") -> T:
    """The value of type `kind` in `value`.

    Raises:
        Malformed: something does not fit.
    """
    made: T = _reader(cast("Hashable", kind))(value, where)
    return made


@cache
def _reader(kind: Hashable) -> Callable[[Json, str], Any]:
    """How values of an annotation are read; made once for each."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _object(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType and len(inner) == 2 and inner[1] is NoneType:
        read = _reader(inner[0])
        return lambda value, where: None if value is None else read(value, where)
    if origin is tuple:
        return _list(_reader(inner[0]))
    if origin is Mapping:
        return _map(_reader(inner[1]))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _word(kind)
    return _PLAIN.get(kind, lambda value, _where: value)


def _object(kind: type[Any]) -> Callable[[Json, str], Any]:
    hints = get_type_hints(kind)
    fields = dataclasses.fields(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields}
    needed = [
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]

    def read(value: Json, where: str) -> object:
        if not isinstance(value, dict):
            raise Malformed(f"{where or 'the file'}: an object is wanted")
        for name in needed:
            if name not in value:
                raise Malformed(f"{_at(where, name)}: is missing")
        return kind(
            **{
                name: reader(value[name], _at(where, name))
                for name, reader in readers.items()
                if name in value
            }
        )

    return read


def _list(read: Callable[[Json, str], Any]) -> Callable[[Json, str], Any]:
    def reader(value: Json, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Malformed(f"{where}: a list is wanted")
        return tuple(read(one, f"{where}[{number}]") for number, one in enumerate(value))

    return reader


def _map(read: Callable[[Json, str], Any]) -> Callable[[Json, str], Any]:
    def reader(value: Json, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Malformed(f"{where}: an object is wanted")
        return {name: read(one, _at(where, name)) for name, one in value.items()}

    return reader


def _word(kind: type[StrEnum]) -> Callable[[Json, str], StrEnum]:
    def reader(value: Json, where: str) -> StrEnum:
        try:
            return kind(str(value))
        except ValueError:
            words = ", ".join(kind)
            raise Malformed(f"{where}: {value!r:.40} is none of {words}") from None

    return reader


def _exactly(kind: type[Any], what: str) -> Callable[[Json, str], Any]:
    def reader(value: Json, where: str) -> object:
        if type(value) is not kind:
            raise Malformed(f"{where}: {what} is wanted")
        return value

    return reader


def _seconds(value: Json, where: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(found := float(str(value))):
        raise Malformed(f"{where}: a number is wanted")
    return found


def _amount(value: Json, where: str) -> Decimal:
    try:
        found = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 <= found < 10**9:
        raise Malformed(f"{where}: a decimal text is wanted")
    return found


_PLAIN: dict[Any, Callable[[Json, str], Any]] = {
    str: _exactly(str, "a text"),
    int: _exactly(int, "a whole number"),
    bool: _exactly(bool, "true or false"),
    float: _seconds,
    Decimal: _amount,
}


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
