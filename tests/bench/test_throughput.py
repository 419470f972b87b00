"""What a job costs this program, beside what it costs others who keep no record of it.

Every picture has 8 KB, the provider answers at once, 64 jobs are in flight, everything is in memory
but really synced. `pytest -m bench -s tests/bench/test_throughput.py` prints CPU time per job of
the whole process, less that of a run of fewer jobs, as medians of interleaved rounds.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from tests.e2e.shop import SECRETS
from tests.emulator_process import EmulatorProcess

MEMORY = Path("/dev/shm")  # noqa: S108 - what is measured is this program, not a disk
ROOT = Path(__file__).parents[2]
ROUNDS = 3
FEW, MANY = 200, 1400

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not MEMORY.is_dir(), reason="no file system in memory"),
]


@dataclass(frozen=True)
class Work:
    """One provider's way, for this program: a spec beside this file, or one that is shipped."""

    name: str
    uses: str
    path: str
    recipe: str = ""


TICKETS = Work("submit + poll + download", "./tickets.provider.yaml", "/crash-tasks")
AT_ONCE = Work("openai-images", "openai-images", "/openai-images/v1", ", model: local")
RUNWAY = Work("runway", "./runway.provider.yaml", "/runway", ", model: gen4_image, size: 1024x1024")


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def _open(shop: Path, work: Work, url: str, jobs: int, in_flight: int) -> None:
    shop.mkdir()
    shutil.copy(ROOT / "tests/bench/tickets.provider.yaml", shop)
    runway = (ROOT / "specs/providers/runway.yaml").read_text(encoding="utf-8")
    assert "\n  every: 5s" in runway  # the vendor's own pace would hide what a job costs
    hurried = runway.replace("\n  every: 5s", "\n  every: 20ms")
    (shop / "runway.provider.yaml").write_text(hurried, encoding="utf-8")
    rows = "\n".join(f"P{number:06}" for number in range(jobs))
    (shop / "products.csv").write_text(f"sku\n{rows}\n", encoding="utf-8")
    (shop / "imagepipe.yaml").write_text(
        f"version: 1\nname: shop\nmax_jobs: 1000000\nproviders:\n  lab: {{uses: {work.uses}, "
        f"base_url: '{url}{work.path}', identity: lab, limits: {{in_flight: {in_flight}}}}}\n"
        "products: {from: products.csv}\nimages:\n"
        f'  hero: {{prompt: "a mug, {{{{ sku }}}}", provider: lab, path: "{{{{ sku }}}}"'
        f"{work.recipe}}}\n",
        encoding="utf-8",
    )


def _cpu(command: list[str], cwd: Path) -> tuple[float, str]:
    """The CPU seconds that a command and its children took, and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, **SECRETS, "RUNWAYML_API_SECRET": "key_test", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, done.stdout


def ours(folder: Path, work: Work, in_flight: int = 64) -> float:
    """CPU milliseconds that one more job costs."""
    found = []
    for jobs in (FEW, MANY):
        shop = folder / f"{jobs}"
        with EmulatorProcess("--picture", "fixed") as emulator:
            _open(shop, work, emulator.url, jobs, in_flight)
            seconds, out = _cpu(["-m", "imagepipe", "run", "-q", "--json"], shop)
        assert json.loads(out)["jobs"]["generated"] == jobs
        shutil.rmtree(shop)
        found.append(seconds)
    return (found[1] - found[0]) / (MANY - FEW) * 1000


def theirs(folder: Path, peer: str) -> float:
    with EmulatorProcess("--picture", "fixed") as emulator:
        command = ["-m", "tests.bench.peers", peer, emulator.url, str(MANY - FEW), str(folder)]
        _, out = _cpu(command, ROOT)
    return float(json.loads(out)[0]) / (MANY - FEW) * 1000


@dataclass(frozen=True)
class Bar:
    """Our CPU time for `work` is at most `most` times that of `peer`."""

    work: Work
    peer: str
    most: float


BARS = (
    Bar(TICKETS, "bare", 4.0),
    Bar(TICKETS, "threads", 1.0),
    Bar(AT_ONCE, "openai", 0.75),
    Bar(RUNWAY, "runway", 0.3),
)
"""A job may cost four times the requests themselves: a millisecond, where these take a quarter."""


def test_a_job_costs_less_than_elsewhere(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine: dict[str, list[float]] = {bar.work.name: [] for bar in BARS}
    others: dict[str, list[float]] = {bar.peer: [] for bar in BARS}
    for _ in range(ROUNDS):
        for work in {bar.work.name: bar.work for bar in BARS}.values():
            mine[work.name].append(ours(folder, work))
        for peer, found in others.items():
            found.append(theirs(folder, peer))
    missed = []
    with capsys.disabled():
        print(f"\n{'CPU ms a job':26} {'ours':>7} {'peer':>16} {'ratio':>6} {'bar':>5}")
        for bar in BARS:
            own, other = median(mine[bar.work.name]), median(others[bar.peer])
            print(
                f"{bar.work.name:26} {own:7.2f} {bar.peer:>9} {other:6.2f} {own / other:6.2f} "
                f"{bar.most:5.2f}"
            )
            if own / other > bar.most:
                missed.append(f"{bar.work.name} / {bar.peer}: {own / other:.2f} > {bar.most}")
        print(f"load while measuring: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    assert missed == []


def test_a_thousand_in_flight_cost_little_more(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most half as much again as 64 in flight."""
    few = median(ours(folder, TICKETS, 64) for _ in range(ROUNDS))
    many = median(ours(folder, TICKETS, 1000) for _ in range(ROUNDS))
    with capsys.disabled():
        print(f"\nCPU ms a job: {few:.2f} at 64 in flight, {many:.2f} at 1,000: x{many / few:.2f}")
    assert many <= 1.5 * few
