"""Marks and their owners: a dict that holds nothing but numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imagepipe.marks import Marks

NUMBERS = st.integers(0, 2**63 - 1)


@given(st.lists(st.tuples(NUMBERS | st.integers(0, 4) | st.just(2**62), NUMBERS), max_size=200))
def test_the_first_to_ask_for_a_mark_owns_it(asked: list[tuple[int, int]]) -> None:
    """Also where many of them want the same place."""
    marks, owners = Marks(), dict[int, int]()
    for mark, owner in asked:
        assert marks.setdefault(mark, owner) == owners.setdefault(mark, owner)
    assert len(marks) == len(owners)


def test_as_many_as_there_are_jobs_find_room() -> None:
    marks, spread = Marks(), [number * 0x9E3779B97F4A7C15 % 2**63 for number in range(20_000)]
    for number, mark in enumerate(spread):
        assert marks.setdefault(mark, number) == number
    assert [marks.setdefault(mark, 0) for mark in spread] == [*range(20_000)]
    assert len(marks) == 20_000
