"""How long a run takes, from limits and latencies, as far as these are known. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lane:
    """What is to be paid for at one provider, and what is known of how fast it takes it.

    `work` is the sum of the pictures' latencies in seconds, None if one is not known; `per_second`
    limits submits, `in_flight` jobs at a time; None is unknown. `learnt`: not all is declared.
    """

    jobs: int
    work: float | None = None
    per_second: float | None = None
    in_flight: int | None = None
    learnt: bool = False

    def seconds(self) -> float | None:
        """From the first submit to the last picture; None if nothing tells."""
        latency = None if self.work is None else self.work / self.jobs
        bounds = []
        if self.per_second:
            bounds.append((self.jobs - 1) / self.per_second + (latency or 0.0))
        if self.in_flight and self.work is not None and latency is not None:
            bounds.append(max(latency, self.work / self.in_flight))
        return max(bounds, default=None)

    @property
    def is_whole(self) -> bool:
        """Whether the time is what is to be expected, and not only the least."""
        return self.work is not None and self.seconds() is not None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The time of a run in seconds: that of its slowest provider, None if nothing is known.

    `least`: it takes so long at least; `learnt`: what earlier runs saw is in it; `unknown` names
    the providers of which nothing is known; `by_provider` has the seconds of the others.
    """

    seconds: float | None
    least: bool
    learnt: bool
    unknown: tuple[str, ...]
    by_provider: Mapping[str, float]


def forecast(lanes: Mapping[str, Lane]) -> Forecast:
    """Providers work side by side; lanes without jobs are none."""
    busy = {name: lane for name, lane in lanes.items() if lane.jobs}
    times = {name: seconds for name, one in busy.items() if (seconds := one.seconds()) is not None}
    known = [busy[name] for name in times]
    return Forecast(
        seconds=max(times.values(), default=None),
        least=not all(lane.is_whole for lane in known),
        learnt=any(lane.learnt for lane in known),
        unknown=tuple(name for name in busy if name not in times),
        by_provider=times,
    )
