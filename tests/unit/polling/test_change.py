"""A change to faster jobs is told soon, and hardly ever where there is none."""

from __future__ import annotations

import random

import pytest

from imagepipe.polling import Learner
from imagepipe.polling.change import FASTER, Change
from imagepipe.polling.grid import LOGS, log_normal, point
from imagepipe.polling.latency import Latency, _survival
from tests.fakes.latencies import Draw, mean, simulate
from tests.fakes.latencies import log_normal as latencies

SURVIVAL = _survival(log_normal(LOGS[point(16.0)], 0.4))
"""Jobs of 16 s, as they are estimated."""


def alarms(draw: Draw, jobs: int, seed: int) -> list[tuple[int, int]]:
    """When, by jobs, and how far; each job is looked at after 12 s and then every 3 s."""
    change, found, chance = Change(), list[tuple[int, int]](), random.Random(seed)
    for n in range(jobs):
        latency, before, age = draw(chance, n), -1, 12.0
        while True:
            done = latency <= age
            moved = change.look(before, point(age), done=done, survival=SURVIVAL)
            if moved is not None:
                found.append((n, moved))
            if done:
                break
            before, age = point(age), age + 3.0
    return found


@pytest.mark.parametrize("seed", range(5))
def test_jobs_that_take_half_as_long_are_noticed_within_two_dozen(seed: int) -> None:
    first, moved = alarms(latencies(8.0, 0.4), 100, seed)[0]
    assert first <= 24
    assert moved in FASTER


@pytest.mark.parametrize("median", [16.0, 17.0, 32.0])
def test_jobs_that_take_as_long_or_longer_are_no_change(median: float) -> None:
    assert [alarms(latencies(median, 0.4), 2000, seed) for seed in range(3)] == [[], [], []]


def test_a_look_that_comes_with_another_in_the_same_cell_tells_nothing() -> None:
    change = Change()
    looks = [change.look(90, 90, done=True, survival=SURVIVAL) for _ in range(1000)]
    assert set(looks) == {None}


def test_a_moved_estimate_keeps_its_shape_and_weighs_little() -> None:
    latency = Latency(16.0)
    for _ in range(100):
        latency.runs(-1, point(15.0))
        latency.ended(point(15.0), point(17.0))
    latency.fit()
    latency.move(12, 8.0)
    assert latency.weight == 8.0
    assert sum(latency.masses) == pytest.approx(1.0)
    assert latency.survival[point(7.0)] > 0.75
    assert latency.survival[point(9.5)] < 0.25


def test_a_provider_that_becomes_twice_as_fast_is_followed() -> None:
    """The first 300 jobs after the change wait less than half as long again as later ones."""
    learner = Learner(0.5, usual=16.0)
    seen = simulate(
        lambda chance, n: latencies(16.0 if n < 600 else 8.0, 0.4)(chance, n),
        learner.watch,
        jobs=1500,
    )
    assert mean(seen[600:900]).total <= 1.35 * mean(seen[1200:]).total
