"""What polling costs, learnt and by the usual ways, beside the optimum of whoever knows the law.

`pytest -m bench tests/bench/test_polling.py -s` prints one table: 2,000 jobs, 50 in flight from the
first moment, five seeds, in virtual time; a policy and the optimum meet the same jobs. The cost is
half a second for each poll, and the lag. Before its first job the learner expects 8 s, except where
another median shows what that guess is worth.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import pytest

from imagepipe.model import Json
from imagepipe.polling import Learner
from tests.fakes.latencies import (
    Cost,
    Draw,
    Intervals,
    Job,
    Seen,
    Survival,
    Table,
    log_normal,
    log_normal_survival,
    mean,
    optimum,
    simulate,
)

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]

JOBS, SEEDS, COLD = 2000, range(5), 0.15
Start = Callable[[], Job]
Policy = Callable[["World", int], Start]
"""How a run is polled, by world and seed."""


@dataclass(frozen=True)
class World:
    """A law of latencies: how they are drawn, and what is known of job n by who knows it all."""

    name: str
    draw: Draw
    law: Callable[[int], Survival]
    laws: Sequence[int] = (0,)
    """Jobs from which on another law holds."""
    top: float = 120.0
    every: float = 0.5

    def known(self) -> list[list[float]]:
        """The optimum's ages, by law."""
        return [optimum(self.law(n), every=self.every, top=self.top)[1] for n in self.laws]


def plain(median: float, *, every: float = 0.5) -> World:
    law = log_normal_survival(median, 0.4)
    name = f"log-normal, median {median:g} s"
    top = 8 * median
    return World(name, log_normal(median, 0.4), lambda _n: law, top=top, every=every)


def cold(name: str, later: Callable[[random.Random, float], float], slow: Survival) -> World:
    """15 % of the jobs meet a machine that has to be started first."""
    usual, law = log_normal(8.0, 0.4), log_normal_survival(8.0, 0.4)

    def draw(chance: random.Random, n: int) -> float:
        latency = usual(chance, n)
        return later(chance, latency) if chance.random() < COLD else latency

    return World(name, draw, lambda _n: lambda t: (1 - COLD) * law(t) + COLD * slow(t), top=280.0)


def times_slower(t: float) -> float:
    """Four to eight times as long, evenly."""
    law, parts = log_normal_survival(8.0, 0.4), 20
    return sum(law(t / (4 + 4 * (k + 0.5) / parts)) for k in range(parts)) / parts


def drifting(name: str, median: Callable[[int], float], laws: Sequence[int]) -> World:
    def draw(chance: random.Random, n: int) -> float:
        return log_normal(median(n), 0.4)(chance, n)

    return World(name, draw, lambda n: log_normal_survival(median(n), 0.4), laws=laws)


USUAL = plain(8.0)
LATE_LAW = log_normal_survival(8.0, 0.4)
COLD_TIMES = cold("15 % cold: 4-8 times as long", lambda c, x: x * c.uniform(4, 8), times_slower)
COLD_PLUS = cold("15 % cold: 30 s more", lambda _c, x: x + 30.0, lambda t: LATE_LAW(t - 30.0))
SLOWER = drifting(
    "drift: 8 s, from job 1,000 on 16 s", lambda n: 8.0 + 8.0 * (n >= 1000), (0, 1000)
)
FASTER = drifting(
    "drift: 16 s, from job 1,000 on 8 s", lambda n: 16.0 - 8.0 * (n >= 1000), (0, 1000)
)
SLOWLY = drifting(
    "drift: 8 s to 16 s, slowly", lambda n: 8.0 * 2 ** (n / JOBS), range(0, JOBS, 100)
)


def learnt(kept: Json = None) -> Policy:
    def policy(world: World, _seed: int) -> Start:
        learner = Learner(world.every, usual=8.0)
        learner.recall(kept)
        return learner.watch

    return policy


def intervals(seconds: Callable[[random.Random, float], float]) -> Policy:
    def policy(_world: World, seed: int) -> Start:
        chance = random.Random(seed)
        return lambda: Intervals(lambda waited: seconds(chance, waited))

    return policy


def backed_off(_chance: random.Random, waited: float) -> float:
    """1 s, then half as long again each time, up to 10 s."""
    return min(10.0, 1.0 + 0.5 * waited)


CLIENTS: dict[str, Policy] = {
    "runwayml client, 6 +- 1.5 s": intervals(lambda chance, _: chance.uniform(4.5, 7.5)),
    "fixed 1 s": intervals(lambda _c, _w: 1.0),
    "fixed 2 s": intervals(lambda _c, _w: 2.0),
    "fixed 5 s": intervals(lambda _c, _w: 5.0),
    "backoff 1 s x 1.5, at most 10 s": intervals(backed_off),
    "a fifth of the time waited": intervals(lambda _c, waited: max(0.5, min(0.2 * waited, 15.0))),
}


