"""Laws of the index: a lock of which single lines are read says the same as one read whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from imagepipe.errors import InputError, Problem
from imagepipe.store.lock import Entry, Lock, line_of, parse_lock
from imagepipe.store.lock_index import LockIndex
from tests.property.test_lock_laws import entries, usual

T = TypeVar("T")
few = st.sampled_from(["a/x.png", "a/x.webp", "a/y.png", "ä/ß.png", "\udc80.png"])
lines = st.lists(
    (
        st.builds(
            lambda entry, path: Entry(path, entry.output, entry.blob, entry.key, "p"), usual, few
        )
        | entries
    ).map(line_of)
    | st.sampled_from(["", "  ", "not a line", "<<<<<<< ours", '{"path": 3}']),
    max_size=8,
)
ends = st.sampled_from(["\n", "\r\n"])


def read(make: Callable[[bytes, str], T], data: bytes) -> T | tuple[Problem, ...]:
    try:
        return make(data, "f")
    except InputError as error:
        return error.problems


@given(lines, ends, st.sampled_from(["", "\n"]))
def test_an_index_finds_what_a_lock_read_whole_has(text: list[str], end: str, last: str) -> None:
    """The same entries in the same order, by key, by path and all; or the same problems."""
    data = (end.join(text) + last).encode()
    whole, index = read(parse_lock, data), read(LockIndex, data)
    if isinstance(whole, tuple) or isinstance(index, tuple):
        assert whole == index
        return
    for one in (index, LockIndex(data, "f", is_known=True)):
        agree(one, whole)


def agree(index: LockIndex, whole: Lock) -> None:
    assert Lock(index.all()) == whole
    for key in {entry.key for entry in whole.entries}:
        assert index.of_key(key) == tuple(one for one in whole.entries if one.key == key)
    stems = {entry.stem for entry in whole.entries}
    for stem in stems:
        found = tuple(one for one in whole.entries if one.stem == stem)
        assert index.of_stem(stem) == found
        assert index.is_of(stem, found[0].key) <= (len(found) == 1)
    assert Lock(index.doubled()).several() == whole.several()
    assert index.where(lambda path: path > "b") == tuple(
        one for one in whole.entries if one.path > "b"
    )
