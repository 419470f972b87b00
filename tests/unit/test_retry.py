"""Retries: a submit only when it was surely not accepted; everything that is free, freely."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagepipe import retry
from imagepipe.model import Fault, FaultKind
from imagepipe.wire import Operation


@pytest.mark.parametrize("kind", FaultKind)
@pytest.mark.parametrize("accepted", [None, True, False])
def test_a_submit_is_repeated_only_if_surely_not_accepted(
    kind: FaultKind, accepted: bool | None
) -> None:
    fault = Fault(kind, "", accepted=accepted)
    again = retry.may_repeat(Operation.SUBMIT, fault)
    allowed = accepted is False and kind in (FaultKind.TRANSIENT, FaultKind.THROTTLED)
    assert again == allowed


@pytest.mark.parametrize("operation", [Operation.POLL, Operation.DOWNLOAD])
def test_what_is_free_is_repeated_unless_the_job_is_over(operation: Operation) -> None:
    assert retry.may_repeat(operation, Fault(FaultKind.TRANSIENT, ""))
    assert retry.may_repeat(operation, Fault(FaultKind.GARBLED, ""))
    assert not retry.may_repeat(operation, Fault(FaultKind.FAILED, ""))


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_between_a_tenth_and_the_whole_of_its_ceiling(n: int, chance: float) -> None:
    wait = retry.backoff(n, chance)
    ceiling = min(60.0, 2.0 ** min(n, 16))
    assert 0.1 * ceiling <= wait <= ceiling


@given(st.floats(0.001, 1e12), st.floats(0, 1, exclude_max=True))
def test_a_hint_is_obeyed_up_to_the_longest_wait(hint: float, chance: float) -> None:
    wait = retry.gate_wait(Fault(FaultKind.THROTTLED, "", wait=hint), 0, chance)
    assert min(hint, retry.LONGEST_WAIT) <= wait <= retry.LONGEST_WAIT
