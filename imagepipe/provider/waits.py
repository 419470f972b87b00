"""How long a reply asks to wait: one reader for every way vendors say it.

Nine kinds are known: Retry-After in seconds and as a date, retry-after-ms, an epoch header,
duration headers (`6m0s`), a number or a duration in the body, prose ("resets in ~30s."), and a
rule's fixed wait. There is no clock here: a moment is measured from the reply's own `Date`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from imagepipe.model import Json
from imagepipe.wire import Reply

LONGEST = 86_400.0
"""Seconds; a hint beyond a day is read as a day."""

_EPOCH = 1e9
_SENSELESS = 1e15
_EPOCH_IN_MILLISECONDS = 1e11
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?")
_UNIT = (
    r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|milliseconds?|h|hours?|m|min|mins|minutes?|s|secs?|seconds?)"
)
_DURATION = rf"(?i){_UNIT}(?![A-Za-z])|{_UNIT}(?=\d)"
"""Compiled when a reply has such a text: it takes longer than the rest of this file."""
_GLUE = re.compile(r"\s*(?:,|and)?\s*", re.IGNORECASE)
_FACTORS = {"ms": 0.001, "h": 3600.0, "m": 60.0, "s": 1.0}


def from_headers(reply: Reply) -> float | None:
    """Seconds by `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3)."""
    exact = reply.headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(exact):
        return min(float(exact) / 1000, LONGEST)
    said = reply.headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(said):
        return _bounded(float(said))
    return _until(said, reply.headers.get("date")) if said else None


def seconds(value: Json, served_at: str | None) -> float | None:
    """The wait that a value of a reply means; None if it means none.

    Args:
        value: A number is seconds, above 1e9 a moment since 1970; a text is searched for durations,
            else read as an HTTP date.
        served_at: The reply's `Date` header.
    """
    match value:
        case bool() | None:
            return None
        case int() | float():
            return _number(float(value), served_at) if abs(value) < _SENSELESS else None
        case str():
            return _text(value[:1000].strip(), served_at)
        case _:
            return None


def duration(text: str) -> float | None:
    """Seconds of the first duration in a text: `55s`, `6m0s`, `250ms`, `1 hour and 5 minutes`."""
    total, end = 0.0, None
    for found in re.finditer(_DURATION, text):
        if end is not None and not _GLUE.fullmatch(text, end, found.start()):
            break
        number, unit = found[1] or found[3], (found[2] or found[4]).lower()
        total += float(number) * _factor(unit)
        end = found.end()
    return None if end is None else total


def _factor(unit: str) -> float:
    if unit.startswith("milli"):
        return _FACTORS["ms"]
    return _FACTORS["ms" if unit == "ms" else unit[0]]


def _number(number: float, served_at: str | None) -> float | None:
    if number > _EPOCH:
        now = _moment(served_at or "")
        moment = number / 1000 if number > _EPOCH_IN_MILLISECONDS else number
        return None if now is None else _bounded(max(0.0, moment - now.timestamp()))
    return _bounded(number)


def _bounded(number: float) -> float | None:
    return min(number, LONGEST) if number >= 0 else None


def _text(text: str, served_at: str | None) -> float | None:
    if _NUMBER.fullmatch(text):
        return _number(float(text), served_at)
    found = duration(text)
    if found is not None:
        return _bounded(found)
    return _until(text, served_at)


def _until(text: str, served_at: str | None) -> float | None:
    """Seconds to an HTTP date, by the clock of whoever wrote it: clocks differ."""
    until, now = _moment(text), _moment(served_at or "")
    if until is None or now is None:
        return None
    return _bounded(max(0.0, (until - now).total_seconds()))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - late: it imports socket, 15 ms

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
