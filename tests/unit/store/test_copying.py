"""The second copy kept complete, and written anew: nothing is lost of it at any moment."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagepipe.errors import StoreError
from imagepipe.model import Output
from imagepipe.store import chronicle, copying
from imagepipe.store.compare import differences
from imagepipe.store.layout import Layout
from imagepipe.store.ledger import Ledger
from imagepipe.store.replay import seals
from tests.unit.store.makers import LATER, NOW, claim, commit, digest, key, open_ledger, run

OUTPUT = Output("a.png", "s", key("mug"), digest(b"x"), digest(b"x"), 1, 2)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as opened:
        yield opened


def agrees(ledger: Ledger) -> bool:
    found = seals(ledger._layout.chronicle)
    return (
        found.is_whole and found.top == ledger.change and not [*differences(ledger.database, found)]
    )


def cut(ledger: Ledger, changes: int, by: str = "r1") -> None:
    """The last changes are gone from a run's file, which is closed as by a kill."""
    ledger._chronicle.restart()
    files = chronicle.files(ledger._layout.chronicle)
    path = next(path for path in files if chronicle.owner(path) == by)
    lines = path.read_bytes().splitlines(keepends=True)
    last = sorted({int(line.split(b" ")[1]) for line in lines})[-changes:]
    kept = [line for line in lines if int(line.split(b" ")[1]) not in last]
    path.write_bytes(b"".join(kept))


def test_what_is_missing_at_the_end_is_copied_and_the_gap_closed(ledger: Ledger) -> None:
    """Three rows and two changes: the copy says which changes it stands for."""
    claim(ledger, "cup")
    claim(ledger, "mug")
    cut(ledger, 2)
    top = ledger.change
    assert ledger.lags()
    assert not ledger.is_copied()
    assert ledger.copy_missing(lambda _: False) == 4  # two jobs and their requests
    assert not ledger.lags()
    assert ledger.is_copied()
    assert agrees(ledger)
    copied = b"".join(p.read_bytes() for p in chronicle.files(ledger._layout.chronicle))
    assert copied.count(f'["copied",{top - 1},{top}]'.encode()) == 1


def test_what_is_copied_already_is_not_copied_again(ledger: Ledger) -> None:
    commit(ledger, "mug")
    before = ledger.change
    assert ledger.copy_missing(lambda _: True) == 0
    assert ledger.change == before
    assert agrees(ledger)


def test_a_file_that_was_forgotten_in_a_lost_change_is_forgotten_in_the_copy(
    ledger: Ledger,
) -> None:
    commit(ledger, "mug")
    ledger.put_output("images", OUTPUT)
    ledger.drop_output("images", "a.png")
    cut(ledger, 1)
    assert ledger.copy_missing(lambda _: False) == 1
    assert seals(ledger._layout.chronicle).table("outputs") == {}
    assert agrees(ledger)


def test_a_row_that_the_ledger_lost_is_not_taken_out_of_the_copy(ledger: Ledger) -> None:
    """It is the ledger that is damaged: the copy keeps what it knows."""
    commit(ledger, "mug")
    ledger.database.execute("DELETE FROM jobs")
    ledger.copy_missing(lambda _: False)
    assert [*seals(ledger._layout.chronicle).table("jobs")] == [(key("mug"),)]


def test_what_is_copied_is_one_change_or_none(ledger: Ledger) -> None:
    """Nothing is copied if the ledger turns out to be damaged half-way."""
    claim(ledger, "cup")
    claim(ledger, "mug")
    cut(ledger, 2)
    before = ledger.change
    ledger.database.execute("UPDATE requests SET sum = x'00' WHERE key = ?", (key("mug"),))
    with pytest.raises(StoreError, match="requests row"):
        ledger.copy_missing(lambda _: False)
    assert ledger.change == before
    assert not ledger.is_copied()


def test_an_old_version_of_a_job_is_named(ledger: Ledger) -> None:
    claim(ledger, "mug")
    old = ledger.database.execute("SELECT * FROM jobs").fetchone()
    ledger.release(key("mug"), "r1", NOW)
    ledger.database.execute("DELETE FROM jobs")
    ledger.database.execute(f"INSERT INTO jobs VALUES ({','.join('?' * len(old))})", old)  # noqa: S608
    said = f"the ledger has an old version of job {key('mug')[:12]}$"
    with pytest.raises(StoreError, match=said) as caught:
        ledger.copy_missing(lambda _: False)
    assert "store repair" in str(caught.value.hint)


