"""Reading the second copy: the last word on every row, and every hole and scratch in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from imagepipe.store.chronicle import SUFFIX, block
from imagepipe.store.replay import Damage, Replay, replay, row_name, seals, texts
from imagepipe.store.rows import Cell, JobRow, seal_of, text_of
from tests.unit.store.makers import key


def job(name: str = "mug", state: str = "intent", **cells: Cell) -> str:
    row = JobRow(key(name), state, "p", "s", "x", 1, "n", "r", "b", "1")
    return text_of("jobs", row._replace(**cells))  # type: ignore[arg-type]  # columns by name


def written(folder: Path, *changes: tuple[int, Sequence[str]], by: str = "r1") -> Path:
    path = folder / f"{by}.0{SUFFIX}"
    with path.open("ab") as file:
        for change, lines in changes:
            file.write(block(change, lines))
    return path


def states(found: Replay[bytes]) -> dict[str, str]:
    rows = found.table("jobs").values()
    return {text.split(b'"')[3].decode(): text.split(b'"')[5].decode() for _, text in rows}


def test_where_there_is_nothing_nothing_is_known(tmp_path: Path) -> None:
    found = texts(tmp_path / "absent")
    assert found == Replay(missing=())
    assert (found.files, found.lines, found.base, found.top, found.copied) == (0, 0, 0, 0, False)
    assert not found.is_whole
    assert found.table("jobs") == {}


def test_the_last_version_of_a_row_counts_whoever_wrote_it(tmp_path: Path) -> None:
    """By the number of its change, and in a change by the number of its line."""
    written(tmp_path, (1, [job()]), (4, [job(state="fetched"), job(state="committed")]), by="a")
    written(tmp_path, (2, [job(state="submitted")]), (3, [job(state="remote_done")]), by="b")
    found = texts(tmp_path)
    assert states(found) == {key("mug"): "committed"}
    assert found.table("jobs")[key("mug"),][0] == (4, 2)
    assert (found.files, found.lines, found.top, found.base) == (2, 5, 4, 0)
    assert found.is_whole
    assert not found.copied
    versions = ("intent", "submitted", "remote_done", "fetched", "committed")
    assert found.past == {seal_of(job(state=state)) for state in versions}
    kept = seals(tmp_path).table("jobs")[key("mug"),]
    assert kept == ((4, 2), seal_of(job(state="committed")))


def test_a_change_of_which_a_line_is_gone_is_missing(tmp_path: Path) -> None:
    """As is one that nobody has; up to the highest that is known."""
    path = written(tmp_path, (1, [job("a")]), (3, [job("b"), job("c")]), (6, [job("d")]))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    found = seals(tmp_path)
    assert found.missing == ((2, 5),)
    assert not found.is_whole
    assert not found.lacks_after((5, 1))
    assert found.lacks_after((4, 9))


def test_the_same_line_twice_is_no_more_than_once(tmp_path: Path) -> None:
    written(tmp_path, (1, [job("a")]), (1, [job("a")]), (2, [job("b")]))
    assert seals(tmp_path).is_whole


def test_a_gap_that_was_copied_is_no_gap(tmp_path: Path) -> None:
    """Whatever was in it is in the change that closes it."""
    gap = text_of("copied", (2, 4))
    written(tmp_path, (1, [job()]), (5, [job(state="submitted"), gap]))
    found = seals(tmp_path)
    assert (found.is_whole, found.copied, found.missing) == (True, True, ())


def test_a_snapshot_makes_what_is_older_void(tmp_path: Path) -> None:
    """And nothing before it is missing; what its own change says stays."""
    written(tmp_path, (1, [job("old")]), (2, [text_of("outputs", ("r", "p"))]), by="a")
    snapshot = [text_of("snapshot", ()), text_of("store", ("id", "live", "t")), job("new")]
    written(tmp_path, (7, snapshot), (8, [job("later")]), by="b")
    found = texts(tmp_path)
    assert {*states(found)} == {key("new"), key("later")}
    assert found.table("outputs") == {}
    assert [*found.table("store")] == [("id", "live", "t")]
    assert (found.base, found.missing, found.is_whole) == (7, (), True)


def test_the_latest_snapshot_counts(tmp_path: Path) -> None:
    for name, change in (("a", 9), ("b", 5)):
        written(tmp_path, (change, [text_of("snapshot", ()), job(name)]), by=name)
    found = texts(tmp_path)
    assert (found.base, {*states(found)}) == (9, {key("a")})


def output(path: str, root: str = "r") -> str:
    return text_of("outputs", (root, path, "s", "k", "b", "d", 1, 2))


def dropped(path: str, root: str = "r") -> str:
    return text_of("-outputs", (root, path))


def test_a_dropped_file_is_gone_until_it_is_written_again(tmp_path: Path) -> None:
    """In any order of the files of the copy."""
    written(tmp_path, (1, [output("a"), output("b"), output("a", "q")]), by="z")
    written(tmp_path, (2, [dropped("a"), dropped("b")]), (3, [output("b")]), by="y")
    written(tmp_path, (5, [dropped("c")]), by="w")
    written(tmp_path, (4, [output("c"), dropped("c"), output("c")]), by="x")
    found = texts(tmp_path).table("outputs")
    assert {*found} == {("r", "b"), ("q", "a")}


def test_the_last_drop_counts(tmp_path: Path) -> None:
    written(tmp_path, (1, [output("a")]), (4, [dropped("a")]), by="a")
    written(tmp_path, (2, [dropped("a")]), (3, [output("a")]), by="b")
    assert texts(tmp_path).table("outputs") == {}


def test_notes_have_no_name_and_keep_their_order(tmp_path: Path) -> None:
    note = text_of("notes", ("k", "t", None, "evidence", "x"))
    written(tmp_path, (10, [note, note]), by="a")
    written(tmp_path, (9, [note]), by="b")
    found = texts(tmp_path).table("notes")
    assert sorted(place for place, _ in found.values()) == [(9, 1), (10, 1), (10, 2)]
    assert [found[name][0] for name in sorted(found)] == [(9, 1), (10, 1), (10, 2)]


@pytest.mark.parametrize(
    ("table", "cells", "name"),
    [
        ("jobs", ["k", "intent"], ("k",)),
        ("requests", ["k", "{}"], ("k",)),
        ("runs", ["r", "run"], ("r",)),
        ("outputs", ["root", "path", "s"], ("root", "path")),
        ("store", ["id", "live", "t"], ("id", "live", "t")),
        ("attempts", ["k", "failed", "p", "s", "x", 3, "n"], ("k", "3")),
    ],
)
def test_a_row_is_named_by_its_primary_key(
    table: str, cells: list[str], name: tuple[str, ...]
) -> None:
    assert row_name(table, cells) == name


@pytest.mark.parametrize("cut", [1, 40])
def test_a_torn_end_is_told_from_damage(tmp_path: Path, cut: int) -> None:
    """The break alone may be lost; then what the line says is known, and it is damaged."""
    path = written(tmp_path, (1, [job("a")]), (2, [job("b")]))
    at = len(block(1, [job("a")]))
    path.write_bytes(path.read_bytes()[:-cut])
    found = seals(tmp_path)
    assert found.damages == [Damage(path, at, tail=True, torn=True)]
    assert (found.lines, found.top) == (2, 1)
    assert found.lacks_after((99, 1))
    assert not found.is_whole


def test_a_file_of_nothing_but_a_torn_line_is_torn(tmp_path: Path) -> None:
    path = tmp_path / f"r1{SUFFIX}"
    path.write_bytes(b"half")
    assert seals(tmp_path).damages == [Damage(path, 0, tail=True, torn=True)]


def test_the_first_change_may_be_missing_as_well(tmp_path: Path) -> None:
    written(tmp_path, (2, [job("a")]))
    assert seals(tmp_path).missing == ((1, 1),)


def test_damage_in_the_middle_is_no_torn_end(tmp_path: Path) -> None:
    path = written(tmp_path, (1, [job("a")]), (2, [job("b")]), (3, [job("c")]), (4, [job("d")]))
    lines = path.read_bytes().splitlines(keepends=True)
    for number in (1, 3):
        lines[number] = lines[number].replace(b"intent", b"intend")
    path.write_bytes(b"".join(lines))
    starts = [sum(map(len, lines[:number])) for number in (1, 3)]
    assert seals(tmp_path).damages == [
        Damage(path, starts[0], tail=False, torn=False),
        Damage(path, starts[1], tail=True, torn=False),
    ]


def test_a_file_that_cannot_be_read_is_not_taken_for_empty(tmp_path: Path) -> None:
    (tmp_path / f"r1{SUFFIX}").mkdir()
    with pytest.raises(OSError, match=os.strerror(21)):
        replay(tmp_path, bytes)


def test_steps_that_the_graph_does_not_have_are_noticed(tmp_path: Path) -> None:
    """In the order of their changes; the same state twice is none."""
    written(tmp_path, (2, [job(state="submitted")]), (4, [job(state="intent")]), by="a")
    written(tmp_path, (1, [job()]), (3, [job(state="submitted", updated_at="t")]), by="b")
    said = f"job {key('mug')[:12]} went from submitted to intent"
    assert [*seals(tmp_path).wrong_steps()] == [said]


def test_steps_are_not_judged_where_some_may_be_missing(tmp_path: Path) -> None:
    """A hole, or a gap that was closed by the last word alone."""
    steps = (1, [job()]), (3, [job(state="committed")])
    written(tmp_path, *steps)
    assert [*seals(tmp_path).wrong_steps()] == []
    written(tmp_path, (4, [text_of("copied", (2, 2))]))
    found = seals(tmp_path)
    assert found.is_whole
    assert [*found.wrong_steps()] == []
