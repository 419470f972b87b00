"""GCRA: a declared rate is never exceeded in any rolling minute, and never left unused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imagepipe.admission import Rate
from imagepipe.pace import MARGIN, Pace


def _departures(rate: float, asked_at: list[float]) -> list[float]:
    pace = Pace(Rate.stated(rate).interval if rate else 0.0)
    left: list[float] = []
    for asked in asked_at:
        now = max([asked, *left[-1:]])
        now += pace.wait(now)
        pace = pace.taken(now)
        left.append(now)
    return left


@given(
    st.integers(1, 600),
    st.lists(st.floats(0, 300), min_size=1, max_size=80).map(sorted),
)
def test_no_rolling_minute_holds_more_than_the_rate(rate: int, asked_at: list[float]) -> None:
    left = _departures(rate, asked_at)
    for start, moment in enumerate(left):
        in_window = sum(1 for other in left[start:] if other < moment + 60.0)
        assert in_window <= rate


@given(st.integers(1, 600), st.integers(2, 60))
def test_a_rate_in_demand_is_used_to_the_margin(rate: int, jobs: int) -> None:
    left = _departures(rate, [0.0] * jobs)
    assert abs(left[-1] - (jobs - 1) * 60.0 / rate * MARGIN) < 1e-6


def test_an_idle_hour_earns_no_burst() -> None:
    left = _departures(60, [0.0, 3600.0, 3600.0, 3600.0])
    assert left[2] - left[1] >= 1.0
    assert left[3] - left[2] >= 1.0


def test_without_a_rate_nothing_waits() -> None:
    assert _departures(0, [5.0, 5.0, 5.0]) == [5.0, 5.0, 5.0]


@given(st.integers(1, 600), st.floats(0.0, 0.5))
def test_the_margin_is_for_the_network_and_not_for_late_timers(rate: int, late: float) -> None:
    """One that leaves late puts off the next: on their way to the vendor they may come closer by
    the whole margin, at 30 a minute by 20 ms."""
    interval = 60.0 / rate
    left = _departures(rate, [0.0, interval * (MARGIN + late), 0.0])
    assert left[2] - left[1] >= interval * MARGIN - 1e-9
