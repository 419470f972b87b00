"""The law of a job's life: which state may follow which. Nothing else in the store decides this.

    planned -> intent -> submitted -> remote_done -> fetched -> committed

A provider that answers at once skips `submitted`. The table is enforced twice: by the ledger's
compare-and-set, and by a trigger in the database file that is written from the same table.
A person's choices (resubmit, attach, drop, force) are the only ways out of `ambiguous`, `lost`,
`committed` and of a `failed` that may have been paid.
"""

from __future__ import annotations

from collections.abc import Mapping

from imagepipe.model import Fault, Key, State

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.INTENT, State.SUBMITTED}),
    State.BLOCKED: frozenset({State.INTENT, State.PLANNED}),
    State.INTENT: frozenset(
        {
            State.PLANNED,  # surely not sent, or surely not accepted
            State.BLOCKED,
            State.SUBMITTED,
            State.REMOTE_DONE,
            State.FETCHED,
            State.FAILED,
            State.AMBIGUOUS,
        }
    ),
    State.SUBMITTED: frozenset({State.REMOTE_DONE, State.FETCHED, State.FAILED, State.LOST}),
    State.REMOTE_DONE: frozenset({State.FETCHED, State.FAILED, State.LOST}),
    State.FETCHED: frozenset({State.COMMITTED, State.FAILED, State.LOST}),
    State.COMMITTED: frozenset({State.LOST, State.PLANNED}),
    State.FAILED: frozenset({State.PLANNED, State.INTENT, State.SUBMITTED}),
    State.AMBIGUOUS: frozenset({State.PLANNED, State.SUBMITTED, State.REMOTE_DONE, State.FAILED}),
    State.LOST: frozenset({State.PLANNED, State.SUBMITTED, State.COMMITTED, State.FAILED}),
}

FIRST = frozenset({State.PLANNED, State.INTENT, State.SUBMITTED})
"""How a key may enter the ledger; `submitted` is a ticket that the lock file, or a person, knew."""

IN_FLIGHT = frozenset({State.SUBMITTED, State.REMOTE_DONE, State.FETCHED})
"""Accepted by a provider and not finished: a run goes on with these without paying."""


class Conflict(Exception):
    """A key is not in the state that a change needs: somebody else changed it first."""

    def __init__(self, key: Key, found: State | None, wanted: str) -> None:
        state = found.value if found else "absent"
        super().__init__(f"{key[:12]} is {state}, so it cannot become {wanted}")


def may_follow(old: State, new: State) -> bool:
    return new in TRANSITIONS[old]


def may_be_claimed(state: State, fault: Fault | None) -> bool:
    """Whether a run may submit such a key by itself.

    A failed one only if it was surely not accepted; unbilled failures need the user's allowance,
    which the ledger counts.
    """
    if state is State.FAILED:
        return fault is not None and fault.accepted is False
    return state in (State.PLANNED, State.BLOCKED)
