"""When a job is looked at again: not before its vendor allows, and then where a look pays best.

What each look finds is told to the learner of the provider and model. A job of an earlier run is
looked at once and teaches nothing: nobody here knows how long it has been running.
"""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from imagepipe.exchange import Collecting, Done, Ended, Fetching, Parked, Polling, State
from imagepipe.gate import Gate
from imagepipe.gate.clock import current_time
from imagepipe.model import Candidate, Fault, FaultKind
from imagepipe.polling import Learner, Polls, Watch
from imagepipe.provider import Provider
from imagepipe.provider.naming import subject
from imagepipe.wire import Answer, Operation, Reply


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks at one job. `deadline`: seconds after which it is left for the next run."""

    watch: Watch
    deadline: float

    async def wait(self, state: Polling) -> None:
        """Until a look pays; once more, if what others' jobs told meanwhile says later."""
        await anyio.sleep_until(self._due(state))
        if (due := self._due(state)) > current_time():
            await anyio.sleep_until(due)

    def found(self, before: Polling, asked: float, after: State) -> None:
        """What a poll that left at `asked` has made of the state; a failed one tells nothing."""
        age = asked - before.since
        match after:
            case Polling(errors=0):
                self.watch.runs(age)
            case Collecting() | Fetching() | Done():
                self.watch.ended(age)
            case Ended() | Parked():
                self.watch.left()
            case _:
                pass

    def _due(self, state: Polling) -> float:
        """A last look falls on the deadline; what the vendor wants goes before all else."""
        due = state.since + self.watch.look(state.due - state.since)
        return max(state.due, min(due, state.since + self.deadline))


def heed(gate: Gate, provider: Provider, state: Polling | Collecting, answer: Answer) -> None:
    """A poll that is refused for now holds up every other one, as the vendor asked."""
    if not isinstance(answer, Reply) or answer.ok:
        return
    operation = Operation.POLL if isinstance(state, Polling) else Operation.RESULT
    reading = provider.read(operation, answer)
    if isinstance(reading, Fault) and reading.kind is FaultKind.THROTTLED:
        gate.poll_refused(reading)


def learner(polls: Polls, provider: Provider, candidate: Candidate) -> Learner:
    """The one that learns about the provider and model of a candidate."""
    model = candidate.values.get("model")
    name = subject(provider, model if isinstance(model, str) else None)
    return polls.learner(name, provider.schedule.every)
