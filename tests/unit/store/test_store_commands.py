"""What people do to a store, and what the program says and does about it: the real one, by process.

The emulator is the witness that nothing is asked for twice.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.shop import Ran, Shop, accepted
from tests.emulator_process import EmulatorProcess

PICTURES = 4


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess("--picture", "fixed", "--latency", "uniform:0.01:0.03") as running:
        yield running


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, emulator: EmulatorProcess) -> Path:
    """A shop whose pictures are all made, to be copied: nothing in a store knows where it is."""
    folder = tmp_path_factory.mktemp("made") / "shop"
    folder.mkdir()
    shop = Shop.open(folder, emulator, products=PICTURES, limits={"runcrate": "{in_flight: 2}"})
    assert shop.imagepipe("run", "-q").code == 0
    assert accepted(emulator) == PICTURES
    return folder


@pytest.fixture
def shop(tmp_path: Path, made: Path, emulator: EmulatorProcess) -> Shop:
    """A copy of its own; the emulator counts what is asked for from here on."""
    emulator.reset()
    return Shop(Path(shutil.copytree(made, tmp_path / "shop")))


def store(shop: Shop) -> Path:
    return shop.folder / ".imagepipe"


def lose_ledger(shop: Shop) -> None:
    for path in store(shop).glob("ledger.sqlite*"):
        path.unlink()


def pictures(shop: Shop) -> list[Path]:
    return sorted((shop.folder / "images").rglob("*.png"))


def refused(ran: Ran) -> None:
    """Exit 2, one message with a remedy, no traceback."""
    assert ran.code == 2, ran
    assert ran.err.startswith("error: ")
    assert "store repair" in ran.err
    assert "Traceback" not in ran.err


def test_a_sound_store_is_said_to_be_sound(shop: Shop) -> None:
    """Structure, then bytes; and counted."""
    quick, deep = (
        shop.imagepipe("store", "verify"),
        shop.imagepipe("store", "verify", "--read-data"),
    )
    assert (quick.code, deep.code) == (0, 0)
    assert "its structure is sound" in quick.out
    assert "--read-data" in quick.out
    assert "every byte" in deep.out
    assert "second copy" in shop.imagepipe("store", "stats").out


def test_what_was_learnt_is_known_to_the_store_and_worth_no_problem(shop: Shop) -> None:
    """Deleted it is not missed; damaged it is a note; tidying leaves it alone."""
    lessons = store(shop) / "lessons.sqlite"
    lessons.unlink(missing_ok=True)
    assert shop.imagepipe("store", "verify").code == 0
    lessons.write_bytes(b"no database" * 1000)
    told = shop.imagepipe("store", "verify")
    assert told.code == 0
    assert "Worth knowing" in told.out
    assert "lessons.sqlite is damaged" in " ".join(told.out.split())
    assert "lessons 1 file 11 KB" in " ".join(shop.imagepipe("store", "stats").out.split())
    assert shop.imagepipe("store", "gc").code == 0
    assert lessons.exists()


def test_where_there_is_no_store_there_is_nothing_to_do(shop: Shop) -> None:
    shutil.rmtree(store(shop))
    for command in ("verify", "stats", "gc", "repair"):
        assert shop.imagepipe("store", command).code == 0
    assert not store(shop).exists()


def test_a_lost_ledger_is_refused_then_rebuilt_and_nothing_is_paid_again(
    shop: Shop, emulator: EmulatorProcess
) -> None:
    lose_ledger(shop)
    refused(shop.imagepipe("run", "-q"))
    refused(shop.imagepipe("plan"))
    told = shop.imagepipe("store", "verify")
    assert told.code == 1
    assert "1 problem" in told.out
    mended = shop.imagepipe("store", "repair")
    assert mended.code == 0, mended
    assert f"rebuilt with {PICTURES} jobs" in mended.out
    assert shop.imagepipe("store", "verify", "--read-data").code == 0
    assert shop.imagepipe("run", "-q").code == 0
    assert accepted(emulator) == 0


def test_a_foreign_ledger_is_refused_and_kept_aside(shop: Shop, emulator: EmulatorProcess) -> None:
    lose_ledger(shop)
    with sqlite3.connect(store(shop) / "ledger.sqlite") as other:
        other.execute("CREATE TABLE notes (text)")
    refused(shop.imagepipe("run", "-q"))
    assert shop.imagepipe("store", "repair").code == 0
    assert len([*store(shop).glob("aside/*/ledger.sqlite")]) == 1
    assert shop.imagepipe("run", "-q").code == 0
    assert accepted(emulator) == 0


def test_without_ledger_and_copy_the_lock_and_the_pictures_are_enough(
    shop: Shop, emulator: EmulatorProcess
) -> None:
    """What the lock names is known; anything else of the manifest is in doubt, never new."""
    lose_ledger(shop)
    shutil.rmtree(store(shop) / "chronicle")
    shop.write("products.csv", (shop.folder / "products.csv").read_text() + "NEW,vase,blue\n")
    mended = shop.imagepipe("store", "repair")
    assert mended.code == 4, mended
    assert "could not be found again" in mended.out
    jobs = shop.imagepipe("plan", "--json").json["jobs"]
    assert (jobs["reused"], jobs["ambiguous"], jobs["new"]) == (PICTURES, 1, 0)
    assert accepted(emulator) == 0


def test_a_store_put_back_from_an_old_backup_pays_for_nothing_again(
    shop: Shop, emulator: EmulatorProcess
) -> None:
    """The whole folder is consistent, and old: the lock file knows what came later."""
    shutil.copytree(store(shop), shop.folder / "backup")
    shop.write("products.csv", (shop.folder / "products.csv").read_text() + "NEW,vase,blue\n")
    assert shop.imagepipe("run", "-q").code == 0
    shutil.rmtree(store(shop))
    (shop.folder / "backup").rename(store(shop))
    assert shop.imagepipe("run", "-q").code == 0
    assert shop.imagepipe("store", "verify").code == 0
    assert accepted(emulator) == 1


@pytest.mark.deep
def test_an_old_ledger_in_a_newer_store_is_refused_and_brought_up_to_date(
    shop: Shop, emulator: EmulatorProcess
) -> None:
    shutil.copy(store(shop) / "ledger.sqlite", shop.folder / "old")
    shop.write("products.csv", (shop.folder / "products.csv").read_text() + "NEW,vase,blue\n")
    assert shop.imagepipe("run", "-q").code == 0
    lose_ledger(shop)
    (shop.folder / "old").rename(store(shop) / "ledger.sqlite")
    refused(shop.imagepipe("run", "-q"))
    (store(shop) / "ledger.witness").unlink()
    refused(shop.imagepipe("run", "-q"))
    assert shop.imagepipe("store", "repair").code == 0
    assert shop.imagepipe("run", "-q").code == 0
    assert accepted(emulator) == 1


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_deleted_write_ahead_log_is_noticed(tmp_path: Path, emulator: EmulatorProcess) -> None:
    """After a kill, the ledger's file alone is what it was long ago."""
    emulator.reset()
    shop = Shop.open(tmp_path, emulator, products=9, limits={"runcrate": "{in_flight: 2}"})
    process = shop.start("run", "-q")
    while process.poll() is None and accepted(emulator) < 5:
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (store(shop) / "ledger.sqlite-wal").unlink()
    refused(shop.imagepipe("run", "-q"))
    mended = shop.imagepipe("store", "repair")
    assert mended.code in (0, 4), mended
    assert shop.imagepipe("run", "-q").code in (0, 4)
    jobs = shop.imagepipe("plan", "--json").json["jobs"]
    assert jobs["reused"] + jobs["ambiguous"] == 9
    assert jobs["ambiguous"] <= 2
    assert accepted(emulator) <= 9
    assert int(emulator.stats("runcrate")["duplicates"]) == 0


