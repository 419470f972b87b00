"""A power cut while the first of two shards is at work or has ended; then the second, and all.

The disks are those of the power cuts at large. What goes on from each is the real program, and the
emulator, which kept every job it had accepted before the cut, is the witness.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from imagepipe.model import State
from tests.crash.disk import Image, Paid
from tests.crash.left import held
from tests.crash.test_power_loss import images, restore, traced
from tests.crash.tracing import EMULATOR, Program, small_shop
from tests.emulator_process import EmulatorProcess

pytestmark = pytest.mark.needs("strace")

PROVIDERS = ("rungen", "runcrate")


@dataclass
class Found:
    """Sums over images. `paid` jobs may have been accepted before the cut, `again` after it."""

    images: int = 0
    paid: int = 0
    submitted: int = 0
    again: int = 0
    forgotten: int = 0
    in_doubt: int = 0
    repaired: int = 0
    strange_exits: int = 0


@dataclass(frozen=True)
class After:
    """What is done with each image."""

    program: Program
    emulator: EmulatorProcess
    products: int
    found: Found

    def look(self, image: Image, paid: Paid, folder: Path) -> None:
        """Run the second shard and then the whole, and count what is wrong."""
        restore(image, folder)
        known, found = self._jobs().keys(), self.found
        codes = [self._run(folder, "--shard", "2/2"), self._run(folder)]
        new = Counter(job for number, job in self._jobs().items() if number not in known)
        doubtful = in_doubt(folder)
        stored = {
            (path.stem, f"mug {int(path.parent.name[1:])}")
            for path in (folder / "images").rglob("*.png")
        }
        found.images += 1
        found.paid += len(paid)
        found.submitted += new.total()
        found.again += sum(count - 1 for count in new.values()) + len(new.keys() & paid)
        found.forgotten += len((paid | new.keys()) - stored - doubtful)
        found.forgotten += len(PROVIDERS) * self.products - len(stored | doubtful)
        found.in_doubt += len(doubtful)
        found.strange_exits += codes[1] != (4 if doubtful else 0) or codes[0] not in (0, 4)

    def _run(self, folder: Path, *options: str) -> int:
        """A ledger that is not what it was before the cut is refused, and repaired by hand."""
        ran = self.program.run(folder, "run", "-q", *options)
        if ran.code != 2:
            return ran.code
        assert "imagepipe store repair" in ran.err, ran.err
        self.found.repaired += 1
        mended = self.program.run(folder, "store", "repair")
        assert mended.code in (0, 4), mended.err
        return self.program.run(folder, "run", "-q", *options).code

    def _jobs(self) -> dict[str, tuple[str, str]]:
        """Every accepted job's provider and product, by its id."""
        return {job["id"]: (job["provider"], job["prompt"][6:-9]) for job in self.emulator.jobs()}


def in_doubt(folder: Path) -> set[tuple[str, str]]:
    paths = held(folder, State.AMBIGUOUS, State.LOST)
    return {(Path(path).name, f"mug {int(Path(path).parent.name[1:])}") for path in paths}


def campaign(tmp_path: Path, *, seed: int, products: int, most: int) -> Found:
    """Record the first shard, cut power at `most` of all moments, and go on from each."""
    rng, shop = random.Random(seed), tmp_path / "shop"
    memory = Path("/dev/shm")  # noqa: S108 - syncing costs nothing there
    with Program() as program, EmulatorProcess(*EMULATOR) as emulator:
        small_shop(shop, emulator, products=products)
        before: Image = {path.name: path.read_bytes() for path in shop.iterdir()}
        calls = traced(program, shop, "--shard", "1/2")
        part = len(list((shop / "images").rglob("*.png")))
        assert 0 < part < len(PROVIDERS) * products
        after = After(program, emulator, products, Found())
        cuts = list(images(calls, before, shop, rng, some=2))
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as place:
            for image, paid in [*rng.sample(cuts[:-1], most - 1), cuts[-1]]:
                folder = Path(place, "image")
                folder.mkdir()
                after.look(image, paid, folder)
                shutil.rmtree(folder)
    return after.found


def claim(found: Found) -> None:
    assert found.paid > 0
    assert (found.again, found.forgotten, found.strange_exits) == (0, 0, 0)


def test_a_power_cut_between_two_shards_pays_for_nothing_twice(tmp_path: Path) -> None:
    found = campaign(tmp_path, seed=1, products=2, most=2)
    assert found.images == 2
    claim(found)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_power_cuts_at_many_moments_of_a_shard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = campaign(tmp_path, seed=2, products=4, most=220)
    with capsys.disabled():
        print(f"\n{found}")
    assert found.images >= 200
    claim(found)
