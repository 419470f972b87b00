"""The gate in virtual time: who goes first, what polls may, and who waits for whom."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from itertools import pairwise

import anyio
import pytest

from imagepipe.admission import Rate, Window
from imagepipe.engine.accounts import turns
from imagepipe.gate import Closed, Gate
from imagepipe.model import Fault, FaultKind, Value
from imagepipe.provider import Provider, Spec
from imagepipe.provider.spec import Extraction, Limits

pytestmark = pytest.mark.anyio

BUSY = Fault(FaultKind.THROTTLED, "no", http=429, accepted=False)


def _gate(per_minute: float = 60, in_flight: int = 100, *, polls_count: bool = False) -> Gate:
    return Gate(
        "acme",
        rate=Rate.stated(per_minute),
        window=Window.stated(in_flight),
        polls_count=polls_count,
        chance=lambda: 0.0,
    )


async def test_whoever_was_refused_goes_first() -> None:
    """The others asked earlier, and wait longer."""
    gate, left = _gate(), list[str]()

    async def one(name: str, *, refused: bool) -> None:
        async with gate.place() as place:
            await place.turn()
            if refused:
                await anyio.sleep(0.5)
                place.refused(BUSY)
                await place.turn()
            left.append(name)

    async with anyio.create_task_group() as jobs:
        jobs.start_soon(partial(one, "refused", refused=True))
        await anyio.sleep(0.1)
        for name in ("a", "b", "c"):
            jobs.start_soon(partial(one, name, refused=False))
    assert left[0] == "refused"
    assert sorted(left[1:]) == ["a", "b", "c"]


async def test_a_job_that_submits_once_more_does_not_wait_for_itself() -> None:
    """A request that is repeated under its first nonce, where the provider takes one at a time."""
    gate, left = _gate(in_flight=1), list[str]()

    async def one(name: str) -> None:
        async with gate.place() as place:
            for _ in range(2):
                await place.turn()
                left.append(name)

    with anyio.fail_after(600):
        async with anyio.create_task_group() as jobs:
            for name in ("a", "b"):
                jobs.start_soon(one, name)
    assert sorted(left) == ["a", "a", "b", "b"]
    assert gate.held == 0


async def test_polls_that_count_share_the_rate_and_submits_go_first() -> None:
    gate, moments = _gate(polls_count=True), list[tuple[float, str]]()
    began = anyio.current_time()

    async def submit() -> None:
        async with gate.place() as place:
            await place.turn()
            moments.append((anyio.current_time() - began, "submit"))

    async def poll() -> None:
        await gate.poll()
        moments.append((anyio.current_time() - began, "poll"))

    async with anyio.create_task_group() as jobs:
        for _ in range(4):
            jobs.start_soon(submit)
        await anyio.sleep(0.01)
        for _ in range(3):
            jobs.start_soon(poll)
    assert [what for _, what in moments] == ["submit"] * 4 + ["poll"] * 3
    times = [at for at, _ in moments]
    assert all(after - before >= 1.0 for before, after in pairwise(times))
    assert times[-1] <= 6 * 1.01 + 1.1


async def test_polls_go_on_where_no_further_job_may_be_in_flight() -> None:
    """Else nothing would ever end."""
    gate = _gate(in_flight=1, polls_count=True)
    began = anyio.current_time()
    async with gate.place() as place, anyio.create_task_group() as others:
        await place.turn()
        place.accepted()
        others.start_soon(_wait_for_a_turn, gate)
        await anyio.sleep(5.0)
        await gate.poll()
        assert anyio.current_time() - began <= 6.1
        place.leave()


async def _wait_for_a_turn(gate: Gate) -> None:
    async with gate.place() as place:
        await place.turn()


async def test_a_poll_that_is_refused_holds_up_every_poll_and_no_submit() -> None:
    gate, began = _gate(), anyio.current_time()
    gate.poll_refused(Fault(FaultKind.THROTTLED, "slow down", wait=20.0))
    async with gate.place() as place:
        await place.turn()
    assert anyio.current_time() - began <= 0.1
    await gate.poll()
    assert anyio.current_time() - began >= 20.0


async def test_a_stopped_gate_lets_polls_through_and_nobody_else() -> None:
    gate = _gate(polls_count=True)
    gate.stop(BUSY)
    with anyio.fail_after(5.0):
        await gate.poll()
    with pytest.raises(Closed) as closed:
        async with gate.place():
            pass
    assert closed.value.fault is BUSY


async def test_waiting_for_a_turn_ends_when_the_account_is_stopped() -> None:
    gate, ended = _gate(per_minute=1), list[Fault | None]()

    async def one() -> None:
        try:
            async with gate.place() as place:
                await place.turn()
        except Closed as closed:
            ended.append(closed.fault)

    async with anyio.create_task_group() as jobs:
        for _ in range(20):
            jobs.start_soon(one)
        await anyio.sleep(1.0)
        gate.stop(BUSY)
    assert ended == [BUSY] * 19


@pytest.mark.parametrize(
    ("params", "expected"), [({}, 1), ({"n": 4}, 4), ({"n": Decimal("2.5")}, 1), ({"n": 0}, 1)]
)
async def test_a_submit_counts_for_its_pictures_where_the_vendor_limits_those(
    params: Mapping[str, int | Decimal], expected: int
) -> None:
    spec = Spec("acme", 1, (), Extraction(), limits=Limits(counts="params.n"))
    values: dict[str, Value] = {"prompt": "a mug", "params": dict(params)}
    assert turns(Provider("acme", spec), values) == expected
    assert turns(Provider("acme", Spec("acme", 1, (), Extraction())), values) == 1
