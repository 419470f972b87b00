"""The ledger as a file: never replaced, never believed when it is not what was written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from imagepipe.errors import StoreBusy, StoreError
from imagepipe.model import State
from imagepipe.store import connection
from imagepipe.store.blobs import Blobs
from imagepipe.store.confine import Outside
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.reader import Reader
from tests.unit.store.makers import NOW, claim, commit, digest, key, look, open_ledger, run


def reopen(folder: Path) -> Ledger:
    return Ledger.open_or_create(Layout(folder), Stamp.LIVE, NOW)


def test_every_commit_is_on_the_disk(tmp_path: Path) -> None:
    """Write-ahead log and full synchronisation: with less, a power cut forgets paid jobs."""
    with open_ledger(tmp_path) as ledger:
        assert ledger._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert ledger._db.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """It holds prompts and tickets."""
    with open_ledger(tmp_path):
        for path in tmp_path.glob("ledger.*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
@pytest.mark.parametrize("part", Layout(Path()).parts, ids=str)
def test_no_part_of_a_store_may_be_a_link(part: Path, tmp_path: Path) -> None:
    """Wherever it leads, also nowhere yet: nothing is written there."""
    store, outside = tmp_path / "store", tmp_path / "outside"
    store.mkdir()
    (store / part).symlink_to(outside)
    for _ in range(2):
        with pytest.raises(Outside, match=f"{part.name} is a link"):
            Ledger.open_or_create(Layout(store), Stamp.LIVE, NOW)
        assert [path.name for path in store.iterdir()] == [part.name]
        assert not outside.exists() or list(outside.iterdir()) == []
        outside.mkdir(exist_ok=True)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_picture_is_not_stored_through_a_link(tmp_path: Path) -> None:
    """The folders by the first two characters are the store's own."""
    outside, name = tmp_path / "outside", digest(b"picture")
    outside.mkdir()
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / name[:2]).symlink_to(outside)
    with pytest.raises(Outside, match="is a link"):
        Blobs(tmp_path / "blobs").put(b"picture", "r1")
    assert list(outside.iterdir()) == []


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    """And nothing else is left in the folder."""
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
    with reopen(tmp_path) as ledger:
        assert ledger.receipt(key("mug")) is not None
        assert [*ledger.verify()] == []
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["chronicle", "ledger.sqlite", "ledger.witness"]


def test_pictures_of_the_emulator_never_cross(tmp_path: Path) -> None:
    """Opening with the other stamp says which flag is wrong."""
    open_ledger(tmp_path).close()
    with pytest.raises(StoreError, match="never mix") as caught:
        Ledger.open_or_create(Layout(tmp_path), Stamp.EMULATED, NOW)
    assert "leave out --emulate" in str(caught.value.hint)


_END_OF_ANOTHER = """
import sys
from pathlib import Path
from imagepipe.store import Layout, Ledger, Stamp
Ledger.open_or_create(Layout(Path(sys.argv[1])), Stamp.LIVE, "2026-01-01T00:00:00.000Z").close()
"""


