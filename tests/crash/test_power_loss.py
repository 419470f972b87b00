"""Power cuts: a traced run is replayed to what a disk may hold at any moment, and opened again.

Three kinds of disks: all that was not synced is lost; a seeded part of it is there, names of each
folder in their order, writes in any; or everything is there but the last write, torn at a sector of
512 bytes. A job counts as paid from its request's last part on.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path

import pytest

from imagepipe.errors import StoreError
from imagepipe.model import State
from imagepipe.store.blobs import Blobs
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.repair import Sources, repair
from tests.crash.disk import Disk, Image, Paid, replay
from tests.crash.tracing import EMULATOR, Call, Program, plain, small_shop
from tests.emulator_process import EmulatorProcess
from tests.unit.store.makers import NOW, look, run

pytestmark = pytest.mark.needs("strace")

WHOLE = ("-xx", "-s", "10000000")
"""Options for strace: every byte that is written."""


@dataclass
class Found:
    """Sums over images; `refused` ledgers were not opened before a repair."""

    images: int = 0
    paid: int = 0
    forgotten: int = 0
    refused: int = 0
    broken: int = 0
    bad_pictures: int = 0
    bad_outputs: int = 0


def record(folder: Path, products: int) -> tuple[list[Call], Image]:
    """The calls of a run and of a second one with twice the products, and what was there before."""
    with Program() as program, EmulatorProcess(*EMULATOR) as emulator:
        shop = small_shop(folder, emulator, products=products)
        before: Image = {path.name: path.read_bytes() for path in folder.iterdir()}
        calls = traced(program, folder)
        rows = (f"P{n:05},mug {n},red" for n in range(1, 2 * products + 1))
        shop.write("products.csv", "\n".join(["sku,name,color", *rows]) + "\n")
        calls += traced(program, folder)
        assert len(list((folder / "images").rglob("*.png"))) == 4 * products
    return calls, before


def traced(program: Program, folder: Path, *options: str) -> list[Call]:
    """Every call of a whole run, with what it wrote."""
    ran = program.run(folder, "run", "-q", *options, strace=(*plain(), *WHOLE))
    assert ran.code == 0, ran.err
    return ran.calls()


def images(
    calls: list[Call], before: Image, root: Path, rng: random.Random, some: int
) -> Iterator[tuple[Image, Paid]]:
    """Every different image; of those with a part of the writes, `some` at each moment."""
    disk, seen = Disk.holding(before), set[tuple[bytes, Paid]]()
    for paid in replay(disk, calls, root):
        for image in (disk.lost(), disk.torn(rng), *(disk.some(rng) for _ in range(some))):
            if image is None:
                continue
            name = blake2b(repr(sorted(image.items())).encode(), digest_size=16).digest()
            if (name, paid) not in seen:
                seen.add((name, paid))
                yield image, paid


def restore(image: Image, folder: Path) -> None:
    """Make of a folder what was on the disk."""
    for path, data in image.items():
        if data is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(data)


def look_at(image: Image, paid: Paid, folder: Path, found: Found) -> None:
    """Open what the cut left, as the next run would, and count what is wrong."""
    restore(image, folder)
    layout = Layout(folder / ".imagepipe")
    found.images += 1
    found.paid += len(paid)
    try:
        known = _recovered(layout, folder, found)
    except StoreError:
        found.refused += 1
        try:
            sources = Sources((), tuple, lambda _: None)
            repair(layout, Stamp.LIVE, run("mender"), look, sources)
            known = _recovered(layout, folder, found)
        except StoreError:
            found.broken += 1
            known = frozenset()
    found.forgotten += len(paid - known)


def _recovered(layout: Layout, folder: Path, found: Found) -> Paid:
    """The jobs that are known as submitted, maybe or surely."""
    with Ledger.open_or_create(layout, Stamp.LIVE, NOW) as ledger:
        ledger.start_run(run("next"), look)
        ledger.recover(NOW, look)
        assert list(ledger.verify()) == []
        known = set()
        for one in ledger.by_state([state for state in State if state is not State.PLANNED]):
            request = ledger.canonical(one.key)
            assert request is not None
            fields = request["fields"]
            assert isinstance(fields, dict)
            known.add((one.provider, str(fields["prompt"]).removesuffix(" on white")[6:]))
            if one.state in (State.FETCHED, State.COMMITTED) and one.blob is not None:
                found.bad_pictures += not Blobs(layout.blobs).intact(one.blob)
        for output in ledger.outputs("../images"):
            path = folder / "images" / output.path
            bad = path.exists() and sha256(path.read_bytes()).hexdigest() != output.digest
            found.bad_outputs += bad
    return frozenset(known)


def campaign(tmp_path: Path, *, seed: int, products: int, some: int, most: int | None) -> Found:
    """Look at every image, or at a sample of them."""
    rng, found = random.Random(seed), Found()
    calls, before = record(tmp_path / "shop", products)
    cuts = list(images(calls, before, tmp_path / "shop", rng, some))
    memory = Path("/dev/shm")  # noqa: S108 - syncing costs nothing there
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as place:
        for image, paid in cuts if most is None else rng.sample(cuts, most):
            folder = Path(place, "image")
            folder.mkdir()
            look_at(image, paid, folder, found)
            shutil.rmtree(folder)
    return found


def assert_promise(found: Found) -> None:
    assert found.paid > 0
    assert found.forgotten == 0
    assert found.broken == 0
    assert found.bad_pictures == 0
    assert found.bad_outputs == 0


def test_no_power_cut_forgets_a_paid_job(tmp_path: Path) -> None:
    found = campaign(tmp_path, seed=1, products=1, some=1, most=100)
    assert found.images == 100
    assert_promise(found)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_power_cuts_at_every_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = campaign(tmp_path, seed=2, products=2, some=4, most=None)
    with capsys.disabled():
        print(f"\n{found}")
    assert found.images >= 2000
    assert_promise(found)
