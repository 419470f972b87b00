"""What may happen while a provider is asked about a doubt: the run leaves, the account closes, a
rival is faster. Whatever it is, an answer that was paid for is not lost, and none is taken twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import anyio
import pytest

from imagepipe.engine import Control
from imagepipe.model import State, Ticket
from imagepipe.planner import Verdict
from imagepipe.store import Blobs, Ledger, Run, Stamp, probe, this_process
from imagepipe.wire import Answer, Operation, Request
from tests.engine.conftest import NOW, World
from tests.engine.test_doubts import Moody, doubt, state
from tests.engine.test_recovery import pictures, shop, verdicts
from tests.fakes.vendor import PICTURE, reply
from tests.unit.store.makers import receipt

pytestmark = pytest.mark.anyio


@pytest.fixture
def lab(world: World) -> Moody:
    lab = Moody()
    world.vendor = lab
    return lab


def meanwhile(lab: Moody, happens: Callable[[Request], None]) -> None:
    """When the first question has reached the provider, and before its answer is back."""
    real = type(lab).send

    async def send(request: Request) -> Answer:
        lab.send = real.__get__(lab)  # type: ignore[method-assign]  # once
        answer = await lab.send(request)
        happens(request)
        await anyio.sleep(0.1)
        return answer

    lab.send = send  # type: ignore[method-assign]  # the question comes first


@pytest.mark.parametrize("spec", ["once", "list"])
async def test_a_run_that_leaves_while_it_asks_loses_nothing(
    world: World, lab: Moody, spec: str
) -> None:
    """A repeated submit is waited for, and its ticket kept; a list is asked for again later."""
    doubt(world, spec)
    control = Control()
    world.control = control

    def leave(_request: Request) -> None:
        control.drain(15)
        control.leave()

    meanwhile(lab, leave)
    tally = await world.run(shop(world, spec))
    assert (tally.exit_code, tally.jobs["skipped"]) == (143, 1)
    (record,) = world.records()
    if spec == "once":
        assert (record.state, record.ticket) == (State.SUBMITTED, Ticket("j1"))
    else:
        assert record.state is State.AMBIGUOUS
    world.control = Control()
    again = await world.run(shop(world, spec))
    assert (again.exit_code, len(lab.jobs), len(pictures(world))) == (0, 1, 1)


async def test_a_run_that_drains_while_it_asks_keeps_what_it_is_told(
    world: World, lab: Moody
) -> None:
    """The list has the job: it is paid for, and is brought in before the run ends."""
    lab.lose = lambda number: "answer" if number == 1 else ""
    control = Control()
    world.control = control

    def drain(request: Request) -> None:
        assert request.operation is Operation.SUBMIT
        control.drain(2)

    meanwhile(lab, drain)
    tally = await world.run(shop(world, "list"))
    assert (tally.exit_code, tally.jobs["generated"], lab.paid) == (130, 1, 1)
    assert state(world) is State.COMMITTED


@pytest.mark.parametrize("first", ["429", "401"])
async def test_an_account_that_closes_while_a_submit_is_repeated_leaves_the_doubt(
    world: World, lab: Moody, first: str
) -> None:
    """It is not sent once more, and it is not taken for refused: the first one may be paid for."""
    doubt(world, "once")
    manifest = shop(world, "once")
    denied = reply(401, {"error": "no such key"})
    lab.moods = [reply(429, {"error": "slow down"}, retry_after="30") if first == "429" else denied]

    def close(_request: Request) -> None:
        world.control.gates[0].stop()

    meanwhile(lab, close)
    tally = await world.run(manifest)
    assert (tally.jobs["ambiguous"], lab.paid, state(world)) == (1, 1, State.AMBIGUOUS)
    assert verdicts(world, manifest) == [Verdict.RESUMABLE]
    world.control, lab.moods = Control(), []
    again = await world.run(manifest)
    assert (again.exit_code, len(lab.jobs)) == (0, 1)


def rival(world: World, how: Callable[[Ledger, Run], None]) -> Callable[[Request], None]:
    """A person lets the job be sent again meanwhile, and another run takes it."""

    def happens(_request: Request) -> None:
        with Ledger.open_or_create(world.layout, Stamp.LIVE, NOW) as ledger:
            other = Run("rival", this_process(), NOW, ("imagepipe.yaml",), purse="rival")
            ledger.start_run(other, probe(this_process()))
            how(ledger, other)

    return happens


@pytest.mark.parametrize("spec", ["once", "list"])
async def test_a_rival_that_takes_the_job_meanwhile_has_it(
    world: World, lab: Moody, spec: str
) -> None:
    """What the provider says then is of the attempt before, and changes nothing of the rival's."""
    doubt(world, spec)
    manifest = shop(world, spec)
    with world.planned(manifest) as plan:
        job = next(iter(plan.steps())).job

    def takes(ledger: Ledger, other: Run) -> None:
        ledger.resubmit(job.key, NOW, why="asked for by hand")
        ledger.claim(job.candidates[0], job, other.id, NOW)
        ledger.ticketed(job.key, Ticket("theirs"), NOW)
        blob, size = Blobs(world.layout.blobs).put(PICTURE, other.id)
        ledger.fetched(job.key, blob, size, NOW)
        made = replace(receipt("mug", PICTURE, ticket="theirs"), key=job.key)
        ledger.commit(made, NOW)

    meanwhile(lab, rival(world, takes))
    tally = await world.run(manifest)
    (record,) = world.records()
    assert (record.state, record.attempt, record.ticket) == (State.COMMITTED, 2, Ticket("theirs"))
    assert (tally.jobs["reused"], tally.exit_code, len(pictures(world))) == (1, 0, 1)
    assert lab.paid == (spec == "once")
