"""What a learner makes of a run's polls, and of what an earlier run kept."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from imagepipe.model import Json
from imagepipe.polling import Learner, Polls, soonest
from imagepipe.polling.learner import RECALLED
from tests.fakes.latencies import (
    Intervals,
    Job,
    Table,
    log_normal,
    log_normal_survival,
    mean,
    optimum,
    simulate,
)


def taught(median: float, jobs: int = 300) -> Learner:
    learner = Learner(0.5, usual=8.0)
    simulate(log_normal(median, 0.3), learner.watch, jobs=jobs)
    return learner


def fixed(seconds: float) -> Callable[[], Job]:
    return lambda: Intervals(lambda _: seconds)


def test_a_run_comes_near_the_optimum_and_the_old_ways_do_not() -> None:
    """400 jobs in virtual time; the bars proper are measured by the bench."""
    draw, law = log_normal(8.0, 0.4), log_normal_survival(8.0, 0.4)
    least, ages = optimum(law, top=60.0, step=0.05)
    best = mean(simulate(draw, lambda: Table(ages), jobs=400)).total
    assert best == pytest.approx(least, rel=0.05)
    learnt = mean(simulate(draw, Learner(0.5, usual=8.0).watch, jobs=400)).total
    assert learnt < 1.08 * best
    for one in (fixed(1.0), fixed(2.0), fixed(5.0)):
        assert mean(simulate(draw, one, jobs=400)).total > 1.3 * best


def test_a_fixed_interval_costs_what_the_simulation_says() -> None:
    """So that a mistake in the simulation does not flatter anybody."""
    seen = simulate(lambda _chance, _n: 7.0, fixed(2.0), jobs=10)
    assert {(one.polls, one.lag) for one in seen} == {(4, 1.0)}


def test_the_vendors_interval_is_kept() -> None:
    learner = Learner(5.0)
    watch = learner.watch()
    assert watch.look(5.0) >= 5.0
    watch.runs(6.0)
    assert watch.look(11.0) >= 11.0
    assert watch.look(47.0) >= 47.0


def test_what_others_tell_moves_a_look_that_is_waited_for() -> None:
    learner = Learner(0.5, usual=8.0)
    waiting = learner.watch()
    before = waiting.look(0.5)
    for _ in range(60):
        other = learner.watch()
        other.runs(30.0)
        other.ended(32.0)
    assert waiting.look(0.5) > before + 10.0


def test_a_job_of_an_earlier_run_is_looked_at_once_and_teaches_nothing() -> None:
    learner = Learner(2.0)
    glimpse = learner.glimpse()
    assert glimpse.look(0.0) == 0.0
    glimpse.runs(0.0)
    assert glimpse.look(2.0) >= 2.0
    glimpse.ended(9.0)
    assert (learner.jobs, learner.plans) == (0, 1)


def test_a_picture_that_is_made_is_asked_for_at_once() -> None:
    """An expired address is no reason to wait for a job that is done."""
    watch = Learner(2.0).watch()
    watch.ended(9.0)
    assert watch.look(11.0) == 11.0


def test_an_end_is_counted_once() -> None:
    learner = Learner(2.0)
    watch = learner.watch()
    watch.runs(4.0)
    watch.ended(9.0)
    watch.ended(12.0)
    watch.left()
    assert learner.jobs == 1


def test_the_next_run_goes_on_where_this_one_was() -> None:
    """Its first 100 jobs cost hardly more than the optimum; those of a newcomer do."""
    lesson = json.loads(json.dumps(taught(40.0).lesson()))
    costs: list[float] = []
    for kept in (lesson, None):
        learner = Learner(0.5, usual=8.0)
        assert learner.recall(kept) == (kept is lesson)
        costs.append(mean(simulate(log_normal(40.0, 0.3), learner.watch, jobs=100)).total)
    least, _ = optimum(log_normal_survival(40.0, 0.3), top=200.0, step=0.1)
    assert costs[0] < 1.15 * least
    assert costs[1] > 1.1 * costs[0]


def test_a_lesson_is_small_and_weighs_little_against_a_changed_provider() -> None:
    """Measured at 40 s, now 8 s: it costs the first jobs something, and none after a hundred."""
    lesson = taught(40.0).lesson()
    assert len(json.dumps(lesson)) < 4000
    learner = Learner(0.5, usual=8.0)
    assert learner.recall(lesson)
    assert learner.lesson() != lesson
    seen = simulate(log_normal(8.0, 0.4), learner.watch, jobs=300)
    assert mean(seen[:100]).total < 3 * 2.464
    assert mean(seen[100:]).total < 1.15 * 2.464
    assert RECALLED < 50


@pytest.mark.parametrize(
    "change",
    [
        {"grid": [0.1, 1.05, 171]},
        {"masses": []},
        {"masses": [0.5, -0.1, 0.6]},
        {"masses": [0.5, float("nan")]},
        {"masses": [True]},
        {"masses": ["1.0"]},
        {"masses": [0.2]},
        {"start": -1},
        {"start": 170},
        {"start": 1.5},
        {"jobs": float("inf")},
        {"jobs": 10**400},
        {"jobs": None},
    ],
)
def test_what_no_run_has_kept_is_ignored(change: dict[str, Json]) -> None:
    lesson = taught(40.0, jobs=60).lesson()
    assert isinstance(lesson, dict)
    learner = Learner(2.0)
    before = learner.look(0.0, 2.0)
    assert not learner.recall({**lesson, **change})
    assert learner.look(0.0, 2.0) == before


def test_each_provider_and_model_has_a_learner_and_what_was_learnt_is_kept() -> None:
    polls = Polls({"a x": taught(40.0).lesson(), "a y": "nonsense"})
    assert polls.learner("a x", 2.0) is polls.learner("a x", 2.0)
    assert polls.learner("a x", 2.0).look(0.0, 2.0) > polls.learner("a y", 2.0).look(0.0, 2.0)
    assert polls.lessons() == {}
    polls.learner("a y", 2.0).watch().ended(9.0)
    assert list(polls.lessons()) == ["a y"]


def test_what_a_look_costs_is_one_number() -> None:
    dear, cheap = Polls(cost=3.0).learner("a", 0.1), Polls(cost=0.02).learner("a", 0.1)
    assert dear.look(0.0, 0.1) > 2 * cheap.look(0.0, 0.1)


def test_a_hint_may_ask_for_more_than_the_vendors_interval() -> None:
    assert (soonest(2.0), soonest(2.0, 0.5), soonest(2.0, 9.0)) == (2.0, 2.0, 9.0)
