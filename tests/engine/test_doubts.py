"""How a doubt is settled: how often a provider is asked, when, and which answers are believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import pytest

from imagepipe import events
from imagepipe.engine.doubts import _is_refusal, _unheld
from imagepipe.exchange import Bill, Done, Doubtful, Ended, Fetching, Parked, Polling
from imagepipe.model import Fault, FaultKind, Job, State, Ticket
from imagepipe.store import Ledger, Spool, Spooled, Stamp, probe, this_process
from imagepipe.wire import Answer, Operation, Request
from tests.engine.conftest import NOW as WORLD_NOW
from tests.engine.conftest import World
from tests.engine.test_recovery import killed, marked, shop
from tests.fakes.lab import Lab
from tests.fakes.vendor import NEVER_SENT, NO_ANSWER, reply
from tests.unit.store.makers import NOW, UNCERTAIN, claim, key, open_ledger, receipt

pytestmark = pytest.mark.anyio
FAULT = Fault(FaultKind.FAILED, "it failed")


@dataclass
class Moody(Lab):
    """A lab whose next answers are given, list or submit; it notes when it was asked."""

    moods: list[Answer | None] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    async def send(self, request: Request) -> Answer:
        self.times.append(anyio.current_time())
        mood = self.moods.pop(0) if self.moods else None
        if mood is None:
            return await super().send(request)
        self.asked.append(request)
        return mood


@pytest.fixture
def lab(world: World) -> Moody:
    lab = Moody()
    world.vendor = lab
    return lab


def doubt(world: World, spec: str) -> None:
    """A run was killed in the middle of the submit of the only job."""
    manifest = shop(world, spec)
    nonce = "n" * 32 if spec == "sync" else marked(manifest)
    killed(world, manifest, lambda _ledger, _job: None, nonce=nonce)


def state(world: World) -> State:
    (record,) = world.records()
    return record.state


FAILING: list[Answer | None] = [NO_ANSWER, NEVER_SENT, reply(500, {"error": "busy"})]


async def test_a_list_that_cannot_be_had_three_times_leaves_the_doubt(
    world: World, lab: Moody
) -> None:
    """With pauses in between; nothing was sent that costs."""
    doubt(world, "list")
    lab.moods = [*FAILING]
    tally = await world.run(shop(world, "list"))
    assert (tally.jobs["ambiguous"], state(world)) == (1, State.AMBIGUOUS)
    assert (lab.paid, tally.requests[Operation.POLL], len(lab.asked)) == (0, 3, 3)
    first, second, third = lab.times
    assert second - first == pytest.approx(1.1)
    assert third - second == pytest.approx(2.2)


async def test_a_list_that_comes_at_last_settles_the_doubt(world: World, lab: Moody) -> None:
    """It does not have the job, so that the job was never accepted, and is sent once."""
    doubt(world, "list")
    lab.moods = FAILING[:2]
    tally = await world.run(shop(world, "list"))
    assert (tally.jobs["generated"] + tally.jobs["resumed"], lab.paid) == (1, 1)
    (record,) = world.records()
    with open_ledger(world.layout.root) as ledger:
        notes = {note.kind: (note.run, note.text) for note in ledger.notes(record.key)}
    assert notes["disproved"] == ("run1", "the provider's list does not have it")


async def test_a_list_that_has_the_job_gives_its_ticket(world: World, lab: Moody) -> None:
    """Which is recorded as found by this run, and polled; each list that was asked for counts."""
    lab.lose = lambda number: "answer" if number == 1 else ""
    tally = await world.run(shop(world, "list"))
    assert (tally.jobs["generated"] + tally.jobs["resumed"], lab.paid) == (1, 1)
    (record,) = world.records()
    with open_ledger(world.layout.root) as ledger:
        notes = {note.kind: (note.run, note.text) for note in ledger.notes(record.key)}
    assert notes["attach"] == ("run1", f"ambiguous: {lab.jobs[0].id}")
    asked = sum(request.operation is not Operation.SUBMIT for request in lab.asked)
    assert tally.requests[Operation.POLL] == asked


async def test_a_kept_reply_that_refused_the_job_ends_it(world: World, lab: Moody) -> None:
    """The run was killed after the reply and before it was noted."""
    manifest = shop(world, "sync")
    body = b'{"message": "no such model"}'

    def kept(_ledger: Ledger, job: Job) -> None:
        reply = Spooled(400, {"content-type": "application/json"}, body)
        Spool(world.layout.spool).write(job.key, 1, reply, "killed")

    killed(world, manifest, kept)
    tally = await world.run(manifest)
    assert (tally.jobs["failed"], lab.asked, state(world)) == (1, [], State.FAILED)


async def test_a_list_is_asked_for_when_it_must_show_the_job(world: World, lab: Moody) -> None:
    """Some vendors' lists lag: what is not there yet was not disproved."""
    doubt(world, "list")
    start = anyio.current_time()
    await world.run(shop(world, "list"))
    assert lab.times[0] - start == pytest.approx(0.2)


async def test_a_list_that_must_show_the_job_by_now_is_asked_for_at_once(
    world: World, lab: Moody
) -> None:
    """The doubt arose an hour ago: nobody waits for what is over."""
    doubt(world, "list")
    start = anyio.current_time()
    world.now = (datetime.fromisoformat(world.now) + timedelta(hours=1)).isoformat()
    with Ledger.open_or_create(world.layout, Stamp.LIVE, NOW) as ledger:
        ledger.recover(WORLD_NOW, probe(this_process()))
    await world.run(shop(world, "list"))
    assert lab.times[0] - start == pytest.approx(0.0)