def test_a_torn_end_is_cut_where_its_run_is_over(ledger: Ledger, tmp_path: Path) -> None:
    """At the first of the lines that were never whole; a living run's file is left alone."""
    claim(ledger, "mug")
    ledger._chronicle.restart()
    (path,) = chronicle.files(Layout(tmp_path).chronicle)
    whole = path.read_bytes()
    path.write_bytes(whole + b"half\nof a\nline")
    ledger.copy_missing(lambda _: False)
    assert path.read_bytes() == whole + b"half\nof a\nline"
    ledger.copy_missing(lambda name: name == "r1")
    assert path.read_bytes() == whole


def test_a_torn_end_that_cannot_be_cut_stays(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a copy: nobody is kept from working by it."""

    def refused(*_: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    claim(ledger, "mug")
    ledger._chronicle.restart()
    (path,) = chronicle.files(ledger._layout.chronicle)
    path.write_bytes(path.read_bytes() + b"half")
    monkeypatch.setattr(os, "truncate", refused)
    assert ledger.copy_missing(lambda _: True) == 0


def test_damage_in_the_middle_is_not_cut_off(ledger: Ledger) -> None:
    """What follows it is whole, and needed."""
    claim(ledger, "mug")
    ledger.end_run("r1", LATER)
    ledger._chronicle.restart()
    (path,) = chronicle.files(ledger._layout.chronicle)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"noise\n", *lines[1:]]))
    before = path.read_bytes()
    ledger.copy_missing(lambda _: True)
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_copy_that_is_written_anew_is_whole_and_nobody_elses(tmp_path: Path) -> None:
    """One file of one change, which holds every row, and is told from runs' files by its name."""
    with open_ledger(tmp_path, run("r1")) as ledger:
        commit(ledger, "mug")
        ledger.put_output("images", OUTPUT)
        old = ledger.rewrite_chronicle()
        assert [chronicle.owner(path) for path in old] == ["r1"]
        (new,) = {*chronicle.files(Layout(tmp_path).chronicle)} - {*old}
        assert (chronicle.owner(new), new.suffix) == ("all", ".lines")
        assert stat.S_IMODE(new.stat().st_mode) == 0o600
        for path in old:
            path.unlink()
        found = seals(Layout(tmp_path).chronicle)
        assert (found.base, found.top) == (ledger.change, ledger.change)
        (store,) = found.table("store")
        assert store == tuple(ledger.fetch("SELECT id, stamp, created_at FROM store")[0])
        assert agrees(ledger)
        claim(ledger, "cup")
        assert agrees(ledger)
    assert [path.name for path in Layout(tmp_path).chronicle.glob(".tmp*")] == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_copy_whose_folder_is_gone_is_written_anew(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        folder = Layout(tmp_path).chronicle
        folder.rename(tmp_path / "moved")
        assert ledger.rewrite_chronicle() == []
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert agrees(ledger)


def test_a_new_copy_gets_its_name_when_its_change_is_durable_and_then_for_good(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with a change that the ledger does not know would make the ledger look old."""
    commit(ledger, "mug")
    steps: list[tuple[bool, int]] = []

    def sync(folder: Path) -> None:
        names = [path for path in chronicle.files(folder) if chronicle.owner(path) == "all"]
        steps.append((ledger.database.in_transaction, len(names)))

    monkeypatch.setattr(copying, "sync_folder", sync)
    ledger.rewrite_chronicle()
    assert steps == [(False, 1)]


def test_a_copy_that_cannot_be_written_changes_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the count of changes nor the files; what was begun is removed."""
    commit(ledger, "mug")
    folder, before = ledger._layout.chronicle, ledger.change
    names = sorted(path.name for path in folder.iterdir())

    def full(path: Path, data: bytes, **_: int) -> None:
        path.write_bytes(data[:9])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(copying, "write_new", full)
    with pytest.raises(OSError, match="No space left"):
        ledger.rewrite_chronicle()
    assert (ledger.change, sorted(path.name for path in folder.iterdir())) == (before, names)
