"""Laws of the lock file: what is written is read, and merging forgets nothing."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from imagepipe.errors import InputError
from imagepipe.model import Digest, Key, Ticket
from imagepipe.store import confine
from imagepipe.store import lock as locks
from imagepipe.store.lock import Entry, Lock, entry_of, line_of, parse_lock

hashes = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
paths = st.sampled_from(["a/x.png", "a/y.webp", "b.jpg", "ä/ß.png", "z/1/2.png"])
tickets = st.builds(Ticket, st.text(max_size=9), st.dictionaries(st.text(max_size=3), st.text()))
costs = st.decimals(min_value=0, max_value=9999, allow_nan=False, places=4)
entries = st.builds(
    Entry,
    path=paths,
    output=hashes.map(Digest),
    blob=hashes.map(Digest),
    key=hashes.map(Key),
    provider=st.text(max_size=9),
    ticket=st.none() | tickets,
    seed=st.none() | st.integers(-(2**70), 2**70),
    cost=st.none() | costs,
)
batches = st.lists(entries, max_size=6)


def in_lock(*batch: Entry) -> Lock:
    return Lock().merged(batch)


@given(batches)
def test_what_is_written_is_read(batch: list[Entry]) -> None:
    """Any text, any number, in the same order."""
    lock = in_lock(*batch)
    assert parse_lock(lock.text().encode(), "f") == lock


usual = st.builds(
    Entry,
    path=st.sampled_from(
        ["a/b.png", "SKU-1/hero-2.webp", "../a.png", "a//b.png", "con/a.png", "é"]
    ),
    output=hashes.map(Digest),
    blob=hashes.map(Digest),
    key=hashes.map(Key),
    provider=st.sampled_from(["runcrate", "openai-images", "My Own"]),
    ticket=st.none() | st.sampled_from(["t-1", "a b", 'q"', "ü"]).map(Ticket),
    seed=st.none() | st.integers(-5, 2**60),
    cost=st.none() | st.sampled_from(["0", "0.003", "123456789", "1.10"]).map(Decimal),
)


@given(usual)
def test_a_usual_line_is_read_as_any_other(entry: Entry) -> None:
    """Without JSON, and with the same answer, be it the entry or what is wrong with it."""
    line = line_of(entry)
    with patch.object(locks, "_plain", lambda _line: None):
        other = entry_of(line)
    assert entry_of(line) == other
    assert not isinstance(other, Entry) or other == entry


@given(batches, batches)
def test_a_merge_keeps_every_path(first: list[Entry], second: list[Entry]) -> None:
    """Paths are never lost, the newer entry wins, and twice is once."""
    merged = in_lock(*first).merged(second)
    assert {one.path for one in merged.entries} == {one.path for one in (*first, *second)}
    assert merged.merged(second) == merged
    newest = {one.path: one for one in second}
    assert all(newest.get(one.path, one) == one for one in merged.entries)
    assert [one.path for one in merged.entries] == sorted(one.path for one in merged.entries)


@given(batches, batches)
def test_runs_of_other_paths_may_come_in_any_order(first: list[Entry], second: list[Entry]) -> None:
    """Shards give one file."""
    mine = [one for one in first if one.path < "b"]
    theirs = [one for one in second if one.path >= "b"]
    assert in_lock(*mine).merged(theirs) == in_lock(*theirs).merged(mine)


@given(batches, batches)
def test_a_union_merge_of_git_is_read_whole(first: list[Entry], second: list[Entry]) -> None:
    """Lines of both sides in any order: each entry is known, equal ones once."""
    text = in_lock(*first).text() + in_lock(*second).text()
    found = parse_lock(text.encode(), "f")
    for one in (*in_lock(*first).entries, *in_lock(*second).entries):
        assert found.entries.count(one) == 1
    assert found.text().splitlines() == sorted(set(text.splitlines()), key=_by_path)


def _by_path(line: str) -> tuple[str, str]:
    return parse_lock(line.encode(), "f").entries[0].path, line


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_shown(raw: bytes) -> None:
    """Never another exception, and no entry out of nothing."""
    lock = Lock()
    with suppress(InputError):
        lock = parse_lock(raw, "f")
    assert lock == Lock()


def test_money_is_written_exactly() -> None:
    """No float is ever near it."""
    cost = Decimal("0.0000001000")
    entry = Entry("a.png", Digest("0" * 64), Digest("0" * 64), Key("0" * 64), "p", cost=cost)
    assert parse_lock(in_lock(entry).text().encode(), "f").entries[0].cost == cost


awkward = st.lists(
    st.sampled_from([*"aZ0_-. /", "con", "NUL", "lpt1", "clock$", "é", "\n", "SKU-1", "hero.png"])
).map("".join)


@given(awkward)
def test_a_usual_path_needs_no_closer_look(path: str) -> None:
    """Nothing is let through that the closer look refuses."""
    assert confine.refusal(path) == confine._refusal(path)
