"""Polling in the real engine, in virtual time: few looks, short waits, and both learnt."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from itertools import pairwise

import anyio
import pytest

from imagepipe.polling import Polls
from imagepipe.wire import Answer
from tests.engine.conftest import World, catalogue
from tests.fakes.vendor import Vendor, reply

pytestmark = pytest.mark.anyio


@dataclass
class Crowd(Vendor):
    """Jobs of RunGen with latencies of their own; what looks find is written down by ticket."""

    latency: float = 0.0
    median: float = 8.0
    looks: dict[str, list[float]] = field(default_factory=dict)
    lags: list[float] = field(default_factory=list)

    def _poll(self, ticket: str) -> Answer:
        job = next(job for job in self.accepted if job.ticket == ticket)
        chance = random.Random(job.prompt)
        self.working = self.median * math.exp(0.4 * chance.gauss(0.0, 1.0))
        age = anyio.current_time() - job.at
        self.looks.setdefault(ticket, []).append(age)
        if age >= self.working:
            self.lags.append(age - self.working)
        return super()._poll(ticket)


def per_job(crowd: Crowd) -> tuple[float, float]:
    """Looks and seconds of lag, on average."""
    jobs = len(crowd.lags)
    return sum(map(len, crowd.looks.values())) / jobs, sum(crowd.lags) / jobs


async def test_a_run_learns_how_long_its_jobs_take(world: World) -> None:
    """A fixed 2 s, which is this vendor's least interval, would cost 4.8 looks at 1.0 s."""
    world.vendor = crowd = Crowd()
    tally = await world.run(world.manifest(catalogue(100, limits="{in_flight: 30}")))
    assert tally.jobs["generated"] == 100
    looks, lag = per_job(crowd)
    assert looks < 2.9
    assert 0.5 * looks + lag < 2.9
    gaps = [b - a for ages in crowd.looks.values() for a, b in pairwise(ages)]
    assert min(gaps) >= 2.0 - 1e-9  # seconds, summed up


async def test_the_next_run_knows_it_from_the_start(world: World) -> None:
    """A vendor that takes a minute: unknown, it is asked often; known, hardly twice."""
    world.vendor = first = Crowd(median=60.0)
    world.polls = Polls()
    manifest = world.manifest(catalogue(30, limits="{in_flight: 10}"))
    await world.run(manifest)
    kept = world.polls.lessons()
    assert list(kept) == ["rungen a"]
    world.vendor, world.polls = Crowd(median=60.0), Polls(kept)
    await world.run(world.manifest(catalogue(60, limits="{in_flight: 30}")))
    second = world.vendor
    assert isinstance(second, Crowd)
    assert len(second.lags) == 30
    assert per_job(second)[0] < 0.8 * per_job(first)[0]


async def test_a_vendor_that_asks_for_time_gets_it(world: World) -> None:
    """`Retry-After` at a poll goes before all that was learnt."""
    world.vendor = crowd = Crowd()
    asked: list[float] = []
    plain = crowd._poll

    def slowly(ticket: str) -> Answer:
        asked.append(anyio.current_time())
        answer = plain(ticket)
        return reply(429, {"error": "slow down"}, retry_after="40") if len(asked) == 1 else answer

    crowd._poll = slowly  # type: ignore[method-assign]
    await world.run(world.manifest(catalogue(1)))
    assert asked[1] - asked[0] >= 40.0


async def test_a_last_look_falls_on_the_deadline(world: World) -> None:
    """Also where looks have become rare; then the ticket is left for the next run."""
    world.vendor = crowd = Crowd(median=1e6)
    limits = "{in_flight: 1}, timeouts: {deadline: 300s}"
    tally = await world.run(world.manifest(catalogue(1, limits=limits)))
    assert tally.jobs["blocked"] == 1
    ages = crowd.looks["t-1"]
    assert 300.0 <= ages[-1] < 303.0
    assert len(ages) < 40


async def test_a_job_left_by_an_earlier_run_is_looked_at_at_once(world: World) -> None:
    world.vendor = crowd = Crowd()
    manifest = world.manifest(catalogue(1))
    world.vendor.after_accept = lambda _submit: world.control.leave()
    await world.run(manifest)
    world.vendor.after_accept = lambda _submit: None
    world.control = type(world.control)()
    began = anyio.current_time()
    world.polls = Polls()
    tally = await world.run(manifest)
    assert tally.jobs["resumed"] == 1
    assert crowd.looks["t-1"][0] + crowd.accepted[0].at == began
    assert world.polls.lessons() == {}
