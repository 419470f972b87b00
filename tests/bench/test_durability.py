"""What durability costs: intents and whole jobs a second through the ledger's one writer.

With and without group commit, on a disk that keeps what it syncs, in memory, and with
`synchronous=OFF` as the bound that nobody may use. `pytest -m bench -s
tests/bench/test_durability.py` prints the table. What is asserted are ratios within one run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

import anyio
import pytest

from imagepipe.app.threads import Threads
from imagepipe.engine.writer import Writer, _Entry
from imagepipe.model import Output, State, Ticket
from imagepipe.store import Claimed, Ledger
from tests.e2e.shop import Shop
from tests.emulator_process import EmulatorProcess
from tests.unit.store.makers import NOW, claim, job, open_ledger, receipt

IN_FLIGHT = 64
ROUNDS = 3
MEMORY = Path("/dev/shm")  # noqa: S108 - a disk that costs nothing, to compare with

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not MEMORY.is_dir(), reason="no file system in memory to compare with"),
]


class Single(Writer):
    """Without group commit: every write is a transaction of its own."""

    async def _commit(self, batch: list[_Entry]) -> None:
        for entry in batch:
            await super()._commit([entry])


@dataclass(frozen=True)
class Way:
    """Where the ledger is, and how it is written."""

    name: str
    place: str
    grouped: bool
    synchronous: str = "FULL"


WAYS = (
    Way("disk, group commit", "disk", grouped=True),
    Way("disk, one commit a write", "disk", grouped=False),
    Way("memory, group commit", "memory", grouped=True),
    Way("memory, one commit a write", "memory", grouped=False),
    Way("disk, synchronous=OFF, group commit", "disk", grouped=True, synchronous="OFF"),
)


@dataclass(frozen=True)
class Rates:
    """A second. A whole job is four writes: intent, ticket, the picture's end, receipt."""

    intents: float
    jobs: float


def measured(way: Way, folder: Path, jobs: int) -> Rates:
    with open_ledger(folder) as ledger:
        ledger._db.execute(f"PRAGMA synchronous={way.synchronous}")
        assert ledger.fetch("PRAGMA synchronous") == [(2 if way.synchronous == "FULL" else 0,)]
        intents = anyio.run(_all, ledger, way, [f"intent {n}" for n in range(jobs)], _claim)
        whole = anyio.run(_all, ledger, way, [f"whole {n}" for n in range(jobs)], _carry)
        assert ledger.counts() == {State.INTENT: jobs, State.COMMITTED: jobs}
    return Rates(intents, whole)


Work: TypeAlias = Callable[[Writer, str], Awaitable[None]]


async def _all(ledger: Ledger, way: Way, names: list[str], work: Work) -> float:
    """Names a second, `IN_FLIGHT` of them at a time."""
    left = iter(names)

    async def place(writer: Writer) -> None:
        for name in left:
            await work(writer, name)

    with Threads() as threads:
        writer = (Writer if way.grouped else Single)(ledger, threads)
        started = time.perf_counter()
        async with anyio.create_task_group() as service:
            service.start_soon(writer.serve)
            async with anyio.create_task_group() as places:
                for _ in range(IN_FLIGHT):
                    places.start_soon(place, writer)
            writer.close()
        return len(names) / (time.perf_counter() - started)


async def _claim(writer: Writer, name: str) -> None:
    claimed = await writer.write(lambda ledger: claim(ledger, name))
    assert isinstance(claimed, Claimed)


async def _carry(writer: Writer, name: str) -> None:
    """What a run writes of a job that goes well."""
    key, end = job(name).key, receipt(name)
    output = Output(f"{name}.png", name, key, end.blob, end.blob, end.size, 1)

    def commit(ledger: Ledger) -> None:
        ledger.commit(end, NOW)
        ledger.put_output("images", output)

    await _claim(writer, name)
    await writer.write(lambda ledger: ledger.ticketed(key, Ticket("t"), NOW))
    await writer.write(lambda ledger: ledger.remote_done(key, None, None, NOW))
    await writer.write(commit)


@contextmanager
def places(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """A folder on a disk and one in memory."""
    if tmp_path.stat().st_dev == MEMORY.stat().st_dev or _kind(tmp_path) == "tmpfs":
        pytest.skip(f"{tmp_path} is in memory: name a folder on a disk with --basetemp")
    with tempfile.TemporaryDirectory(dir=MEMORY) as memory:
        yield {"disk": tmp_path, "memory": Path(memory)}


def _kind(folder: Path) -> str:
    """The type of the file system that a folder is on."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    over = [mount for mount in mounts if folder.is_relative_to(mount[1])]
    return max(over, key=lambda mount: len(mount[1]))[2]


def test_group_commit_pays_for_durability(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a disk it is several times faster; what syncing costs then is a share, not a multiple."""
    with places(tmp_path) as folders:
        found: dict[str, list[Rates]] = {way.name: [] for way in WAYS}
        for number in range(ROUNDS):  # one after the other in turns, so that a busy moment hits all
            for way in WAYS:
                folder = folders[way.place] / f"{number} {way.name}"
                found[way.name].append(measured(way, folder, 256))
        rates = {name: _middle(rounds) for name, rounds in found.items()}
    with capsys.disabled():
        print(f"\n{IN_FLIGHT} jobs at a time, the middle of {ROUNDS} rounds of 256:")
        for name, rate in rates.items():
            print(f"  {name:36} {rate.intents:8,.0f} intents/s {rate.jobs:8,.0f} jobs/s")
    grouped, single, _, _, bound = (rates[way.name] for way in WAYS)
    assert grouped.intents >= 2 * single.intents
    assert grouped.jobs >= 2 * single.jobs
    assert grouped.jobs >= bound.jobs / 5


def _middle(rounds: list[Rates]) -> Rates:
    return Rates(median(one.intents for one in rounds), median(one.jobs for one in rounds))


def test_a_run_is_hardly_slower_on_a_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a whole run, requests and pictures and all, the ledger's syncs are a small part."""
    seconds: dict[str, list[float]] = {"disk": [], "memory": []}
    products = 400
    options = ("--picture", "fixed", "--latency", "fixed:0.2")
    with places(tmp_path) as folders, EmulatorProcess(*options) as emulator:
        for number in range(ROUNDS):
            for place, folder in folders.items():
                emulator.reset()
                home = folders["memory"] / f"{number} {place}"  # all but the store is in memory
                home.mkdir()
                limits = {"runcrate": f"{{in_flight: {IN_FLIGHT}}}"}
                shop = Shop.open(home, emulator, products=products, limits=limits)
                ran = shop.imagepipe("run", "--json", "--store", str(folder / f"store {number}"))
                assert ran.code == 0, ran.err
                assert ran.json["jobs"]["generated"] == products
                seconds[place].append(ran.json["seconds"])
    disk, memory = (products / median(seconds[place]) for place in ("disk", "memory"))
    with capsys.disabled():
        print(f"\na run of {products} jobs, {IN_FLIGHT} at a time, 0.2 s each:")
        print(f"  store on a disk {disk:.0f} jobs/s, in memory {memory:.0f} jobs/s")
    assert disk >= memory / 2
