"""The estimate is right where polls can tell, however little each of them tells."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from imagepipe.polling.grid import CELLS, POINTS, TIMES, at, log_normal, point, position
from imagepipe.polling.latency import Latency
from tests.fakes.latencies import log_normal as drawn
from tests.fakes.latencies import log_normal_survival


def observe(latency: Latency, draw: Callable[[random.Random], float], jobs: int, seed: int) -> None:
    """Jobs that are looked at every 1 to 4 seconds, each at moments of its own."""
    chance = random.Random(seed)
    for number in range(jobs):
        takes, age, before = draw(chance), chance.uniform(1.0, 4.0), -1
        while age < takes:
            latency.runs(before, point(age))
            before = point(age)
            age += chance.uniform(1.0, 4.0)
        latency.ended(before, point(age))
        if number % 20 == 19:
            latency.fit()
    latency.fit()


def error(latency: Latency, survival: Callable[[float], float]) -> float:
    """The largest distance of the two curves (Kolmogorov)."""
    return max(
        abs(x - survival(t)) for x, t in zip(latency.survival, TIMES, strict=True) if t > 0.5
    )


@pytest.mark.parametrize(("median", "sigma"), [(8.0, 0.4), (3.0, 0.4), (20.0, 0.3), (8.0, 0.8)])
def test_a_known_law_is_found_from_intervals_alone(median: float, sigma: float) -> None:
    """No latency is ever seen, only between which two looks a job ended."""
    latency = Latency(usual=8.0)
    observe(latency, lambda chance: drawn(median, sigma)(chance, 0), 800, seed=3)
    assert error(latency, log_normal_survival(median, sigma)) < 0.08


def test_what_was_expected_gives_way_to_what_is_seen() -> None:
    latency = Latency(usual=8.0)
    assert at(latency.survival, 8.0) == pytest.approx(0.5, abs=0.02)
    observe(latency, lambda chance: drawn(30.0, 0.2)(chance, 0), 40, seed=1)
    assert at(latency.survival, 20.0) > 0.85
    assert at(latency.survival, 45.0) < 0.15


def test_cold_starts_are_a_second_hill() -> None:
    """15 % of the jobs take 30 s longer: no form is assumed that would average them in."""
    latency = Latency(usual=8.0)
    plain = drawn(8.0, 0.3)

    def draw(chance: random.Random) -> float:
        return plain(chance, 0) + (30.0 if chance.random() < 0.15 else 0.0)

    observe(latency, draw, 800, seed=4)
    assert at(latency.survival, 20.0) == pytest.approx(0.15, abs=0.06)
    assert at(latency.survival, 20.0) - at(latency.survival, 30.0) < 0.02
    assert at(latency.survival, 60.0) < 0.02


def test_jobs_that_still_run_count() -> None:
    """50 of 100 jobs ended within 8 s; without the others, all would seem to."""
    latency = Latency(usual=8.0)
    for _ in range(50):
        latency.ended(point(4.0), point(8.0))
        latency.runs(-1, point(8.0))
    for _ in range(20):
        latency.fit()
    assert at(latency.survival, 8.2) == pytest.approx(0.5, abs=0.1)


def test_a_job_that_nobody_looks_at_any_more_took_longer() -> None:
    latency = Latency(usual=8.0)
    for _ in range(30):
        latency.runs(-1, point(40.0))
        latency.left(point(40.0))
    for _ in range(20):
        latency.fit()
    assert at(latency.survival, 35.0) > 0.8


def test_a_job_that_was_never_looked_at_tells_nothing() -> None:
    latency = Latency(usual=8.0)
    before = latency.survival
    latency.left(-1)
    latency.fit()
    assert latency.survival == before


def test_old_jobs_are_forgotten() -> None:
    """A provider that has become half as fast is known as such some hundred jobs later."""
    latency = Latency(usual=8.0)
    observe(latency, lambda chance: drawn(8.0, 0.4)(chance, 0), 500, seed=5)
    observe(latency, lambda chance: drawn(16.0, 0.4)(chance, 0), 400, seed=6)
    assert error(latency, log_normal_survival(16.0, 0.4)) < 0.14


def test_an_earlier_estimate_is_gone_on_from() -> None:
    first, second = Latency(usual=8.0), Latency(usual=8.0)
    observe(first, lambda chance: drawn(30.0, 0.3)(chance, 0), 300, seed=7)
    second.recall(first.masses, 30.0)
    assert second.weight == 30.0
    assert error(second, lambda t: at(first.survival, t)) < 0.12


def test_the_grid_counts_shares_of_a_latency() -> None:
    assert (TIMES[0], point(0.0), point(1e9)) == (0.1, -1, POINTS - 1)
    assert all(point(t) == k == round(position(t)) for k, t in enumerate(TIMES))
    assert sum(log_normal(2.0, 0.4)) == pytest.approx(1.0)
    assert len(log_normal(2.0, 0.0)) == CELLS


def test_between_the_points_a_share_is_a_straight_line() -> None:
    survival = [1.0 - k / POINTS for k in range(POINTS)]
    assert (at(survival, 0.0), at(survival, 1e9)) == (1.0, survival[-1])
    assert survival[51] < at(survival, TIMES[50] * 1.03) < survival[50]
