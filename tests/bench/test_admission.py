"""How well limits are found that nobody states: refusals, and time against the ideal.

`pytest -m bench tests/bench/test_admission.py -s` prints the table: 500 jobs in virtual time
through the real gate, ten seeds, medians. The vendor gives no hint at all. Jobs are held requests
of 6 to 60 s (`long`: the number in flight binds) or so short that the rate binds. "bound" is the
larger of the two bounds, "ideal" what somebody needs who knows the limits. Beside the bar stands
what GCRA with slow start, cut by 0.7 and a shared pause reaches, as published with its constants.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import anyio
import pytest
import trio
import trio.testing

from imagepipe.admission import Memory, Rate, Window
from imagepipe.gate import Closed, Gate
from imagepipe.model import Fault, FaultKind
from tests.e2e.shop import Shop
from tests.emulator_process import EmulatorProcess
from tests.fakes.limited import Durations, Hidden, Limited, bound, durations, ideal

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

JOBS = 500
SEEDS = range(10)
AT_ONCE = 80
"""Jobs that ask at the same time: what a lane of the engine starts."""


@dataclass(frozen=True)
class Bar:
    """Refusals in 1,000 jobs and times the ideal; `published` are those of the reference."""

    refusals: float
    times: float
    published: str = "-"


BARS = {
    Hidden(2, 8): Bar(45, 1.12, "49 @ 1.12"),
    Hidden(0.5, 3): Bar(150, 1.12, "257 @ 1.11"),
    Hidden(5, 20): Bar(20, 1.15, "10 @ 1.26"),
}
FURTHER = [Hidden(1.7, 7), Hidden(0.25, 3), Hidden(20, 40), Hidden(2, 8, kind="minute")]


@dataclass(frozen=True)
class Drive:
    """One run of the gate."""

    refusals: float
    seconds: float
    failed: int
    bound: float
    ideal: float
    most_a_minute: int
    most_working: int


async def _drive(gate: Gate, vendor: Limited, seconds: list[float]) -> int:
    failed = 0
    room = anyio.Semaphore(AT_ONCE)

    async def one(takes: float) -> None:
        nonlocal failed
        try:
            async with gate.place() as place:
                await place.turn()
                while not await vendor.make(takes):
                    place.refused(Fault(FaultKind.THROTTLED, "no", http=429, accepted=False))
                    await place.turn()
                place.accepted()
        except Closed:
            failed += 1
        finally:
            room.release()

    async with anyio.create_task_group() as jobs:
        for takes in seconds:
            await room.acquire()
            jobs.start_soon(one, takes)
    return failed


def drive(
    hidden: Hidden,
    how: Durations,
    seed: int,
    *,
    outage: float = 0.0,
    stated: bool = False,
    memory: Memory | None = None,
) -> Drive:
    """One run in virtual time; an outage begins at two fifths of it."""
    chance = random.Random(seed)
    seconds = durations(hidden, JOBS, how, chance)
    best = ideal(hidden, seconds)
    vendor = Limited(hidden, chance)
    if outage:
        vendor.outage = (0.4 * best, 0.4 * best + outage)
    rate, window = Rate(), Window()
    if stated:
        rate, window = Rate.stated(hidden.rate * 60), Window.stated(hidden.in_flight)
        best = ideal(hidden, seconds, interval=1.0 / hidden.rate)
    if memory is not None:
        rate, window = memory.begin("vendor", rate, window)
    gate = Gate("vendor", rate=rate, window=window, chance=chance.random)

    async def timed() -> tuple[int, float]:
        return await _drive(gate, vendor, seconds), anyio.current_time()

    clock = trio.testing.MockClock(autojump_threshold=0)
    start = clock.current_time()
    failed, end = trio.run(partial(timed), clock=clock)
    if memory is not None:
        memory.keep("vendor", gate.admission.rate, gate.admission.window)
    refusals = vendor.refusals * 1000 / JOBS
    most = _most_a_minute(vendor.accepted)
    took = end - start
    return Drive(refusals, took, failed, bound(hidden, seconds), best, most, vendor.most_working)


def _most_a_minute(moments: list[float]) -> int:
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - 60.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def _line(name: str, drives: Iterable[Drive], bar: str, published: str = "-") -> None:
    runs = list(drives)
    refusals = median(one.refusals for one in runs)
    worst = max(one.refusals for one in runs)
    by_bound = median(one.seconds / one.bound for one in runs)
    by_ideal = median(one.seconds / one.ideal for one in runs)
    latest = max(one.seconds / one.ideal for one in runs)
    failed = sum(one.failed for one in runs)
    print(
        f"{name:38} {refusals:5.0f} ({worst:4.0f}) {by_bound:7.3f} "
        f"{by_ideal:7.3f} ({latest:.3f}) {failed:6}   {bar:12} {published}"
    )


def _heading() -> None:
    print(f"\n{'':38} 429s per 1,000          times the")
    print(
        f"{'scenario':38} {'median (max)':12} {'bound':>7} {'ideal':>7} (max)   {'failed':>6}   bar"
    )


def test_hidden_limits_are_found_within_the_bars() -> None:
    _heading()
    for hidden, bar in BARS.items():
        runs = [drive(hidden, "long", seed) for seed in SEEDS]
        _line(f"{hidden}, long", runs, f"{bar.refusals:g} @ {bar.times}", bar.published)
        assert median(one.refusals for one in runs) <= bar.refusals
        assert median(one.seconds / one.bound for one in runs) <= bar.times
        assert not any(one.failed for one in runs)
    for hidden in BARS:
        runs = [drive(hidden, "short", seed) for seed in SEEDS]
        _line(f"{hidden}, short", runs, "-")
    for hidden in FURTHER:
        kind = " (rolling minute)" if hidden.kind == "minute" else ""
        for how in ("long", "short"):
            some = [drive(hidden, how, seed) for seed in list(SEEDS)[:5]]
            _line(f"{hidden}, {how}{kind}", some, "-")


def test_an_outage_of_two_minutes_costs_hardly_more_than_itself() -> None:
    _heading()
    for hidden in BARS:
        for how in ("long", "short"):
            runs = [drive(hidden, how, seed, outage=120.0) for seed in SEEDS]
            times = median(one.seconds / (one.ideal + 120.0) for one in runs)
            _line(f"{hidden}, {how}, 120 s outage", runs, "1.1 x (ideal + 120)", f"{times:.3f}")
            assert times <= 1.1
            assert not any(one.failed for one in runs)


def test_stated_limits_are_used_and_never_exceeded() -> None:
    _heading()
    for hidden in BARS:
        for how in ("long", "short"):
            runs = [drive(hidden, how, seed, stated=True) for seed in SEEDS]
            _line(f"{hidden}, {how}, stated", runs, "0 @ 1.02")
            assert not any(one.refusals or one.failed for one in runs)
            assert all(one.most_a_minute <= hidden.rate * 60 for one in runs)
            assert all(one.most_working <= hidden.in_flight for one in runs)
            assert median(one.seconds / one.ideal for one in runs) <= 1.02


def test_the_second_run_begins_where_the_first_one_ended() -> None:
    _heading()
    for hidden in BARS:
        seconds: list[tuple[Drive, Drive]] = []
        for seed in SEEDS:
            memory = Memory(now=lambda: "then", age=lambda _at: 3600.0)
            first = drive(hidden, "short", seed, memory=memory)
            memory.known = dict(memory.found)
            seconds.append((first, drive(hidden, "short", seed + 100, memory=memory)))
        _line(f"{hidden}, short, first run", [one for one, _ in seconds], "-")
        _line(f"{hidden}, short, second run", [two for _, two in seconds], "-")
        refusals = [sum(pair[n].refusals for pair in seconds) for n in (0, 1)]
        times = [median(pair[n].seconds / pair[n].ideal for pair in seconds) for n in (0, 1)]
        assert refusals[1] < refusals[0]
        assert times[1] < times[0]


@pytest.mark.parametrize("hidden", ["stated", "hidden"])
def test_limits_are_found_over_real_sockets_too(tmp_path: Path, hidden: str) -> None:
    """The program and an emulator that enforces 240 a minute and 10 at a time.

    By the emulator's own clock, from the first submit that it took on to the last: what comes
    before and behind is starting up and the last picture, which no pace makes shorter.
    """
    products, rpm, most = 120, 240, 10
    enforced = ("--rpm", f"runcrate:{rpm}", "--in-flight", f"runcrate:{most}")
    with EmulatorProcess("--picture", "fixed", "--latency", "uniform:0.5:2", *enforced) as emulator:
        limits = f"{{rpm: {rpm}, in_flight: {most}}}" if hidden == "stated" else "{}"
        shop = Shop.open(tmp_path, emulator, products=products, limits={"runcrate": limits})
        report = shop.imagepipe("run", "--json")
        stats = emulator.stats("runcrate")
        moments = sorted(job["accepted_at"] for job in emulator.jobs())
    assert report.json["jobs"]["generated"] == products
    times = (moments[-1] - moments[0]) / ((products - 1) * 60 / rpm)
    refused = stats["refused_429"]
    print(f"\nreal sockets, {hidden}: {refused} refusals of {products} jobs, {times:.3f} x bound")
    assert stats["max_in_flight"] <= most
    assert refused <= (0 if hidden == "stated" else products // 8)
    assert hidden == "hidden" or times <= 1.02
