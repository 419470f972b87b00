"""What a spec and the settings of an instance come to together, worked out once and kept.

It is asked several times for each job, and never changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from imagepipe.provider.settings import Settings
from imagepipe.provider.spec import Limits, Schedule, Spec
from imagepipe.provider.tree import Text


@dataclass(frozen=True, slots=True)
class Settled:
    """`vars` has the spec's defaults; of `headers`, later ones win, and the user's come last."""

    limits: Limits
    schedule: Schedule
    vars: Mapping[str, str]
    headers: tuple[tuple[str, Text], ...]


def settled(spec: Spec, settings: Settings) -> Settled:
    own = ((name, Text((value,))) for name, value in settings.headers.items())
    return Settled(
        _limits(settings.limits, spec.limits),
        _schedule(spec, settings),
        _vars(spec, settings),
        (*spec.headers, *own),
    )


def _limits(mine: Limits, theirs: Limits) -> Limits:
    return Limits(
        mine.rpm if mine.rpm is not None else theirs.rpm,
        mine.in_flight if mine.in_flight is not None else theirs.in_flight,
        theirs.polls,
        theirs.counts,
    )


def _schedule(spec: Spec, settings: Settings) -> Schedule:
    wanted, usual = settings.timeouts, spec.schedule
    return replace(
        usual,
        deadline=wanted.deadline or usual.deadline,
        submit_timeout=wanted.submit or usual.submit_timeout,
        poll_timeout=wanted.poll or usual.poll_timeout,
    )


def _vars(spec: Spec, settings: Settings) -> dict[str, str]:
    known = ((name, settings.vars.get(name, v.default)) for name, v in spec.vars.items())
    return {name: value for name, value in known if value}
