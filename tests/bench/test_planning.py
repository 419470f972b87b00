"""Planning at a hundred thousand jobs and more: time beside a bare script, memory, and reruns.

`pytest -m bench -s tests/bench/test_planning.py` prints the tables. Memory is asserted, and time as
a ratio to the bare script of the same run, which does CSV, Jinja, hash and lookup alone; seconds of
CPU are printed beside their bars.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.measured import Measured, bare, best, imagepipe, load
from tests.fakes.shops import finish, write_shop

JOBS = 100_000
RECIPES = 10
Printer = Callable[[str], None]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Iterator[Printer]:
    with capsys.disabled():
        print()
        yield lambda line: print(line, flush=True)


def row(name: str, cost: Measured, bar: float, peak: float, floor: Measured | None = None) -> str:
    ratio = f"{cost.cpu / floor.cpu:5.2f} x bare" if floor else " " * 12
    met = "met" if cost.cpu <= bar else "MISSED"
    return (
        f"{name:<34} CPU {cost.cpu:6.2f} s ({ratio}), bar {bar:5.2f} s {met:<6}  "
        f"wall {cost.seconds:6.2f} s  peak {cost.peak:6.1f} of {peak:.0f} MiB"
    )


@pytest.mark.bench
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_first_plan(tmp_path: Path, told: Printer, kind: str) -> None:
    """No store, no memo: every row is read, rendered, checked, hashed and judged."""
    folder = tmp_path / kind
    write_shop(folder, JOBS, kind=kind)
    imagepipe(folder, "--version")
    floor = best([bare(folder) for _ in range(2)])
    cost = best([imagepipe(folder, "plan", "--json") for _ in range(2)])
    told(f"{kind}, {JOBS:,} jobs, {load()}; bare {floor.cpu:.2f} s, {floor.peak:.0f} MiB")
    told(row("first plan", cost, 3.0, 120, floor))
    assert json.loads(cost.out)["jobs"]["new"] == JOBS
    assert cost.peak <= 120
    assert cost.cpu <= 2 * floor.cpu


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_reruns(tmp_path: Path, told: Printer) -> None:
    """All pictures are there: nothing changed, a comment, one prompt of ten, and all forgotten."""
    folder = tmp_path / "shop"
    manifest = write_shop(folder, JOBS // RECIPES, recipes=RECIPES)
    finish(manifest)
    floor = best([bare(folder) for _ in range(2)])
    forgotten = imagepipe(folder, "plan", "--json")
    (memo,) = (folder / ".imagepipe" / "plans").iterdir()
    written = memo.stat().st_mtime_ns
    told(f"{JOBS:,} jobs with store and lock, {load()}; bare {floor.cpu:.2f} s")
    told(row("plan, memo deleted", forgotten, 6.0, 120, floor))
    same = best([imagepipe(folder, "plan", "--json") for _ in range(3)])
    told(row("plan, nothing changed", same, 0.7, 120, floor))
    rerun = best([imagepipe(folder, "run", "--json") for _ in range(3)])
    told(row("run, nothing changed", rerun, 0.7, 120, floor))
    assert memo.stat().st_mtime_ns == written
    manifest.write_text("# a comment\n" + manifest.read_text())
    comment = best([imagepipe(folder, "plan", "--json") for _ in range(2)])
    told(row("plan, a comment edited", comment, 1.5, 120, floor))
    manifest.write_text(manifest.read_text().replace("A plain", "A very plain"))
    edited = best([imagepipe(folder, "plan", "--json") for _ in range(2)])
    told(row("plan, one prompt of ten edited", edited, 1.5, 120, floor))
    assert json.loads(rerun.out)["requests"] == {"submit": 0, "poll": 0, "download": 0}
    assert json.loads(edited.out)["jobs"]["changed"] == JOBS // RECIPES
    assert max(cost.peak for cost in (forgotten, same, rerun, comment, edited)) <= 120
    assert max(same.cpu, rerun.cpu) <= 0.6 * floor.cpu
    assert edited.cpu <= 1.2 * floor.cpu


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_a_million_jobs(tmp_path: Path, told: Printer) -> None:
    """Nothing of a job is kept but hashes and marks, so that memory grows by little and evenly."""
    costs: dict[int, Measured] = {}
    for jobs in (1_000, JOBS, 10 * JOBS):
        folder = tmp_path / str(jobs)
        write_shop(folder, jobs)
        if not costs:
            imagepipe(folder, "plan")  # so that modules are compiled before anything is measured
        costs[jobs] = imagepipe(folder, "plan", "--json")
        told(row(f"first plan of {jobs:,}, {load()}", costs[jobs], 30.0 * jobs / 1e6 + 0.4, 350))
    small, middle, large = costs.values()
    growth = (large.peak - small.peak) * 2**20 / (10 * JOBS - 1_000)
    told(f"growth: {growth:.0f} of 300 bytes a job")
    assert growth <= 300
    assert large.peak <= 350
    assert large.cpu <= 12 * middle.cpu


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_products_in_the_manifest(tmp_path: Path, told: Printer) -> None:
    """Ten thousand products inline in YAML."""
    folder = tmp_path / "inline"
    manifest = write_shop(folder, 10_000)
    head, _, rest = manifest.read_text().partition("products: {")
    lines = (folder / "products.csv").read_text().splitlines()[1:]
    items = [
        f"- {{sku: {sku}, name: {name}, color: {color}, material: {material}, stock: {stock}}}\n"
        for sku, name, color, material, stock in (line.split(",") for line in lines)
    ]
    rest = rest.partition("\n")[2]
    manifest.write_text(f"{head}products:\n{''.join(items)}{rest}")
    imagepipe(folder, "--version")
    cost = best([imagepipe(folder, "plan", "--json") for _ in range(3)])
    told(row(f"10,000 inline in YAML, {load()}", cost, 0.6, 120))
    assert json.loads(cost.out)["jobs"]["new"] == 10_000


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_start_up(tmp_path: Path, told: Printer) -> None:
    """What a person waits for who plans three products."""
    folder = tmp_path / "first"
    folder.mkdir()
    imagepipe(folder, "init", ".")
    version = best([imagepipe(folder, "--version") for _ in range(5)])
    plan = best([imagepipe(folder, "plan") for _ in range(5)])
    told(row(f"--version, {load()}", version, 0.15, 120))
    told(row("plan of the quickstart", plan, 0.4, 120))