def best(world: World) -> Policy:
    tables = world.known()

    def policy(_world: World, _seed: int) -> Start:
        number = count()
        return lambda: Table(tables[_law(world, next(number))])

    return policy


def _law(world: World, n: int) -> int:
    return max(k for k, first in enumerate(world.laws) if first <= n)


def runs(world: World, policy: Policy) -> list[list[Seen]]:
    return [
        simulate(world.draw, policy(world, seed), jobs=JOBS, every=world.every, seed=seed)
        for seed in SEEDS
    ]


def over(found: list[list[Seen]], jobs: slice = slice(None)) -> Cost:
    return mean([one for run in found for one in run[jobs]])


class Report:
    """One line per policy; `against` is the optimum on the very same jobs."""

    def __init__(self) -> None:
        heads = f"{'polls/job':>9s} {'lag, s':>7s} {'cost':>6s} {'over the optimum':>17s}"
        print(f"\n{'policy':44s} {heads}")

    def world(self, name: str) -> None:
        print(f"-- {name}")

    def line(self, name: str, cost: Cost, against: Cost) -> float:
        ratio = cost.total / against.total
        figures = f"{cost.polls:9.2f} {cost.lag:7.2f} {cost.total:6.2f}"
        print(f"{name:44s} {figures} {100 * (ratio - 1):+15.1f} %")
        return ratio


def slices(world: World) -> Iterator[tuple[str, slice]]:
    yield "learnt", slice(None)
    yield "learnt, the first 100 jobs", slice(100)
    if world in (SLOWER, FASTER):
        yield "learnt, the first 300 after the change", slice(1000, 1300)


def lesson() -> Json:
    """What an earlier run of 300 jobs keeps."""
    learner = Learner(0.5, usual=8.0)
    simulate(USUAL.draw, learner.watch, jobs=300, seed=99)
    return learner.lesson()


def test_polling_that_learns() -> None:
    report, ratios = Report(), dict[tuple[str, str], float]()
    usual = None
    for world in (USUAL, COLD_TIMES, COLD_PLUS, SLOWER, FASTER, SLOWLY, plain(3.0), plain(30.0)):
        report.world(world.name)
        least, found = runs(world, best(world)), runs(world, learnt())
        report.line("optimum, the law known", over(least), over(least))
        for name, jobs in slices(world):
            ratios[world.name, name] = report.line(name, over(found, jobs), over(least, jobs))
        if world is USUAL:
            usual, jobs = over(found), slice(100)
            kept = runs(world, learnt(lesson()))
            report.line(
                "learnt, the first 100 of a second run", over(kept, jobs), over(least, jobs)
            )
            for name, policy in CLIENTS.items():
                ratio = report.line(name, over(runs(world, policy)), over(least))
                assert ratio > 1.2 * ratios[world.name, "learnt"]
    assert usual is not None
    assert usual.polls <= 2.7
    assert usual.lag <= 1.25
    assert ratios[USUAL.name, "learnt"] <= 1.05
    assert ratios[USUAL.name, "learnt, the first 100 jobs"] <= 1.15
    for world in (COLD_TIMES, COLD_PLUS, SLOWER, FASTER, SLOWLY):
        assert ratios[world.name, "learnt"] <= 1.15, world.name


def test_within_an_interval_that_the_vendor_sets() -> None:
    """2 s, the least interval of a spec that states none: the optimum is bound by it as well."""
    report, world = Report(), plain(8.0, every=2.0)
    report.world(f"{world.name}, at least 2 s between looks")
    least, found = over(runs(world, best(world))), over(runs(world, learnt()))
    report.line("optimum, the law known", least, least)
    assert report.line("learnt", found, least) <= 1.05
    assert (found.polls <= 2.7, found.lag <= 1.25) == (True, True)


def test_learning_costs_little_of_the_processor() -> None:
    """CPU of the same simulation with a learner and with a table, the difference per job."""

    def spent(start: Start) -> float:
        before = time.process_time()
        simulate(USUAL.draw, start, jobs=JOBS)
        return 1e6 * (time.process_time() - before) / JOBS

    tables = USUAL.known()
    learner = Learner(USUAL.every, usual=8.0)
    base, found = spent(lambda: Table(tables[0])), spent(learner.watch)
    plans = f"{learner.plans} estimates for {JOBS} jobs"
    print(f"\nlearning: {found - base:.0f} us of CPU a job, {plans}")
    assert base > 0
    assert learner.plans <= JOBS / 15
