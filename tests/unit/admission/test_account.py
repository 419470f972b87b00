"""Admission: stated limits are never exceeded and always used, and one refusal teaches once."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagepipe.admission import Admission, Cause, Rate, Turn, Window
from imagepipe.admission.account import LONGEST_PAUSE
from imagepipe.admission.adaptive import FIRST_PACE, HOLD, TRIED, WIDEST

MOVES = st.lists(
    st.tuples(
        st.sampled_from(["take", "accept", "refuse", "hint", "end", "wait"]), st.floats(0, 30)
    ),
    max_size=120,
)


def _play(admission: Admission, moves: list[tuple[str, float]], size: int = 1) -> list[Turn]:
    """Do what the moves say, as far as it is possible; returns the turns that were taken."""
    now, taken, out = 0.0, list[Turn](), list[Turn]()
    for move, number in moves:
        match move:
            case "take":
                wait = admission.wait(now, size)
                if wait < math.inf:
                    now += wait
                if admission.wait(now, size) <= 0:
                    out.append(admission.take(now, size))
                    taken.append(out[-1])
            case "accept" if out:
                admission.accepted(out[int(number) % len(out)])
            case "refuse" | "hint" if out:
                turn = out.pop(int(number) % len(out))
                hint = number if move == "hint" else None
                admission.refused(turn, now, hint=hint, chance=number / 31, cause=None)
            case "end" if out:
                admission.ended(out.pop(int(number) % len(out)))
            case _:
                now += number
    return taken


@given(MOVES, st.integers(1, 600), st.integers(1, 20))
def test_stated_limits_hold_whatever_happens(
    moves: list[tuple[str, float]], per_minute: int, in_flight: int
) -> None:
    """In every rolling minute, and at every moment."""
    admission = Admission(Rate.stated(per_minute), Window.stated(in_flight))
    taken = _play(admission, moves)
    moments = [turn.at for turn in taken]
    for start, moment in enumerate(moments):
        assert sum(1 for other in moments[start:] if other < moment + 60.0) <= per_minute
    assert all(turn.others < in_flight for turn in taken)
    assert 0 <= admission.in_flight <= in_flight
    assert admission.rate.pace <= admission.rate.ceiling
    assert 1 <= admission.window.size <= in_flight


@given(MOVES)
def test_what_is_learnt_stays_within_reason(moves: list[tuple[str, float]]) -> None:
    admission = Admission()
    taken = _play(admission, moves)
    assert all(before.at <= after.at for before, after in pairwise(taken))
    assert 0 < admission.rate.pace < math.inf
    assert 1 <= admission.window.size <= WIDEST
    assert admission.in_flight >= 0


@given(MOVES, st.integers(2, 9))
def test_several_pictures_take_as_many_turns(moves: list[tuple[str, float]], size: int) -> None:
    """A submit for n pictures takes n turns and n places; one that is too large goes alone."""
    admission = Admission(Rate.stated(60), Window.stated(10))
    taken = _play(admission, moves, size)
    assert all(after.at - before.at >= size for before, after in pairwise(taken))
    assert all(turn.others == 0 or turn.others + size <= 10 for turn in taken)


def test_a_stated_rate_in_demand_is_used_to_the_margin() -> None:
    admission, now = Admission(Rate.stated(120), Window.stated(1000)), 0.0
    for _ in range(100):
        now += admission.wait(now)
        admission.accepted(admission.take(now))
    assert now == pytest.approx(99 * 0.5 * 1.01)


def test_a_hint_is_waited_for_and_hardly_longer() -> None:
    admission = Admission()
    pause = admission.refused(admission.take(0.0), 1.0, hint=30.0, chance=0.5, cause=None)
    assert 30.0 <= pause <= 33.0
    assert admission.wait(1.0) == pytest.approx(pause)
    assert admission.poll(1.0) == pytest.approx(pause)


def test_refusals_of_one_burst_count_once() -> None:
    """Eight submits that were all on their way when the first refusal came."""
    admission = Admission(Rate.free(), Window.stated(8))
    turns = [admission.take(n * 0.001) for n in range(8)]
    cuts = []
    for turn in turns:
        admission.refused(turn, 1.0, hint=None, chance=0.0, cause=None)
        cuts.append(admission.rate.pace)
    assert len(set(cuts)) == 1


def test_pauses_without_a_hint_double_up_to_their_longest() -> None:
    admission, now, pauses = Admission(), 0.0, []
    for _ in range(12):
        now += admission.wait(now)
        turn = admission.take(now)
        pauses.append(admission.refused(turn, now, hint=None, chance=0.0, cause=Cause.NONE))
        now += pauses[-1]
    assert pauses == [1.0, 2.0, 4.0, 8.0, *[LONGEST_PAUSE] * 8]


def test_trouble_that_is_no_limit_teaches_nothing() -> None:
    admission = Admission()
    for now in (0.0, 10.0, 30.0):
        turn = admission.take(now)
        admission.refused(turn, now + 0.1, hint=None, chance=0.0, cause=Cause.NONE)
    assert (admission.rate.pace, admission.window.size) == (FIRST_PACE, Window().size)


def test_one_refusal_at_a_stated_limit_changes_nothing_a_second_does() -> None:
    """Somebody else may use the account for a moment; a limit that is wrong shows again."""
    admission = Admission(Rate.stated(60), Window.stated(8))
    paces = [admission.rate.pace]
    for now in (100.0, 200.0):
        turn = admission.take(now)
        admission.refused(turn, now, hint=None, chance=0.0, cause=Cause.RATE)
        paces.append(admission.rate.pace)
        admission.accepted(admission.take(now + 50.0))
    assert paces[1] == paces[0] > paces[2]


def test_a_turn_that_is_given_back_is_not_lost() -> None:
    admission = Admission(Rate.stated(60), Window.stated(8))
    admission.give_back(admission.take(5.0))
    assert (admission.wait(5.0), admission.in_flight) == (0.0, 0)


def test_a_rate_is_measured_between_two_refusals() -> None:
    """Twenty submits in ten seconds are two a second, which counts as much as what was hoped."""
    rate = replace(Rate(), pace=2.2, bounded=True, since=0.0)
    for n in range(1, 21):
        rate = rate.accepted(n * 0.5, lately=2.0)
    found = rate.refused(10.0, lately=2.0)
    assert found.pace == pytest.approx(0.98 * math.sqrt(2.0 * rate.pace))
    assert found.hold >= HOLD


def test_a_window_that_was_met_is_tried_ever_more_rarely_and_grows_if_it_may() -> None:
    window = Window().refused(8)
    assert (window.size, window.trying) == (8, False)
    for _ in range(HOLD + 1):
        window = window.accepted(8)
    assert (window.size, window.trying) == (9, True)
    assert window.refused(8).hold == 2 * HOLD
    for _ in range(TRIED):
        window = window.accepted(9)
    assert (window.steady, window.size) == (9, 11)


def test_nothing_in_flight_means_that_the_rate_was_meant() -> None:
    admission = Admission()
    admission.refused(admission.take(0.0), 0.1, hint=None, chance=0.0, cause=None)
    assert admission.rate.pace < FIRST_PACE
    assert not admission.window.bounded


def test_what_the_vendor_says_of_the_cause_is_believed() -> None:
    admission = Admission()
    for n in range(3):
        admission.accepted(admission.take(float(n)))
    turn = admission.take(3.0)
    admission.refused(turn, 3.1, hint=None, chance=0.0, cause=Cause.WINDOW)
    assert (admission.window.size, admission.window.bounded) == (3, True)
    assert not admission.rate.bounded


def test_an_outage_leaves_what_was_known_as_it_was() -> None:
    """Refusals for a minute, whatever they were put down to, are no measure of a limit."""
    admission, now = Admission(Rate(2.0, bounded=True, hold=HOLD), Window.stated(8)), 0.0
    for _ in range(30):
        now += admission.wait(now)
        turn = admission.take(now)
        admission.accepted(turn)
        admission.ended(turn)
    before = admission.rate.pace
    end = now + 60.0
    while now < end:
        now += admission.wait(now)
        turn = admission.take(now)
        admission.refused(turn, now + 0.1, hint=None, chance=0.0, cause=None)
    now += admission.wait(now)
    admission.accepted(admission.take(now))
    assert admission.rate.pace == pytest.approx(before, rel=0.03)
    assert admission.window.size == 8
