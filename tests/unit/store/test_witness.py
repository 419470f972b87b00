"""The count beside the ledger: believed only as it was written, and never turned back."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from imagepipe.errors import StoreError
from imagepipe.store import chronicle
from imagepipe.store.layout import Layout
from imagepipe.store.witness import (
    Seen,
    Witness,
    read_witness,
    recall,
    refuse_missing,
    refuse_older,
    remember,
    seen,
    write_witness,
)

ONE = Witness("id", 7)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A store, and a home that remembers it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "store").mkdir()
    return Layout(tmp_path / "store")


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_witness_is_read_as_it_was_written(layout: Layout) -> None:
    assert read_witness(layout.witness) is None
    write_witness(layout.witness, ONE)
    assert read_witness(layout.witness) == ONE
    assert stat.S_IMODE(layout.witness.stat().st_mode) == 0o600
    assert layout.witness.read_text().endswith("}\n")


@pytest.mark.parametrize(
    "change",
    [{"store": "other"}, {"generation": 8}, {"sum": "0"}, {"generation": "many"}, {"sum": None}],
)
def test_a_witness_that_was_changed_says_nothing(layout: Layout, change: dict[str, object]) -> None:
    write_witness(layout.witness, ONE)
    value = {**json.loads(layout.witness.read_text()), **change}
    layout.witness.write_text(json.dumps(value))
    assert read_witness(layout.witness) is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"null", b'{"store": "id"}', b"7"])
def test_a_witness_that_cannot_be_read_says_nothing(layout: Layout, content: bytes) -> None:
    layout.witness.write_bytes(content)
    assert read_witness(layout.witness) is None


def test_a_witness_is_not_turned_back(layout: Layout) -> None:
    """Of its own store; another's takes its place."""
    write_witness(layout.witness, ONE)
    before = layout.witness.stat().st_mtime_ns
    for generation in (6, 7):
        write_witness(layout.witness, Witness("id", generation))
        assert read_witness(layout.witness) == ONE
    assert layout.witness.stat().st_mtime_ns == before
    write_witness(layout.witness, Witness("id", 8))
    assert read_witness(layout.witness) == Witness("id", 8)
    write_witness(layout.witness, Witness("other", 1))
    assert read_witness(layout.witness) == Witness("other", 1)


def test_a_machine_remembers_a_store_by_its_place_and_name(layout: Layout) -> None:
    assert recall(layout, "id") == 0
    remember(layout, ONE)
    assert (recall(layout, "id"), recall(layout, "other")) == (7, 0)
    elsewhere = Layout(layout.root.parent / "copy")
    assert recall(elsewhere, "id") == 0
    remember(layout, Witness("id", 9))
    assert recall(layout, "id") == 9
    folder = layout.root.parent / "state" / "imagepipe" / "stores"
    assert len(list(folder.iterdir())) == 1
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_store_is_the_same_by_any_way_to_it(layout: Layout) -> None:
    remember(layout, ONE)
    (layout.root.parent / "link").symlink_to(layout.root)
    assert recall(Layout(layout.root.parent / "link"), "id") == 7


def test_what_is_remembered_already_is_not_written_again(layout: Layout) -> None:
    remember(layout, ONE)
    (path,) = (layout.root.parent / "state" / "imagepipe" / "stores").iterdir()
    os.utime(path, ns=(1, 1))
    remember(layout, ONE)
    assert path.stat().st_mtime_ns == 1


@pytest.mark.parametrize("trouble", ["a file", "nobody's"])
def test_a_home_that_keeps_nothing_is_no_trouble(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """It only ever refuses, so that without it nothing is refused."""

    def homeless() -> Path:
        raise RuntimeError("no home")

    if trouble == "a file":
        (layout.root.parent / "state").touch()
    else:
        monkeypatch.delenv("XDG_STATE_HOME")
        monkeypatch.delenv("LOCALAPPDATA", raising=False)
        monkeypatch.setattr(Path, "home", homeless)
    remember(layout, ONE)
    assert recall(layout, "id") == 0


@pytest.mark.parametrize(
    ("variables", "base"),
    [
        ({"XDG_STATE_HOME": "x", "LOCALAPPDATA": "l"}, "x"),
        ({"LOCALAPPDATA": "l"}, "l"),
        ({}, ".local/state"),
    ],
)
def test_it_is_remembered_where_the_system_keeps_states(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], base: str
) -> None:
    home = layout.root.parent / "home"
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
        if name in variables:
            monkeypatch.setenv(name, str(home / variables[name]))
    monkeypatch.setattr(Path, "home", lambda: home)
    remember(layout, ONE)
    assert len(list((home / base / "imagepipe" / "stores").iterdir())) == 1


def test_how_far_a_store_came_is_told_by_whoever_saw_most(layout: Layout) -> None:
    """The witness of the last start or end, or the copy of the last change."""
    assert seen(layout) == Seen(None, 0)
    layout.chronicle.mkdir()
    path = layout.chronicle / f"r1{chronicle.SUFFIX}"
    path.write_bytes(chronicle.block(5, ['["x"]']))
    assert seen(layout) == Seen(None, 5)
    write_witness(layout.witness, ONE)
    assert seen(layout) == Seen("id", 7)
    path.write_bytes(chronicle.block(9, ['["x"]']))
    assert seen(layout) == Seen("id", 9)


@pytest.mark.parametrize(
    ("known", "remembered", "why"),
    [
        (Seen(None, 7), 0, None),
        (Seen("id", 7), 7, None),
        (Seen("id", 0), 0, None),
        (Seen("other", 0), 0, "is the ledger of another store"),
        (Seen("id", 8), 0, "is an older copy: it knows 7 changes, and 8 were made"),
        (Seen(None, 8), 0, "is an older copy: it knows 7 changes, and 8 were made"),
        (Seen("id", 7), 9, "is an older copy: it knows 7 changes, and 9 were made"),
    ],
)
def test_a_ledger_that_is_behind_is_refused(
    layout: Layout, known: Seen, remembered: int, why: str | None
) -> None:
    """What it does not know might be paid for twice."""
    if remembered:
        remember(layout, Witness("id", remembered))
    if why is None:
        refuse_older(layout, ONE, known)
        return
    with pytest.raises(StoreError) as caught:
        refuse_older(layout, ONE, known)
    said = f"{layout.ledger} {why}; what it does not know might be paid for twice"
    assert str(caught.value).startswith(said)
    assert "store repair" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("traces", "said"),
    [
        ([], None),
        (["ledger.witness"], "has ledger.witness but no ledger.sqlite"),
        (["blobs/ab"], "has blobs but no"),
        (["chronicle/x"], "has chronicle but no"),
        (["ledger.witness", "blobs/ab", "chronicle/x"], "ledger.witness and blobs and chronicle"),
        (["blobs/", "chronicle/"], None),
        (["spool/x"], None),
        (["ledger.sqlite", "ledger.witness"], None),
    ],
)
def test_a_store_that_was_used_is_not_taken_for_a_new_one(
    layout: Layout, traces: list[str], said: str | None
) -> None:
    """Empty folders are no use; with a ledger nothing is missing."""
    for trace in traces:
        path = layout.root / trace
        path.parent.mkdir(exist_ok=True)
        path.mkdir() if trace.endswith("/") else path.touch()
    if said is None:
        refuse_missing(layout)
        return
    with pytest.raises(StoreError, match=said) as caught:
        refuse_missing(layout)
    assert "store repair" in str(caught.value.hint)
