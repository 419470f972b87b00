"""Why jobs wait, in as many words as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from imagepipe.render.text import cells, plain, shorten
from imagepipe.standing import Hold, Why

TimeOfDay: TypeAlias = Callable[[float], str]
"""From seconds since the epoch to what a clock on the wall shows."""

_WORDS = 12
"""Cells of a vendor's words that are worth showing."""


def local_time(moment: float) -> str:
    """`14:03:20`, where this program runs."""
    return datetime.fromtimestamp(moment).astimezone().strftime("%H:%M:%S")


def hold_text(hold: Hold, provider: str, width: int, time: TimeOfDay) -> str:
    """Why the next job waits, in at most `width` cells: the fullest way to say it that fits."""
    said = plain(hold.text).rstrip(".")
    shortest = ""
    for text in _ways(hold, provider, time):
        full = f"{text}: {said}" if said else text
        if cells(full) <= width:
            return full
        if said and cells(text) + 2 + _WORDS <= width:
            return shorten(full, width)
        if cells(text) <= width:
            return text
        shortest = text
    return shorten(shortest, width)


def _ways(hold: Hold, provider: str, time: TimeOfDay) -> Iterator[str]:
    """From the longest to the shortest."""
    match hold.why:
        case Why.CLOSED:
            yield from _closed(hold, provider, time(hold.until or 0.0))
        case Why.STOPPED:
            yield from ("stopped",)
        case Why.DRAINING:
            yield from ("left for the next run", "next run")
        case Why.BLOCKED:
            yield from ("not sent", "left")
        case Why.MONEY:
            yield from ("the budget is reserved by jobs in flight", "budget reserved", "budget")
        case Why.KEY:
            yield from ("the same request is made elsewhere", "made elsewhere", "elsewhere")
        case Why.IN_FLIGHT:
            most = _number(hold.most)
            yield from (f"limit: {most} at a time", f"max {most} open", f"max {most}")
        case Why.RATE:
            most = _number(hold.most)
            yield from (f"limit: {most} a minute", f"max {most}/min", f"{most}/min")
        case Why.TRYING:
            yield from ("finding what it allows", "finding limits", "trying")


def _closed(hold: Hold, provider: str, time: str) -> Iterator[str]:
    """By whom is told where there is room; else a pause is ours, and a closing the provider's."""
    if hold.asked:
        yield f"closed until {time}, as {provider} asked"
        yield f"closed until {time}, asked"
        yield f"closed until {time}"
    else:
        yield f"paused until {time} by imagepipe"
        yield f"paused until {time}, by us"
        yield f"paused until {time}"
    yield f"until {time}"
    yield time


def _number(most: Decimal | None) -> str:
    return f"{most.normalize():f}" if most is not None else "?"
