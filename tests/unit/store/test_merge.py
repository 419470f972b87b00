"""Two damaged halves made one: what may have been submitted is never free to be submitted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from imagepipe.model import State
from imagepipe.store import chronicle
from imagepipe.store.compare import TABLES
from imagepipe.store.merge import Merged, merge
from imagepipe.store.replay import Replay, texts
from imagepipe.store.rows import JobRow, sealed, text_of
from imagepipe.store.salvage import Salvage
from tests.unit.store.makers import (
    LATER,
    NOW,
    key,
)
from tests.unit.store.mending import DOUBT, row


def copied(folder: Path, *changes: tuple[int, Sequence[str]]) -> Replay[bytes]:
    folder.mkdir(exist_ok=True)
    blocks = b"".join(chronicle.block(change, lines) for change, lines in changes)
    (folder / f"r1{chronicle.SUFFIX}").write_bytes(blocks)
    return texts(folder)


def kept(generation: int, *rows: JobRow) -> Salvage:
    found = Salvage(("id", "live", NOW), generation)
    found.rows["jobs"] = {(one.key,): sealed("jobs", one) for one in rows}
    return found


@pytest.mark.parametrize("state", list(State))
def test_a_last_word_that_is_not_proven_to_be_the_last_frees_nothing(
    tmp_path: Path, state: State
) -> None:
    """What might have been submitted since is in doubt; the rest stays what it is."""
    copy = copied(tmp_path / "c", (1, [text_of("jobs", row(state=state.value))]))
    sure = merge(copy, Salvage(), 1)
    assert (sure.whole, sure.doubted, sure.jobs) == (True, [], {key("mug"): row(state=state.value)})
    unsure = merge(copy, Salvage(), 2)
    assert not unsure.whole
    if state in (State.PLANNED, State.BLOCKED, State.FAILED):
        assert unsure.doubted == [key("mug")]
        assert unsure.jobs == {key("mug"): row(state="ambiguous", fault=DOUBT)}
    else:
        assert (unsure.doubted, unsure.jobs) == ([], sure.jobs)


@pytest.mark.parametrize(
    ("generation", "known", "certain"),
    [(3, 3, True), (2, 3, False), (4, 3, True), (1, 1, True), (0, 0, False)],
)
def test_what_only_the_ledger_has_is_sure_if_the_ledger_is_the_newest(
    tmp_path: Path, generation: int, known: int, *, certain: bool
) -> None:
    """One whose count cannot be read is never that."""
    copy = copied(tmp_path / "c", (1, [text_of("jobs", row("cup"))]))
    found = merge(copy, kept(generation, row()), known)
    assert found.jobs.keys() == {key("mug"), key("cup")}
    assert (key("mug") not in found.doubted) == certain
    alone = merge(texts(tmp_path / "none"), kept(generation, row()), known)
    assert (alone.doubted == []) == certain
    assert not alone.whole


VERSIONS = [row(state="intent"), row(), row(updated_at="t6"), row(attempt=2, updated_at="t1")]


@pytest.mark.parametrize(
    ("copies", "mine", "changes", "winner", "certain"),
    [
        ([1], 1, (1, 1), 1, True),  # both have the same, and the copy is complete
        ([1], 1, (9, 9), 1, True),  # both have the same, and the ledger is the newest
        ([1], 1, (5, 9), 1, False),  # both have the same, and neither is
        ([0, 1], 0, (1, 2), 1, True),  # the ledger has one of the past
        ([0, 1], 0, (9, 9), 1, False),  # likewise, and the copy is behind
        ([1], 2, (9, 9), 2, True),  # the ledger is newer
        ([1], 2, (5, 9), 2, False),  # newer than the copy, and older than the witness
        ([2], 1, (9, 9), 2, False),  # the copy is newer, and not the last
        ([2], 3, (9, 9), 3, True),  # a later attempt counts before a later time
        ([3], 2, (9, 9), 3, False),
    ],
)
def test_of_two_versions_the_later_counts_and_is_believed_if_it_must_be_the_last(
    tmp_path: Path,
    copies: list[int],
    mine: int,
    changes: tuple[int, int],
    *,
    winner: int,
    certain: bool,
) -> None:
    """`changes`: how many the ledger knows, and how many there were."""
    lines = [(n, [text_of("jobs", VERSIONS[one])]) for n, one in enumerate(copies, start=1)]
    copy = copied(tmp_path / "c", *lines)
    found = merge(copy, kept(changes[0], VERSIONS[mine]), changes[1])
    assert (found.doubted == []) == certain
    expected = VERSIONS[winner]
    (job,) = found.jobs.values()
    assert job._replace(state=expected.state, fault=None) == expected


def test_other_rows_are_taken_from_both_and_the_copy_wins(tmp_path: Path) -> None:
    """But a run that has ended has ended, and a file that was forgotten stays so."""
    old = Salvage(("id", "live", NOW), 1)
    over = ("r2", "run", "h", "b", "s", 1, "x", NOW, LATER, "p", "[]")
    open_ = (*over[:8], None, *over[9:])
    old.rows["runs"] = {("r2",): sealed("runs", over), ("r3",): sealed("runs", ("r3", *open_[1:]))}
    old.rows["requests"] = {("k",): sealed("requests", ("k", "old")), ("m",): ("m", "mine", b"")}
    old.rows["outputs"] = {("r", "p"): sealed("outputs", ("r", "p", 1))}
    texts_ = [
        text_of("runs", open_),
        text_of("runs", ("r3", *over[1:])),
        text_of("requests", ("k", "new")),
    ]
    found = merge(copied(tmp_path / "c", (1, texts_)), old, 1).others
    assert found["runs"] == [over, ("r3", *over[1:])]
    assert found["requests"] == [("k", "new"), ("m", "mine")]
    assert found["outputs"] == []
    alone = merge(texts(tmp_path / "none"), old, 1).others
    assert alone["outputs"] == [("r", "p", 1)]


def test_notes_of_both_are_told_once_each_in_the_order_of_their_times(tmp_path: Path) -> None:
    """As often as one of the two has them."""
    times = ("t1", "t2", "t3")
    one, two, three = ((k, at, None, "evidence", at) for k, at in zip("cab", times, strict=True))
    old = Salvage(("id", "live", NOW), 1)
    for number, cells in enumerate((three, one, one, two)):
        old.rows["notes"][f"{number}",] = sealed("notes", cells)
    lines = [text_of("notes", cells) for cells in (two, one)]
    found = merge(copied(tmp_path / "c", (1, lines)), old, 1).others["notes"]
    assert found == [one, one, two, three]


def test_a_merge_of_nothing_is_nothing() -> None:
    found = merge(Replay(), Salvage(), 0)
    assert found == Merged(False, {}, [], {name: [] for name in TABLES if name != "jobs"})
