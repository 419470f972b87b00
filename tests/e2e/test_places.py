"""Where pictures go is tried before anything is paid for."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.shop import Shop, accepted
from tests.emulator_process import EmulatorProcess


def test_a_folder_that_cannot_be_written_is_refused_before_a_submit(tmp_path: Path) -> None:
    with EmulatorProcess("--picture", "fixed") as emulator:
        shop = Shop.open(tmp_path, emulator, products=2, limits={"runcrate": "{in_flight: 2}"})
        shop.write("taken", "a file, where a folder is wanted")
        ran = shop.imagepipe("run", "--out", "taken/images")
        assert ran.code == 2
        assert "cannot write pictures into" in ran.err
        assert "--out" in ran.err
        assert accepted(emulator) == 0
        (tmp_path / ".imagepipe").mkdir(exist_ok=True)
        shop.write(".imagepipe/spool", "a file, where paid replies are kept")
        ran = shop.imagepipe("run")
        assert (ran.code, accepted(emulator)) == (2, 0), ran.err
        assert "cannot write what is paid for into" in ran.err
        assert "--store" in ran.err
        (tmp_path / ".imagepipe" / "spool").unlink()
        assert (shop.imagepipe("run").code, accepted(emulator)) == (0, 2)


def test_a_lock_that_is_behind_is_brought_up_to_date_by_the_next_run(tmp_path: Path) -> None:
    """Though there is nothing to do: a picture that no lock tells of is paid for in each clone."""
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:0") as emulator:
        shop = Shop.open(tmp_path, emulator, products=2, limits={"runcrate": "{}"})
        assert shop.imagepipe("run").code == 0
        lock = tmp_path / "imagepipe.yaml.lock"
        whole = lock.read_text()
        shop.write(lock.name, whole.splitlines(keepends=True)[0])
        assert (shop.imagepipe("run").code, lock.read_text()) == (0, whole)
        before = shop.snapshot()
        assert (shop.imagepipe("run").code, shop.snapshot()) == (0, before)
        assert accepted(emulator) == 2
