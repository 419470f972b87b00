"""Several runs at once on one store: a key is accepted once, and everybody's pictures are there."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.shop import Ran, Shop, accepted
from tests.emulator_process import EmulatorProcess

LIMITS = {"rungen": "{in_flight: 4}", "runcrate": "{in_flight: 4}"}
PRODUCTS = 15
OPTIONS = ("--picture", "fixed", "--latency", "uniform:0.05:0.3")


def _at_once(shop: Shop, *commands: tuple[str, ...]) -> list[Ran]:
    """Start all, then wait for all."""
    started = [shop.start("run", "--json", *command) for command in commands]
    ended = [(process, *process.communicate()) for process in started]
    return [Ran(process.returncode, out, err) for process, out, err in ended]


def test_runs_of_one_manifest_share_the_work_and_pay_once(tmp_path: Path) -> None:
    """A run that meets a key another is at waits for it, and takes the picture from the store."""
    with EmulatorProcess(*OPTIONS) as emulator:
        shop = Shop.open(tmp_path, emulator, products=PRODUCTS, limits=LIMITS)
        runs = _at_once(shop, *[()] * 2)
        assert [run.code for run in runs] == [0] * 2, [run.err for run in runs]
        jobs = PRODUCTS * len(LIMITS)
        assert accepted(emulator) == jobs
        assert sum(run.json["jobs"]["generated"] for run in runs) == jobs
        assert len(list((tmp_path / "images").rglob("*.png"))) == jobs
        assert len((tmp_path / "imagepipe.yaml.lock").read_text().splitlines()) == jobs


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_a_key_that_another_run_gives_back_is_taken_up(tmp_path: Path) -> None:
    """Eight runs ask for four times what the provider admits: refused submits are given back."""
    with EmulatorProcess(*OPTIONS, "--in-flight", "runcrate:8") as emulator:
        limits = {"runcrate": "{in_flight: 4}"}
        shop = Shop.open(tmp_path, emulator, products=120, limits=limits)
        runs = _at_once(shop, *[()] * 8)
        assert [run.code for run in runs] == [0] * 8, [run.err for run in runs]
        assert int(emulator.stats("runcrate")["refused_429"]) > 0
        assert accepted(emulator) == 120 == sum(run.json["jobs"]["generated"] for run in runs)


def test_a_budget_holds_for_all_that_work_on_a_manifest_at_once(tmp_path: Path) -> None:
    """Each of four shards could be paid for; the four together could not."""
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:0.4") as emulator:
        shop = Shop.open(tmp_path, emulator, products=60, limits={"runcrate": "{in_flight: 4}"})
        shards = [("--shard", f"{number}/4", "--max-cost", "0.10") for number in range(1, 5)]
        runs = _at_once(shop, *shards)
        assert 6 in [run.code for run in runs], [run.err for run in runs]
        spent = sum(Decimal(run.json["cost"]["spent"]) for run in runs)
        assert spent <= Decimal("0.10")
        assert accepted(emulator) * Decimal("0.003") == spent


@pytest.mark.parametrize("count", [2])
def test_shards_make_the_whole_between_them(tmp_path: Path, count: int) -> None:
    with EmulatorProcess(*OPTIONS) as emulator:
        shop = Shop.open(tmp_path, emulator, products=PRODUCTS, limits=LIMITS)
        shards = [("--shard", f"{number}/{count}") for number in range(1, count + 1)]
        runs = _at_once(shop, *shards)
        assert [run.code for run in runs] == [0] * count, [run.err for run in runs]
        jobs = PRODUCTS * len(LIMITS)
        assert accepted(emulator) == jobs == sum(run.json["jobs"]["total"] for run in runs)
        rerun = shop.imagepipe("run", "--json")
        assert rerun.json["jobs"]["reused"] == jobs
