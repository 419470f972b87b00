"""The schedule is the best there is: held against searches that try everything."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest

from imagepipe.polling.grid import POINTS, TIMES, at
from imagepipe.polling.inspection import LATE, costs_to_go, next_look
from tests.fakes.latencies import log_normal_survival, optimum


def schedule(survival: list[float], cost: float, every: float, upto: float) -> list[float]:
    after = costs_to_go(survival, cost, every)
    ages = [next_look(survival, after, 0.0, every)]
    while ages[-1] < upto:
        ages.append(next_look(survival, after, ages[-1], ages[-1] + every))
    return ages


def searched(survival: list[float], cost: float, every: float) -> list[float]:
    """Every next look is tried at each point, and the first that the vendor allows."""
    after = [0.0] * POINTS
    for k in reversed(range(POINTS)):
        soon = TIMES[k] + every
        tries = [
            survival[k] * (cost + TIMES[u] - TIMES[k]) + after[u]
            for u in range(k + 1, POINTS)
            if TIMES[u] >= soon
        ]
        tries += [
            survival[k] * (cost + every)
            + after[u - 1] * (TIMES[u] - soon) / (TIMES[u] - TIMES[u - 1])
            + after[u] * (soon - TIMES[u - 1]) / (TIMES[u] - TIMES[u - 1])
            for u in range(k + 2, POINTS)
            if TIMES[u - 1] < soon <= TIMES[u]
        ]
        after[k] = min(tries) if tries else survival[k] * (cost + LATE) * 2.0
    return after


@pytest.mark.parametrize("seed", range(8))
def test_one_pass_over_the_hull_finds_what_a_full_search_finds(seed: int) -> None:
    chance = random.Random(seed)
    drops = sorted((chance.random() for _ in range(POINTS)), reverse=True)
    survival = drops if seed % 2 else [round(drop, 1) + 1e-6 for drop in drops]
    cost, every = chance.choice([0.05, 0.5, 3.0]), chance.choice([0.05, 0.5, 2.0, 10.0])
    assert costs_to_go(survival, cost, every) == pytest.approx(
        searched(survival, cost, every), rel=1e-9
    )


@pytest.mark.parametrize("cost", [0.1, 0.5, 2.0, 20.0])
def test_where_jobs_end_at_three_moments_the_looks_are_the_best_of_these(cost: float) -> None:
    """Any set of looks that ends with the last moment is priced, and none is cheaper."""
    moments, chances = (60, 75, 90), (0.5, 0.3, 0.2)
    ends = [0.0] * POINTS
    for moment, share in zip(moments, chances, strict=True):
        ends[moment] = share
    survival = [max(1.0 - sum(ends[: k + 1]), 0.0) for k in range(POINTS)]
    priced = []
    for size in (0, 1, 2):
        for earlier in combinations(moments[:-1], size):
            total = 0.0
            for moment, share in zip(moments, chances, strict=True):
                looks = [look for look in (*earlier, moments[-1]) if look <= moment]
                seen = next(look for look in (*earlier, moments[-1]) if look >= moment)
                polls = len(looks) + (seen > moment)
                total += share * (cost * polls + TIMES[seen])
            priced.append(total)
    after = costs_to_go(survival, cost, 0.05)
    best = min(cost + TIMES[k] + after[k] for k in range(POINTS))
    assert best == pytest.approx(min(priced), rel=1e-6)


@pytest.mark.parametrize(("median", "every"), [(8.0, 0.5), (8.0, 2.0), (30.0, 5.0)])
def test_the_looks_cost_what_the_optimum_costs(median: float, every: float) -> None:
    """On a grid of its own and by another search: within 1 %."""
    law = log_normal_survival(median, 0.4)
    ages = schedule([law(t) for t in TIMES], 0.5, every, upto=12 * median)
    best, _ = optimum(law, every=every, top=12 * median, step=0.05)
    bounds = [0.0, *ages]
    spent = sum(law(a) * (0.5 + b - a) for a, b in pairwise(bounds))
    mean = sum(0.01 * law(0.01 * k) for k in range(round(100 * 12 * median)))
    assert spent - mean < 1.01 * best + 0.01


def test_the_first_look_waits_until_jobs_begin_to_end_and_the_rest_follow_closely() -> None:
    law = log_normal_survival(8.0, 0.4)
    first, *rest = schedule([law(t) for t in TIMES], 0.5, 0.5, upto=20.0)
    assert 6.0 < first < 7.5
    assert all(1.2 < after - before < 2.5 for before, after in pairwise([first, *rest]))


def test_what_a_look_costs_is_traded_for_time() -> None:
    law = log_normal_survival(8.0, 0.4)
    survival = [law(t) for t in TIMES]
    counts = [len(schedule(survival, cost, 0.1, upto=30.0)) for cost in (0.1, 0.5, 2.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 2 * counts[2]


def test_behind_the_scale_there_is_a_look_every_minute() -> None:
    law = log_normal_survival(8.0, 0.4)
    survival = [law(t) for t in TIMES]
    after = costs_to_go(survival, 0.5, 2.0)
    late = TIMES[-1] + 100.0
    assert next_look(survival, after, late, late + 2.0) == late + LATE
    assert next_look(survival, after, late, late + 300.0) == late + 300.0
    assert at(survival, late) == survival[-1]
