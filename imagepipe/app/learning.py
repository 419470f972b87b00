"""What runs learn of their providers, from the store and back into it.

A rehearsal has a store of its own, and so its lessons never reach a live run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from imagepipe.app.clock import utc_now
from imagepipe.app.project import Project, Rehearsal
from imagepipe.charges import Charges, Learnt, learnt
from imagepipe.store import Lessons

if TYPE_CHECKING:
    from imagepipe.admission import Memory
    from imagepipe.polling import Polls

LATENCIES = "latencies"
"""The subject of what is learnt about how long jobs take."""

QUICK_COST = 0.02
"""What a poll costs in a quick rehearsal, whose jobs take less than a second."""


PRICES = "prices"
"""The subject of what providers charged."""

LIMITS = "limits"
"""The subject of what is learnt about how fast accounts may be asked."""


@contextmanager
def limits(project: Project) -> Iterator[Memory]:
    """What accounts allow, as earlier runs found it; what this one finds is kept at the end."""
    from imagepipe.admission import Memory  # noqa: PLC0415 - late: a plan needs none

    lessons = Lessons(project.layout.lessons)
    memory = Memory(lessons.read(LIMITS), utc_now, _age)
    try:
        yield memory
    finally:
        lessons.write(LIMITS, memory.found)


def charged(project: Project) -> tuple[Learnt, ...]:
    """What providers charged in earlier runs."""
    return learnt(Lessons(project.layout.lessons).read(PRICES))


@contextmanager
def charges(project: Project) -> Iterator[Charges]:
    """What providers charge in this run, and did in earlier ones; kept at the end."""
    found = Charges(charged(project))
    try:
        yield found
    finally:
        Lessons(project.layout.lessons).write(PRICES, found.lessons)


def _age(moment: str) -> float | None:
    from imagepipe.provider.recourse import seconds_between  # noqa: PLC0415 - late: likewise

    try:
        return seconds_between(moment, utc_now())
    except (ValueError, TypeError):
        return None


@contextmanager
def latencies(project: Project) -> Iterator[Polls]:
    """How long jobs take, as earlier runs saw it; what this one sees is kept at the end."""
    from imagepipe.polling import COST, Polls  # noqa: PLC0415 - late: likewise

    lessons = Lessons(project.layout.lessons)
    quick = project.where.rehearsal is Rehearsal.QUICK
    polls = Polls(lessons.read(LATENCIES), cost=QUICK_COST if quick else COST)
    try:
        yield polls
    finally:
        lessons.write(LATENCIES, polls.lessons())