def test_an_edited_output_is_kept_and_reported(shop: Shop, emulator: EmulatorProcess) -> None:
    edited = pictures(shop)[0]
    edited.write_bytes(b"retouched")
    assert shop.imagepipe("run", "-q").code == 0
    assert edited.read_bytes() == b"retouched"
    told = shop.imagepipe("store", "verify")
    assert told.code == 0
    assert "was edited" in told.out
    assert accepted(emulator) == 0


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_linked_output_is_not_written_through(shop: Shop, emulator: EmulatorProcess) -> None:
    """Neither a file that is a link, nor a folder."""
    outside = shop.folder / "outside"
    outside.mkdir()
    (outside / "mine").write_bytes(b"mine")
    file, folder = pictures(shop)[0], pictures(shop)[1].parent
    file.unlink()
    file.symlink_to(outside / "mine")
    shutil.rmtree(folder)
    folder.symlink_to(outside, target_is_directory=True)
    shop.imagepipe("run", "-q")
    assert (outside / "mine").read_bytes() == b"mine"
    assert [path.name for path in outside.iterdir()] == ["mine"]
    assert accepted(emulator) == 0


def test_gc_removes_what_nobody_names_and_says_so_first(shop: Shop) -> None:
    """An old blob without a name goes; a young one, and one that a lock names, stay."""
    folder = store(shop) / "blobs" / "ab"
    folder.mkdir(exist_ok=True)
    old, young, locked = (folder / (digit * 62) for digit in "123")
    for path in (old, young, locked):
        path.write_bytes(b"picture")
    for path in (old, locked):
        os.utime(path, (1, 1))
    shop.write("other.yaml.lock", f'{{"blob": "ab{locked.name}"}}\n<<<<<<< ours\n')
    told = shop.imagepipe("store", "gc", "--dry-run")
    assert told.code == 0
    assert "1 file would go" in told.out
    assert old.exists()
    assert shop.imagepipe("store", "gc").code == 0
    assert [old.exists(), young.exists(), locked.exists()] == [False, True, True]
    assert shop.imagepipe("store", "verify").code == 0
    assert shop.imagepipe("run", "-q").code == 0


def test_gc_does_not_touch_a_damaged_store(shop: Shop) -> None:
    """What names a picture must be readable before a picture may be called nameless."""
    blob = next(path for path in (store(shop) / "blobs").rglob("*") if path.is_file())
    os.utime(blob, (1, 1))
    with sqlite3.connect(store(shop) / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE jobs SET blob = NULL")
        ledger.execute("DELETE FROM outputs")
    ran = shop.imagepipe("store", "gc")
    assert ran.code == 2
    assert "store repair" in ran.err
    assert blob.exists()


def test_maintenance_waits_for_nobody(tmp_path: Path, emulator: EmulatorProcess) -> None:
    """Exit 75 while a run is at work; verify may be asked beside it."""
    shop = Shop.open(tmp_path, emulator, products=40, limits={"runcrate": "{in_flight: 1}"})
    start = accepted(emulator)
    process = shop.start("run", "-q")
    try:
        while process.poll() is None and accepted(emulator) < start + 2:
            os.sched_yield()
        process.send_signal(signal.SIGSTOP)
        assert shop.imagepipe("store", "gc").code == 75
        assert shop.imagepipe("store", "repair").code == 75
    finally:
        process.send_signal(signal.SIGCONT)
    assert shop.imagepipe("store", "verify").code == 0
    process.send_signal(signal.SIGINT)
    process.communicate()
