"""kill -9 at random moments, for each of the four things that a provider may offer a killed client.

The emulator is the witness of what was accepted. Whatever is offered, nothing is accepted twice and
nothing that was accepted is forgotten; what is left in doubt was in flight at a kill. Where a nonce
counts once, or jobs can be listed, no doubt is left at all.
"""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from imagepipe.model import State
from imagepipe.store import Layout, Reader, Stamp
from tests.crash.forker import Forker
from tests.crash.left import held
from tests.emulator_process import EmulatorProcess

SPECS = Path(__file__).parent / "specs"
IN_FLIGHT = 6
KILLED = -9


@dataclass(frozen=True)
class Offer:
    """A class of providers: its spec, the vendor that plays it, and whether doubts settle."""

    spec: str
    vendor: str
    settles: bool


OFFERS = {
    "no help": Offer("none", "crash-tasks", settles=False),
    "idempotency key": Offer("once", "crash-tasks", settles=True),
    "lookup": Offer("list", "crash-tasks", settles=True),
    "synchronous": Offer("sync", "crash-sync", settles=False),
}


@dataclass
class Sums:
    """What a campaign came to. `bound` adds up the submits that were in flight at a kill."""

    kills: int = 0
    shops: int = 0
    jobs: int = 0
    accepted: int = 0
    duplicates: int = 0
    forgotten: int = 0
    ambiguous: int = 0
    bound: int = 0
    most_in_flight: int = 0
    settled: int = 0
    bad_exits: int = 0


@dataclass
class Campaign:
    """Kills of one class, in shop after shop. `reach` stretches their moments on a busy machine."""

    offer: Offer
    emulator: EmulatorProcess
    forker: Forker
    folder: Path
    rng: random.Random
    sums: Sums
    reach: float = 1.0

    def run(self, kills: int, products: int, slowest: float) -> Sums:
        while not self._enough(kills):
            self._shop(kills, products, slowest)
        return self.sums

    def _enough(self, kills: int) -> bool:
        """As many as asked for; a few that all missed the submits would show nothing."""
        return self.sums.kills >= kills and (self.sums.bound > 0 or self.sums.kills >= 20 * kills)

    def _shop(self, kills: int, products: int, slowest: float) -> None:
        """Kill a catalogue's runs until one ends by itself, then let what is left finish."""
        self.sums.shops += 1
        shop = self.folder / str(self.sums.shops)
        self.emulator.reset()
        write_shop(shop, self.offer, self.emulator.url, products)
        ready = self._seconds_to_plan(shop)
        while not self._enough(kills):
            moment = ready * self.rng.uniform(0.3, 1.0) + self.rng.uniform(0.0, slowest)
            after = moment * self.reach
            if self.forker.run(shop, "run", "-q", after=after) != KILLED:
                self.reach = max(1.0, self.reach / 2)
                break
            self.sums.kills += 1
            in_flight = _in_flight(shop)
            self.sums.bound += in_flight
            # Too early for a submit: the next ones come later, until one falls among them.
            self.reach = (
                min(self.reach * 1.1, 10.0) if not in_flight else max(1.0, self.reach / 1.1)
            )
            self.sums.most_in_flight = max(self.sums.most_in_flight, in_flight)
        code = self.forker.run(shop, "run", "-q")
        self._count(shop, products, code)
        shutil.rmtree(shop)

    def _seconds_to_plan(self, shop: Path) -> float:
        """What comes before the first submit, and holds no secrets: kills should fall after it."""
        started = time.monotonic()
        assert self.forker.run(shop, "plan") == 0
        return time.monotonic() - started

    def _count(self, shop: Path, products: int, code: int) -> None:
        stats = self.emulator.stats(self.offer.vendor)
        asked = {job["prompt"] for job in self.emulator.jobs()}
        with Reader.open(Layout(shop / ".imagepipe"), Stamp.LIVE) as reader:
            kinds = ("answered", "attach", "disproved")
            self.sums.settled += sum(note.kind in kinds for note in reader.notes())
        doubtful = held(shop, State.AMBIGUOUS)
        stored = {path.with_suffix("").name for path in (shop / "images").rglob("*.png")}
        self.sums.jobs += products
        self.sums.accepted += int(stats["accepted"])
        self.sums.duplicates += int(stats["duplicates"])
        self.sums.ambiguous += len(doubtful)
        self.sums.forgotten += len({name_of(prompt) for prompt in asked} - stored - doubtful)
        self.sums.bad_exits += code != (4 if doubtful else 0)
        self.sums.bad_exits += len(stored | doubtful) != products


def write_shop(shop: Path, offer: Offer, url: str, products: int) -> None:
    shop.mkdir(parents=True)
    shutil.copy(SPECS / f"{offer.spec}.provider.yaml", shop)
    rows = "\n".join(f"  - {{sku: P{n:05}}}" for n in range(1, products + 1))
    (shop / "imagepipe.yaml").write_text(
        f"version: 1\nname: shop\nproviders:\n  lab: {{uses: ./{offer.spec}.provider.yaml, "
        f"base_url: '{url}/{offer.vendor}', identity: lab, limits: {{in_flight: {IN_FLIGHT}}}}}\n"
        f"products:\n{rows}\nimages:\n"
        '  hero: {prompt: "a mug, {{ sku }}", provider: lab, path: "{{ sku }}"}\n',
        encoding="utf-8",
    )


def name_of(prompt: str) -> str:
    """The product of a prompt, which is also the name of its picture."""
    return prompt.rpartition(" ")[2]


def _in_flight(shop: Path) -> int:
    """Submits whose answer was out when the run was killed, as its intents tell."""
    layout = Layout(shop / ".imagepipe")
    if not layout.ledger.exists():
        return 0
    with Reader.open(layout, Stamp.LIVE) as reader:
        return reader.counts().get(State.INTENT, 0)


def campaign(
    tmp_path: Path, name: str, *, kills: int, products: int, seed: int, slowest: float
) -> Sums:
    offer, rng = OFFERS[name], random.Random(seed)
    with EmulatorProcess("--picture", "fixed", "--seed", str(seed)) as emulator, Forker() as forker:
        work = Campaign(offer, emulator, forker, tmp_path, rng, Sums())
        return work.run(kills, products, slowest)


def claim(name: str, sums: Sums) -> None:
    assert (sums.duplicates, sums.forgotten, sums.bad_exits) == (0, 0, 0)
    assert sums.most_in_flight <= IN_FLIGHT
    assert sums.ambiguous <= sums.bound
    assert sums.jobs - sums.ambiguous <= sums.accepted <= sums.jobs
    if OFFERS[name].settles:
        assert sums.ambiguous == 0


@pytest.mark.parametrize("name", OFFERS)
def test_a_killed_run_pays_for_nothing_twice_and_forgets_nothing(tmp_path: Path, name: str) -> None:
    sums = campaign(tmp_path, name, kills=3, products=40, seed=3, slowest=0.4)
    assert sums.bound >= 1
    claim(name, sums)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", OFFERS)
def test_a_thousand_kills(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    sums = campaign(tmp_path, name, kills=1000, products=120, seed=5, slowest=0.45)
    with capsys.disabled():
        print(f"\n{name}: {sums}")
    claim(name, sums)
