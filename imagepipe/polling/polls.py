"""The learners of a run, by what they learn about, and what is kept of them between runs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from imagepipe.model import Json
from imagepipe.polling.learner import COST, Learner

NOTHING: Mapping[str, Json] = MappingProxyType({})


class Polls:
    """Learners by subject, the provider and model. `kept` are the lessons of earlier runs."""

    def __init__(self, kept: Mapping[str, Json] = NOTHING, *, cost: float = COST) -> None:
        """`cost` is what one poll costs, in seconds that a finished picture may wait for it."""
        self._kept, self._cost = kept, cost
        self._learners: dict[str, Learner] = {}

    def learner(self, subject: str, every: float) -> Learner:
        """The one that learns about a subject; `every` is the vendor's least interval."""
        learner = self._learners.get(subject)
        if learner is None:
            learner = self._learners[subject] = Learner(every, cost=self._cost)
            learner.recall(self._kept.get(subject))
        return learner

    def lessons(self) -> dict[str, Json]:
        """What this run has learnt: nothing of subjects of which it saw no job end."""
        return {name: one.lesson() for name, one in self._learners.items() if one.jobs}
