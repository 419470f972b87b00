"""kill -9 in the middle of a run, and the same command again: nothing is accepted twice.

The emulator is the witness. What a kill leaves in doubt is listed, and never sent again by itself.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.shop import Shop, accepted
from tests.emulator_process import EmulatorProcess

PROVIDERS = ("rungen", "goneural", "runcrate", "cometapi-runway")
IN_FLIGHT = 6


@dataclass(frozen=True)
class Outcome:
    """Sums over a campaign of kills."""

    kills: int
    jobs: int
    accepted: int
    duplicates: int
    ambiguous: int
    forgotten: int


def campaign(tmp_path: Path, *, seed: int, kills: int, products: int) -> Outcome:
    """Kill a catalogue's run again and again, then let it finish."""
    rng = random.Random(seed)
    limits = dict.fromkeys(PROVIDERS, f"{{in_flight: {IN_FLIGHT}}}")
    options = ("--picture", "fixed", "--latency", "uniform:0.05:0.3", "--seed", str(seed))
    with EmulatorProcess(*options) as emulator:
        shop = Shop.open(tmp_path, emulator, products=products, limits=limits)
        done = sum(_killed(shop, emulator, rng) for _ in range(kills))
        last = shop.imagepipe("run", "--json")
        report = last.json
        assert last.code in (0, 4), last.err
        jobs = products * len(PROVIDERS)
        stats = emulator.stats()
        finished = jobs - report["jobs"]["ambiguous"]
        assert report["jobs"]["ambiguous"] <= done * IN_FLIGHT * len(PROVIDERS)
        return Outcome(
            kills=done,
            jobs=jobs,
            accepted=accepted(emulator),
            duplicates=sum(int(stat["duplicates"]) for stat in stats.values()),
            ambiguous=report["jobs"]["ambiguous"],
            forgotten=finished - len(list((tmp_path / "images").rglob("*.png"))),
        )


def _killed(shop: Shop, emulator: EmulatorProcess, rng: random.Random) -> bool:
    """Start a run and kill it after a random number of accepted jobs and a random moment more."""
    goal = accepted(emulator) + rng.randint(0, 12)
    process = shop.start("run", "-q")
    while process.poll() is None and accepted(emulator) < goal:
        os.sched_yield()
    _let_pass(process, rng.uniform(0.0, 0.05))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def _let_pass(process: subprocess.Popen[str], seconds: float) -> None:
    """A kill must fall at a random moment, so this is time, and not a wait for something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        os.sched_yield()


def _assert_promise(outcome: Outcome) -> None:
    assert outcome.duplicates == 0
    assert outcome.forgotten == 0
    assert outcome.jobs - outcome.ambiguous <= outcome.accepted <= outcome.jobs


def test_a_killed_run_pays_for_nothing_twice(tmp_path: Path) -> None:
    outcome = campaign(tmp_path, seed=1, kills=3, products=14)
    assert outcome.kills >= 1
    _assert_promise(outcome)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10))
def test_many_kills(tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = campaign(tmp_path, seed=seed, kills=20, products=60)
    with capsys.disabled():
        print(f"\n{outcome}")
    _assert_promise(outcome)
