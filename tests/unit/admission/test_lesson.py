"""What a run keeps of limits for the next one, and how far that is believed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from imagepipe.admission import Memory, Rate, Window
from imagepipe.admission.adaptive import FIRST_PACE, FIRST_WINDOW
from imagepipe.admission.lesson import STALE
from imagepipe.model import Json

MET = (replace(Rate(), pace=4.9, bounded=True), Window().refused(20))


def _kept(rate: Rate, window: Window, age: float | None = 3600.0) -> Memory:
    first = Memory(now=lambda: "then", age=lambda _moment: age)
    first.keep("acme", rate, window)
    return Memory(known=dict(first.found), age=lambda _moment: age)


def test_a_fresh_lesson_is_where_the_next_run_begins() -> None:
    rate, window = _kept(*MET).begin("acme", Rate(), Window())
    assert (rate.pace, rate.bounded, window.size, window.bounded) == (4.9, True, 20, True)


def test_an_old_lesson_only_tells_where_to_begin_the_search() -> None:
    for age in (STALE + 1, -5.0, None):
        rate, window = _kept(*MET, age=age).begin("acme", Rate(), Window())
        assert (rate.bounded, window.bounded) == (False, False)
        assert FIRST_PACE < rate.pace < 4.9
        assert FIRST_WINDOW < window.size < 20


def test_a_lesson_never_changes_what_is_stated() -> None:
    stated = Rate.stated(60), Window.stated(3)
    assert _kept(*MET).begin("acme", *stated) == stated


def test_of_stated_limits_nothing_is_kept() -> None:
    memory = Memory(now=lambda: "then")
    memory.keep("acme", Rate.stated(60), Window.stated(3))
    memory.keep("idle", Rate(), Window())
    memory.keep("free", Rate.free(), Window.stated(3))
    assert memory.found == {}


def test_a_lesson_is_for_its_account_alone() -> None:
    assert _kept(*MET).begin("other", Rate(), Window()) == (Rate(), Window())


JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


@given(
    JSON | st.fixed_dictionaries({"rate": JSON, "in_flight": JSON, "rate_met": JSON, "at": JSON})
)
def test_whatever_is_kept_gives_a_sound_beginning(lesson: Json) -> None:
    """The file may be damaged, or of another version."""
    memory = Memory(known={"acme": lesson}, age=lambda _moment: 1.0)
    rate, window = memory.begin("acme", Rate(), Window())
    assert 0 < rate.pace < 1e5
    assert 1 <= window.size <= window.ceiling
