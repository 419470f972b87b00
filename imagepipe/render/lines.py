"""One line for what a person should hear of while a run goes on; most events are not such.

Jobs that are blocked because their provider was stopped are heard of once, with the provider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from imagepipe import events
from imagepipe.events import Event
from imagepipe.model import Fault, FaultKind
from imagepipe.render.text import duration, money, plain

LONG_WAIT = 5.0
"""Seconds that a provider must be closed for to be worth a line."""

_REMEMBERED = 1_000
"""Notes remembered so that none is said twice."""


class Tone(StrEnum):
    FAILURE = "failure"
    WARNING = "warning"
    GOOD = "good"
    NOTE = "note"


class Loudness(StrEnum):
    """`-q`: failures and the end only; `-v`: every job."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    tone: Tone


@dataclass(slots=True)
class Speech:
    """Turns events into lines; remembers which notes it has given.

    `time` says what the clock will show in so many seconds.
    """

    loudness: Loudness = Loudness.NORMAL
    time: Callable[[float], str] | None = None
    _signals: int = 0
    _given: set[str] = field(default_factory=set)

    def line(self, event: Event) -> Line | None:
        """What to print above the progress for `event`, None for nothing."""
        loud = self.loudness
        match event:
            case events.Stopped(how=how) if how != "blocked" or loud is Loudness.VERBOSE:
                return Line(stopped(event), Tone.FAILURE)
            case events.ProviderStopped(provider=name, fault=fault):
                return Line(f"{name} takes nothing more in this run: {cause(fault)}", Tone.FAILURE)
            case events.Draining(signal=signal):
                self._signals += 1
                return Line(_draining(signal, self._signals), Tone.WARNING)
            case events.Finished() if loud is Loudness.VERBOSE:
                return Line(_finished(event), Tone.GOOD)
            case events.GateClosed() if self._worth_a_line(event):
                return Line(_closed(event, self.time), Tone.WARNING)
            case events.Note(message=message, provider=name) if loud is not Loudness.QUIET:
                return self._once(f"{name}: {plain(message)}" if name else plain(message))
            case _:
                return None

    def _worth_a_line(self, event: events.GateClosed) -> bool:
        return self.loudness is not Loudness.QUIET and event.seconds >= LONG_WAIT

    def _once(self, text: str) -> Line | None:
        if text in self._given or len(self._given) >= _REMEMBERED:
            return None
        self._given.add(text)
        return Line(f"note: {text}", Tone.NOTE)


def stopped(event: events.Stopped) -> str:
    """`failed MUG-1/hero (runcrate): the prompt was refused (moderated, HTTP 400)`."""
    return f"{event.how} {plain(event.path)} ({event.provider}): {cause(event.fault)}"


def cause(fault: Fault) -> str:
    """A fault on one line: the vendor's words, what they mean, and what to do."""
    told_to_wait = fault.kind is FaultKind.TRANSIENT and fault.http is None  # by us, not a vendor
    facts: list[str] = [] if told_to_wait else [fault.kind.value]
    if fault.http is not None:
        facts.append(f"HTTP {fault.http}")
    if fault.code and fault.code not in fault.message:
        facts.append(plain(fault.code))
    advice = f"; {plain(fault.advice)}" if fault.advice else ""
    said = f" ({', '.join(facts)})" if facts else ""
    return f"{plain(fault.message).rstrip('.')}{said}{advice}"


def _closed(event: events.GateClosed, time: Callable[[float], str] | None) -> str:
    """By whom it was closed, until when, and what was said."""
    until = f"until {time(event.seconds)} " if time is not None else ""
    how, by = ("closed", ", as it asked") if event.asked else ("paused", " by imagepipe")
    wait = f"{until}({duration(event.seconds)})"
    return f"{event.provider} is {how} {wait}{by}: {plain(event.reason)}"


def _finished(event: events.Finished) -> str:
    cost = "price unknown" if event.cost is None else money(event.cost)
    paid = f", {cost}" if event.how == "generated" else ""
    took = duration(event.seconds)
    return f"{event.how} {plain(event.path)} ({event.provider}{paid}, {took})"


def _draining(signal: str, times: int) -> str:
    if times > 1:
        return f"{signal}: leaving now; the next run goes on with what is in flight"
    told = f"{signal}: nothing new is sent, what is paid for is brought in"
    return f"{told}; a second {signal} leaves at once"
