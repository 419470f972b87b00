"""How long a job takes: fixed, uniform or log-normal, and what people write for them.

Pure: the draw is a number in (0, 1) that the caller brings, so that the same request takes the
same time in every run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

from imagepipe.errors import SetupError

_FORMS = "write fixed:SECONDS, uniform:LOW:HIGH, lognormal:MEDIAN:SIGMA or lifelike"


@dataclass(frozen=True, slots=True)
class Fixed:
    seconds: float

    def at(self, draw: float) -> float:  # noqa: ARG002 - the three distributions share one form
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    low: float
    high: float

    def at(self, draw: float) -> float:
        return self.low + (self.high - self.low) * draw


@dataclass(frozen=True, slots=True)
class LogNormal:
    """`median` in seconds; `sigma` is the standard deviation of the logarithm."""

    median: float
    sigma: float

    def at(self, draw: float) -> float:
        bounded = min(max(draw, 1e-9), 1 - 1e-9)
        return self.median * math.exp(self.sigma * NormalDist().inv_cdf(bounded))


Latency: TypeAlias = Fixed | Uniform | LogNormal

AT_ONCE = Fixed(0.0)

LIFELIKE: dict[str, Latency] = {
    # No vendor publishes figures: magnitudes for rehearsals, not facts about anybody.
    "rungen": LogNormal(12, 0.5),
    "goneural": LogNormal(9, 0.4),
    "cometapi-runway": LogNormal(14, 0.4),
    "runway": LogNormal(10, 0.4),
    "runcrate": LogNormal(2.5, 0.35),
    "openai-images": LogNormal(15, 0.4),
}


def parse(text: str) -> Latency:
    """Reads `fixed:2`, `uniform:1:3` or `lognormal:8:0.4`.

    Raises:
        SetupError: the text is none of these, or a number in it makes no sense.
    """
    kind, *numbers = text.split(":")
    try:
        values = [float(number) for number in numbers]
    except ValueError:
        raise SetupError(f"latency {text!r}: not a number", hint=_FORMS) from None
    if not all(math.isfinite(value) and value >= 0 for value in values):
        raise SetupError(f"latency {text!r}: seconds must be 0 or more", hint=_FORMS)
    match kind, values:
        case "fixed", [seconds]:
            return Fixed(seconds)
        case "uniform", [low, high] if low <= high:
            return Uniform(low, high)
        case "lognormal", [median, sigma] if median > 0:
            return LogNormal(median, sigma)
        case _:
            raise SetupError(f"latency {text!r} is not understood", hint=_FORMS)
