"""The events of a run as lines of JSON, for machines: `--events FILE`.

The first line names the version of the format. Within a version fields and types of events are
added, never renamed or removed. Every line has `type` and `time` (UTC, ISO 8601); money is a
decimal string; unknown is null. Events hold no secret, and texts are on one line.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum

from imagepipe.events import Event
from imagepipe.model import Json

VERSION = 1

_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class EventLines:
    """A listener that writes a line for every event.

    `write` takes a whole line with its line break, `now` says the time as UTC in ISO 8601.
    """

    def __init__(
        self, write: Callable[[str], object], now: Callable[[], str], program: str
    ) -> None:
        self._write = write
        self._now = now
        self._line({"type": "version", "version": VERSION, "program": program})

    def __call__(self, event: Event) -> None:
        self._line({"type": kind(event), **_fields(event)})

    def _line(self, entry: dict[str, Json]) -> None:
        stamped = {"type": entry.pop("type"), "time": self._now(), **entry}
        self._write(json.dumps(stamped, ensure_ascii=False, separators=(",", ":")) + "\n")


def kind(event: Event) -> str:
    """`run_started` for RunStarted: the name of an event in the log."""
    return kind_of(type(event))


def kind_of(event: type[Event]) -> str:
    """The same for a type of event."""
    return _INNER_CAPITAL.sub("_", event.__name__).lower()


def _fields(event: Event) -> dict[str, Json]:
    return {field.name: _value(getattr(event, field.name)) for field in dataclasses.fields(event)}


def _value(value: object) -> Json:
    match value:
        case None | bool() | int():
            return value
        case Enum():
            return str(value.value)
        case str():
            return value.encode("utf-8", "replace").decode()
        case float():
            return round(value, 3)
        case Decimal():
            return format(value.normalize(), "f") if value else "0"
        case Mapping():
            return {str(name): _value(inner) for name, inner in value.items()}
        case tuple() | list():
            return [_value(inner) for inner in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = dataclasses.fields(value)
            return {field.name: _value(getattr(value, field.name)) for field in fields}
        case _:
            raise TypeError(f"an event holds a {type(value).__name__}")
