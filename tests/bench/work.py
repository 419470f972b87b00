"""The work that benches of speed give to this program and to others, and what it took of a machine.

Everything is in memory, but really synced; the emulator is a process of its own and answers at once
with one picture, unless told otherwise.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.shop import SECRETS
from tests.emulator_process import EmulatorProcess

MEMORY = Path("/dev/shm")  # noqa: S108 - what is measured is this program, not a disk
ROOT = Path(__file__).parents[2]
FEW, MANY = 200, 1400


@dataclass(frozen=True)
class Work:
    """One provider's way, for this program: a spec beside this file, or one that is shipped."""

    name: str
    uses: str
    path: str
    recipe: str = ""


TICKETS = Work("submit + poll + download", "./tickets.provider.yaml", "/crash-tasks")
IN_REPLY = Work("openai-images, in the reply", "openai-images", "/openai-images/v1", ", model: m")
AT_ADDRESS = Work(
    "openai-images, by address",
    "openai-images",
    "/openai-images/v1",
    ", model: m, params: {response_format: url}",
)
RUNWAY = Work("runway", "./runway.provider.yaml", "/runway", ", model: gen4_image, size: 1024x1024")


@dataclass(frozen=True)
class Took:
    """What a process took: CPU seconds, peak resident bytes; and what it said."""

    seconds: float
    peak: int
    out: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def open_shop(shop: Path, work: Work, url: str, jobs: int, in_flight: int) -> None:
    """A manifest of so many jobs for an emulator."""
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


def took(command: Sequence[str], cwd: Path) -> Took:
    """Run a module or script of Python to its end, which must be a good one."""
    environment = {
        **os.environ,
        **SECRETS,
        "RUNWAYML_API_SECRET": "key_test",
        "PYTHONPATH": str(ROOT),
    }
    with subprocess.Popen(
        [sys.executable, *command], cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, out
    return Took(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, out)


def ran(
    folder: Path,
    work: Work,
    jobs: int,
    in_flight: int = 64,
    emulator: Sequence[str] = ("--picture", "fixed"),
) -> Took:
    """A whole run of this program."""
    shop = folder / f"{jobs}"
    with EmulatorProcess(*emulator) as vendor:
        open_shop(shop, work, vendor.url, jobs, in_flight)
        found = took(["-m", "imagepipe", "run", "-q", "--json"], shop)
    assert found.json["jobs"]["generated"] == jobs
    shutil.rmtree(shop)
    return found


def ours(
    folder: Path,
    work: Work,
    in_flight: int = 64,
    emulator: Sequence[str] = ("--picture", "fixed"),
    jobs: tuple[int, int] = (FEW, MANY),
) -> float:
    """CPU milliseconds that one more job costs: a run's, less that of a run of fewer jobs."""
    few, many = (ran(folder, work, number, in_flight, emulator).seconds for number in jobs)
    return (many - few) / (jobs[1] - jobs[0]) * 1000


def theirs(
    folder: Path,
    peer: str,
    in_flight: int = 64,
    emulator: Sequence[str] = ("--picture", "fixed"),
    jobs: int = MANY - FEW,
) -> float:
    """CPU milliseconds that a job costs a peer, without its imports."""
    return peer_took(folder, peer, jobs, in_flight, emulator)[0] / jobs * 1000


def peer_took(
    folder: Path, peer: str, jobs: int, in_flight: int, emulator: Sequence[str]
) -> tuple[float, float]:
    """CPU seconds and seconds on the clock that the work takes a peer, without its imports."""
    with EmulatorProcess(*emulator) as vendor:
        command = ["-m", "tests.bench.peers", peer, vendor.url, f"{jobs}", f"{folder}"]
        cpu, seconds = took([*command, f"{in_flight}"], ROOT).json
    return float(cpu), float(seconds)


def load() -> str:
    """To be said beside every figure."""
    return f"load while measuring: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