def test_another_program_that_ends_takes_no_log_away(tmp_path: Path) -> None:
    """A run looks into its ledger twice, to plan and to write; both hold it, and stay counted."""
    open_ledger(tmp_path).close()
    with Reader.open(Layout(tmp_path), Stamp.LIVE), open_ledger(tmp_path, run("r2")) as ledger:
        command = [sys.executable, "-c", _END_OF_ANOTHER, str(tmp_path)]
        subprocess.run(command, cwd=Path(__file__).parents[3], check=True, timeout=60)
        claim(ledger, "mug", "r2")
        assert (tmp_path / "ledger.sqlite-wal").exists()
    with reopen(tmp_path) as ledger:
        assert ledger.counts() == {State.INTENT: 1}


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", b"hello", b"\x00" * 4096])
def test_a_file_that_is_no_ledger_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    """Empty, cut off or foreign: an error, and the same bytes afterwards."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        reopen(tmp_path)
    assert caught.value.hint
    assert path.read_bytes() == content


def test_another_programs_database_is_not_used(tmp_path: Path) -> None:
    """A SQLite file without our mark."""
    database = sqlite3.connect(tmp_path / "ledger.sqlite")
    database.execute("CREATE TABLE t (x)")
    database.close()
    with pytest.raises(StoreError, match="not a ledger of imagepipe"):
        reopen(tmp_path)


def test_a_newer_ledger_is_left_alone(tmp_path: Path) -> None:
    """Its version may mean states that this program does not know."""
    with open_ledger(tmp_path) as ledger:
        ledger._db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer imagepipe"):
        reopen(tmp_path)


def test_a_missing_trigger_is_noticed(tmp_path: Path) -> None:
    """The tables must be the ones that were made."""
    with open_ledger(tmp_path) as ledger:
        ledger._db.execute("DROP TRIGGER jobs_edge")
    with pytest.raises(StoreError, match="tables"):
        reopen(tmp_path)


def test_a_store_that_lost_its_ledger_is_no_new_store(tmp_path: Path) -> None:
    """An empty ledger would pay for everything again."""
    open_ledger(tmp_path).close()
    (tmp_path / "ledger.sqlite").unlink()
    with pytest.raises(
        StoreError, match=r"has ledger\.witness and chronicle but no ledger\.sqlite"
    ):
        reopen(tmp_path)
    assert not (tmp_path / "ledger.sqlite").exists()


def test_an_older_copy_of_the_ledger_is_noticed(tmp_path: Path) -> None:
    """A restored backup has forgotten what later runs paid for."""
    open_ledger(tmp_path).close()
    shutil.copy(tmp_path / "ledger.sqlite", tmp_path / "backup")
    with reopen(tmp_path) as ledger:
        ledger.start_run(run("r2"), look)
        claim(ledger, "mug", "r2")
    shutil.copy(tmp_path / "backup", tmp_path / "ledger.sqlite")
    with pytest.raises(StoreError, match="older copy"):
        reopen(tmp_path)


def test_a_ledger_of_another_store_is_noticed(tmp_path: Path) -> None:
    """Copied over by hand."""
    open_ledger(tmp_path / "a").close()
    open_ledger(tmp_path / "b").close()
    shutil.copy(tmp_path / "a" / "ledger.sqlite", tmp_path / "b" / "ledger.sqlite")
    with pytest.raises(StoreError, match="another store"):
        reopen(tmp_path / "b")


def test_a_damaged_row_is_named_and_never_used(tmp_path: Path) -> None:
    """Every column of a job is covered by its seal."""
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        for column in ("provider", "attempt", "cost", "blob", "size", "ticket", "updated_at"):
            before = ledger._db.execute(f"SELECT {column} FROM jobs").fetchone()[0]  # noqa: S608
            for damage in ("x", None, 5, b"\xff"):
                ledger._db.execute(f"UPDATE jobs SET {column} = ?", (damage,))  # noqa: S608
                with pytest.raises(StoreError, match=key("mug")):
                    ledger.record(key("mug"))
                assert len([*ledger.verify()]) == 1
            ledger._db.execute(f"UPDATE jobs SET {column} = ?", (before,))  # noqa: S608
        assert ledger.record(key("mug")) is not None


def test_text_that_is_no_text_any_more_is_named_too(tmp_path: Path) -> None:
    """A flipped bit can make a column undecodable."""
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        ledger._db.execute("UPDATE jobs SET spot = CAST(x'ff' AS TEXT)")
        with pytest.raises(StoreError, match=key("mug")):
            ledger.record(key("mug"))


def test_nothing_is_claimed_in_a_damaged_ledger(tmp_path: Path) -> None:
    """A damaged key would look absent and be paid for again."""
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        ledger._db.execute("UPDATE jobs SET key = '0' || substr(key, 2)")
    with open_ledger(tmp_path, run("r2")) as ledger:
        with pytest.raises(StoreError, match="damaged"):
            claim(ledger, "mug", "r2")
        assert ledger.reserved().amount == 0


def test_totals_that_do_not_add_up_are_found(tmp_path: Path) -> None:
    """A job's row that vanished is missed by its money."""
    with open_ledger(tmp_path) as ledger:
        commit(ledger, "mug")
        ledger._db.execute("DELETE FROM jobs")
        assert [*ledger.verify()] == ["the totals of purse 'r1' do not add up"]


def test_a_full_disk_is_said_and_changes_nothing(tmp_path: Path) -> None:
    """Nothing may be sent without a durable intent."""
    with open_ledger(tmp_path) as ledger:
        pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
        ledger._db.execute(f"PRAGMA max_page_count = {pages}")
        found = ledger.transact([lambda one, n=n: claim(one, f"mug {n}") for n in range(200)])  # type: ignore[misc]
        assert isinstance(found[-1], StoreError)
        assert "no space left" in str(found[-1])
        known = sum(ledger.counts().values())
        ledger._db.execute("PRAGMA max_page_count = 1000000")
        assert ledger.counts() == {State.INTENT: known}
        assert [*ledger.verify()] == []


def test_a_ledger_held_by_another_program_is_waited_for_and_then_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 75, before anything is sent."""
    with open_ledger(tmp_path):
        monkeypatch.setattr(connection, "BUSY_SECONDS", 0.01)
        other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with reopen(tmp_path) as second, pytest.raises(StoreBusy, match="another program holds"):
            claim(second, "mug")
        other.close()


def test_planning_reads_beside_a_run(tmp_path: Path) -> None:
    """A reader sees what is committed, and writes nothing."""
    with open_ledger(tmp_path) as ledger, Reader.open(Layout(tmp_path), Stamp.LIVE) as reader:
        assert reader.record(key("mug")) is None
        commit(ledger, "mug")
        record = reader.record(key("mug"))
        assert record is not None
        assert record.state is State.COMMITTED
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._db.execute("DELETE FROM jobs")
