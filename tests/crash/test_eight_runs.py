"""Eight runs of one manifest at once, some of them killed: a key is submitted once, all pictures
are there, and nobody waits for ever.

The emulator is the witness of what was accepted.
"""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from imagepipe.model import State
from tests.crash.forker import Forker, Order
from tests.crash.left import held
from tests.crash.test_kill_classes import KILLED, OFFERS, Offer, name_of, write_shop
from tests.emulator_process import EmulatorProcess

EIGHT = 8


@dataclass
class Sums:
    """What rounds of eight runs came to; `strange_exits` counts codes that tell no truth."""

    rounds: int = 0
    jobs: int = 0
    accepted: int = 0
    duplicates: int = 0
    missing: int = 0
    killed: int = 0
    ambiguous: int = 0
    strange_exits: int = 0
    busiest: int = 0
    """The most runs of one round that made pictures."""


@dataclass(frozen=True)
class Side:
    """A round after the other, each in a shop of its own."""

    offer: Offer
    emulator: EmulatorProcess
    forker: Forker
    rng: random.Random
    sums: Sums

    def round(self, shop: Path, *, products: int, kills: int, slowest: float) -> None:
        """Eight runs, `kills` of which die within `slowest` seconds; then one that looks."""
        self.emulator.reset()
        write_shop(shop, self.offer, self.emulator.url, products)
        dying = set(self.rng.sample(range(EIGHT), kills))
        orders = [
            Order(
                ("run", "--json"),
                after=self.rng.uniform(0.2, slowest) if number in dying else None,
                out=f"{number}.json",
            )
            for number in range(EIGHT)
        ]
        codes = self.forker.run_all(shop, orders)
        doubtful = held(shop, State.AMBIGUOUS)
        for number, code in enumerate(codes):
            if code == KILLED and number in dying:
                self.sums.killed += 1
            elif code != 0 and not (code == 4 and dying):
                self.sums.strange_exits += 1
        last = self.forker.run(shop, "run", "-q")
        self.sums.strange_exits += last != (4 if doubtful else 0)
        self._count(shop, products, doubtful)
        reports = [_generated(shop / order.out) for order in orders]
        self.sums.busiest = max(self.sums.busiest, sum(made > 0 for made in reports))
        shutil.rmtree(shop)

    def _count(self, shop: Path, products: int, doubtful: set[str]) -> None:
        stats, sums = self.emulator.stats(self.offer.vendor), self.sums
        asked = {name_of(job["prompt"]) for job in self.emulator.jobs()}
        stored = {path.stem for path in (shop / "images").rglob("*.png")}
        sums.rounds += 1
        sums.jobs += products
        sums.accepted += int(stats["accepted"])
        sums.duplicates += int(stats["duplicates"])
        sums.ambiguous += len(doubtful)
        sums.missing += products - len(stored | doubtful) + len(asked - stored - doubtful)


def _generated(report: Path) -> int:
    """Of a run that was killed nothing is known."""
    text = report.read_text(encoding="utf-8")
    return int(json.loads(text)["jobs"]["generated"]) if text else 0


def campaign(
    tmp_path: Path, name: str, *, seed: int, rounds: int, products: int, kills: int, slowest: float
) -> Sums:
    offer, rng, sums = OFFERS[name], random.Random(seed), Sums()
    with EmulatorProcess("--picture", "fixed", "--seed", str(seed)) as emulator, Forker() as forker:
        side = Side(offer, emulator, forker, rng, sums)
        for number in range(rounds):
            shop = tmp_path / str(number)
            side.round(shop, products=products, kills=kills, slowest=slowest)
    return sums


def claim(name: str, sums: Sums) -> None:
    assert (sums.duplicates, sums.missing, sums.strange_exits) == (0, 0, 0)
    assert sums.jobs - sums.ambiguous <= sums.accepted <= sums.jobs
    if not sums.killed or OFFERS[name].settles:
        assert sums.ambiguous == 0


def test_eight_runs_of_one_manifest_pay_once_and_all_end_well(tmp_path: Path) -> None:
    """A run that meets a key another is at waits for it, and takes the picture from the store."""
    sums = campaign(tmp_path, "no help", seed=1, rounds=1, products=24, kills=0, slowest=1)
    claim("no help", sums)
    assert sums.busiest > 1


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [0, 3])
@pytest.mark.parametrize("name", OFFERS)
def test_rounds_of_eight_runs(
    tmp_path: Path, name: str, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever lives takes over what the dead left, and doubts are settled where they can be."""
    sums = campaign(tmp_path, name, seed=7, rounds=12, products=120, kills=kills, slowest=2.5)
    with capsys.disabled():
        print(f"\n{name}, {kills} of eight killed: {sums}")
    claim(name, sums)
    assert sums.killed >= kills * sums.rounds // 2
