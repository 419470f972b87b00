"""The memo of a plan: read as it was written, or not at all."""

from __future__ import annotations

import json
import os
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagepipe.planner import Block
from imagepipe.store import memo
from imagepipe.store.memo import MOST, Memo, read_memo, write_memo

BLOCK = Block(
    "hero", {"runcrate": 2}, "a/hero.png\nb/é.png", array("q", [7, 8]), array("q", [1, 2])
)
MEMO = Memo({"world": ["x", 1]}, {"f1": BLOCK}, (("old.png", "k", "lock", None),))


def test_a_memo_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "plans" / "m.memo"
    write_memo(path, MEMO)
    assert read_memo(path) == MEMO
    assert [file.name for file in path.parent.iterdir()] == ["m.memo"]


def test_there_may_be_none(tmp_path: Path) -> None:
    assert read_memo(tmp_path / "m.memo") is None


@settings(deadline=None)
@given(st.data())
def test_whatever_is_wrong_with_it_reads_as_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Any byte changed, any length cut off, anything at its end."""
    path = tmp_path_factory.mktemp("memo") / "m.memo"
    write_memo(path, MEMO)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(1, 255))
    flipped = whole[:at] + bytes([whole[at] ^ other]) + whole[at + 1 :]
    for damaged in (flipped, whole[:at], whole + b"\0"):
        path.write_bytes(damaged)
        assert read_memo(path) is None
    write_memo(path, MEMO)
    assert read_memo(path) == MEMO


heads = st.recursive(
    st.none() | st.integers(-3, 99) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["facts", "blocks", "orphans", "whole"]), inner)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.binary(max_size=20) | heads.map(lambda head: json.dumps(head).encode()), st.booleans())
def test_a_sound_file_of_another_program_reads_as_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    head: bytes,
    sized: bool,
) -> None:
    """Its checksum is right, and what it says is not what is meant here."""
    body = (len(head).to_bytes(8, "big") if sized else b"") + head
    path = tmp_path_factory.mktemp("memo") / "m.memo"
    path.write_bytes(memo._MAGIC + memo._sum(body) + body)
    assert read_memo(path) is None


def test_those_of_manifests_that_nobody_plans_any_more_go(tmp_path: Path) -> None:
    for number in range(MOST + 5):
        path = tmp_path / f"{number}.memo"
        write_memo(path, MEMO)
        os.utime(path, (number, number))
    write_memo(tmp_path / "last.memo", MEMO)
    assert len(list(tmp_path.iterdir())) == MOST
    assert read_memo(tmp_path / "last.memo") == MEMO


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "plans").write_text("in the way")
    write_memo(tmp_path / "plans" / "m.memo", MEMO)
    assert read_memo(tmp_path / "plans" / "m.memo") is None
