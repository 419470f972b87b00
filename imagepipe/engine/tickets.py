"""One ticket is one job's: a provider that gives it to a second one leaves that one in doubt.

Such a provider mixes its answers up, or takes equal requests for one. Either way nobody can say
whose the picture is, and it is never handed to two products without a word.
"""

from __future__ import annotations

from imagepipe.exchange import Doubtful, Fetching, Polling, State
from imagepipe.marks import Marks
from imagepipe.model import Fault, FaultKind, Key

SHOWN = 12
"""Characters of a key that tell it from others."""

_POSITIVE = 2**63 - 1


def own(state: State, key: Key, origin: str, known: Marks) -> State:
    """What an answer to a submit means, if its ticket is not another job's.

    Args:
        state: What the answer means by itself.
        key: The job that it answers.
        origin: The provider's address; its tickets are its own.
        known: The jobs of this run by their tickets, to be added to.
    """
    if not isinstance(state, Polling | Fetching) or state.ticket is None:
        return state
    mark, mine = hash((origin, state.ticket.id)) & _POSITIVE, int(key[:SHOWN], 16)
    owner = known.setdefault(mark, mine)
    if owner == mine:
        return state
    named = f"{owner:0{SHOWN}x}"
    message = f"it was answered with ticket {state.ticket.id}, which is that of job {named}"
    return Doubtful(Fault(FaultKind.UNCERTAIN, message))
