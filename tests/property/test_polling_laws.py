"""Laws of polling: whatever was seen or kept, the next look is a moment, and in time."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from imagepipe.model import Json
from imagepipe.polling import Learner, Watch
from imagepipe.polling.grid import TIMES
from imagepipe.polling.inspection import LATE

ages = st.floats(0.0, 1e5) | st.sampled_from([0.0, 0.05, 0.1, 8.0, 1890.0])
everies = st.sampled_from([0.1, 0.5, 2.0, 5.0, 60.0])
outcomes = st.lists(st.tuples(st.lists(ages, max_size=4), st.sampled_from("eln")), max_size=25)
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
jsons: st.SearchStrategy[Json] = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["grid", "jobs", "start", "masses"]), inner)
    ),
    max_leaves=8,
)


def sound(look: float, seen: float, earliest: float) -> None:
    assert math.isfinite(look)
    assert look >= earliest
    assert look <= max(earliest, 1.04 * TIMES[-1], seen + LATE)


def live(learner: Learner, looks: list[float], end: str) -> Watch:
    watch = learner.watch()
    for age in sorted(looks):
        watch.runs(age)
    last = max(looks, default=0.0)
    if end == "e":
        watch.ended(last + learner.every)
    elif end == "l":
        watch.left()
    return watch


@given(everies, outcomes, ages)
def test_the_next_look_is_later_within_bounds_and_never_too_soon(
    every: float, jobs: list[tuple[list[float], str]], age: float
) -> None:
    learner = Learner(every)
    for looks, end in jobs:
        live(learner, looks, end)
    for seen in (0.0, age):
        sound(learner.look(seen, seen + every), seen, seen + every)


@given(everies, outcomes)
def test_the_looks_at_a_job_that_never_ends_go_on_for_ever_and_not_too_fast(
    every: float, jobs: list[tuple[list[float], str]]
) -> None:
    learner = Learner(every)
    for looks, end in jobs:
        live(learner, looks, end)
    watch, seen = learner.watch(), 0.0
    for _ in range(40):
        look = watch.look(seen + every)
        sound(look, seen, seen + every)
        watch.runs(look)
        seen = look


@given(everies, jsons)
def test_garbage_in_the_store_is_ignored(every: float, lesson: Json) -> None:
    learner, other = Learner(every), Learner(every)
    assert not learner.recall(lesson)
    assert learner.look(0.0, every) == other.look(0.0, every)


@given(everies, outcomes, st.sampled_from(["grid", "jobs", "start", "masses"]), jsons)
def test_a_damaged_lesson_is_taken_as_sound_or_not_at_all(
    every: float, jobs: list[tuple[list[float], str]], field: str, value: Json
) -> None:
    before = Learner(every)
    for looks, end in jobs:
        live(before, looks, end)
    lesson = before.lesson()
    assert isinstance(lesson, dict)
    after = Learner(every)
    assert after.recall(lesson)
    after.recall({**lesson, field: value})
    sound(after.look(0.0, every), 0.0, every)