async def test_the_same_request_is_sent_three_times_at_most(world: World, lab: Moody) -> None:
    """It is one job at the vendor, however often it arrives; then the doubt is a person's."""
    doubt(world, "once")
    lab.moods = [NO_ANSWER] * 3
    tally = await world.run(shop(world, "once"))
    assert (tally.jobs["ambiguous"], state(world), lab.paid) == (1, State.AMBIGUOUS, 3)
    assert len({str(request.headers["Once"]) for request in lab.asked}) == 1
    first, second, third = lab.times
    assert second - first >= 1.1
    assert third - second >= 2.2


async def test_a_refusal_for_now_is_waited_out(world: World, lab: Moody) -> None:
    """For every job of the account, as with any submit."""
    doubt(world, "once")
    lab.moods = [reply(429, {"error": "slow down"}, retry_after="50"), NEVER_SENT]
    tally = await world.run(shop(world, "once"))
    assert (tally.jobs["resumed"], len(lab.jobs), lab.paid) == (1, 1, 3)
    assert lab.times[1] - lab.times[0] >= 50.0
    told = [event for event in world.events if isinstance(event, events.Submitting)]
    assert [event.attempt for event in told] == [1, 1, 1]
    assert sum(isinstance(event, events.Submitted) for event in world.events) == 1


async def test_a_nonce_that_runs_out_while_a_turn_is_waited_for_is_not_sent_again(
    world: World, lab: Moody
) -> None:
    """It would be a second job by then. The doubt was settled by nothing, and stays."""
    doubt(world, "once")
    later = datetime.fromisoformat(world.now) + timedelta(hours=23, minutes=58, seconds=50)

    async def refusing(request: Request) -> Answer:
        lab.asked.append(request)
        await anyio.sleep(0.1)
        world.now = (later + timedelta(seconds=20)).isoformat()
        return reply(429, {"error": "slow down"}, retry_after="20")

    lab.send = refusing  # type: ignore[method-assign]  # whatever is asked
    world.now = later.isoformat()
    tally = await world.run(shop(world, "once"))
    assert (tally.jobs["ambiguous"], state(world), lab.paid) == (1, State.AMBIGUOUS, 1)


async def test_a_doubt_that_a_person_settled_meanwhile_is_left_alone(
    world: World, lab: Moody
) -> None:
    """What the provider says then is of another attempt."""
    doubt(world, "list")
    manifest = shop(world, "list")

    async def settled(request: Request) -> Answer:
        with Ledger.open_or_create(world.layout, Stamp.LIVE, NOW) as ledger:
            record = ledger.by_state([State.AMBIGUOUS])[0]
            ledger.drop(record.key, NOW, why="not worth it")
        lab.send = type(lab).send.__get__(lab)  # type: ignore[method-assign]  # once
        return await lab.send(request)

    lab.send = settled  # type: ignore[method-assign]  # the list is asked for once
    tally = await world.run(manifest)
    assert (lab.paid, state(world)) == (0, State.FAILED)
    assert tally.jobs["generated"] == 0


@pytest.mark.parametrize(
    ("found", "refused"),
    [
        (Ended(FAULT), True),
        (Ended(Fault(FaultKind.FAILED, "x", http=199)), True),
        (Ended(Fault(FaultKind.FAILED, "x", http=200)), False),
        (Ended(Fault(FaultKind.FAILED, "x", http=299)), False),
        (Ended(Fault(FaultKind.FAILED, "x", http=300)), True),
        (Ended(Fault(FaultKind.REJECTED, "x", http=400)), True),
        (Polling(Ticket("t"), 0.0, 0.0), False),
        (Fetching("u", None, Bill(), 0.0, 0.0), False),
        (Done(b"", None, Bill()), False),
        (Doubtful(FAULT), False),
        (Parked(None, FAULT), False),
    ],
)
async def test_only_a_success_tells_of_the_job_itself(
    found: Ended | Polling | Fetching | Done | Doubtful | Parked, *, refused: bool
) -> None:
    """An error may be the repeated request's own."""
    assert _is_refusal(found) == refused


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as opened:
        yield opened


async def test_a_listed_ticket_that_another_key_has_is_not_the_lost_one(ledger: Ledger) -> None:
    """Of this provider; one that another instance has may be either's, so it proves nothing."""
    for name in ("mug", "cup"):
        claim(ledger, name)
        ledger.ticketed(key(name), Ticket(name), NOW)
    ledger.commit(receipt("mug", ticket="mug"), NOW)
    mug, cup, new = Ticket("mug"), Ticket("cup"), Ticket("new")
    assert _unheld(ledger, (mug, new, cup), "p") == (new,)
    assert _unheld(ledger, (mug, cup), "p") == ()
    assert _unheld(ledger, (mug,), "other") == (mug, mug)
    assert _unheld(ledger, (), "p") == ()
    ledger.lose(key("mug"), UNCERTAIN, NOW)
    ledger.resubmit(key("mug"), NOW, why="asked")
    assert _unheld(ledger, (mug,), "p") == ()


@pytest.mark.parametrize("spec", ["list", "once", "sync"])
async def test_what_is_in_doubt_no_more_when_it_is_looked_at_is_not_asked_about(
    world: World, lab: Moody, spec: str
) -> None:
    """A person was faster, between the plan and the run."""
    doubt(world, spec)

    def settled(ledger: Ledger) -> None:
        for record in ledger.by_state([State.AMBIGUOUS]):
            ledger.drop(record.key, NOW, why="not worth it")

    await world.run(shop(world, spec), meddle=settled)
    assert (lab.asked, state(world)) == ([], State.FAILED)
