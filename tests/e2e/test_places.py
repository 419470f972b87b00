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
