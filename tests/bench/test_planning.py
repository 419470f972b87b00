"""Planning from CSV at growing sizes: peak memory and CPU of the whole process, and its growth.

`pytest -m bench tests/bench/test_planning.py` prints the table. Bounds are asserted on memory,
which does not depend on what else the machine is doing.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.measured import Measured, imagepipe

SIZES = (1_000, 10_000, 100_000)

MANIFEST = """\
version: 1
name: bench
max_jobs: 10000000
products: {from: products.csv, key: sku, where: "stock | int > 0"}
prompts:
  hero: "A {{ color }} {{ name }} made of {{ material }}, white background, studio lighting"
images:
  hero: {prompt: hero, provider: runcrate, model: black-forest-labs/FLUX.1-schnell}
"""


def plan(folder: Path, jobs: int) -> Measured:
    """`imagepipe plan --json` over `jobs` rows, in a process of its own."""
    rows = (f"SKU-{n:07},Mug {n},red {n % 97},stoneware,{n % 90 + 1}" for n in range(jobs))
    (folder / "products.csv").write_text("\n".join(["sku,name,color,material,stock", *rows]))
    (folder / "imagepipe.yaml").write_text(MANIFEST)
    cost = imagepipe(folder, "plan", "--json", "imagepipe.yaml")
    assert json.loads(cost.out)["jobs"]["new"] == jobs
    return cost


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_memory_of_a_plan_grows_by_little_per_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of a job is kept but hashes: a hundred bytes each, against 4 KB of a held request."""
    costs = {jobs: plan(tmp_path, jobs) for jobs in SIZES}
    small, large = costs[SIZES[0]], costs[SIZES[-1]]
    growth = (large.peak - small.peak) * 2**20 / (SIZES[-1] - SIZES[0])
    with capsys.disabled():
        for jobs, cost in costs.items():
            print(f"\nplan of {jobs:>7,} jobs: peak {cost.peak:6.1f} MiB, CPU {cost.cpu:6.2f} s")
        print(f"growth: {growth:.0f} bytes a job")
    assert growth <= 300
