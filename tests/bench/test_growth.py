"""What a run takes for a job more: as much CPU for the last as for the first, and hardly memory.

`pytest -m bench -s tests/bench/test_growth.py` runs 1,000 and 10,000 jobs through the emulator with
64 in flight; with `-m "bench and deep"` 100,000 as well, which takes some minutes. Memory is the
peak of the whole process; CPU time is what the jobs beyond the first 1,000 cost, each. What a job
takes is told from 4,000 jobs on: until then SQLite fills its caches, of 2 MB for each connection.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.bench.work import MEMORY, TICKETS, Took, load, ran

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not MEMORY.is_dir(), reason="no file system in memory"),
]

A_JOB = 400
"""Bytes that one more job may add to the peak."""

BASE = 4000
"""Jobs whose peak is the base."""


def grown(*numbers: int) -> dict[int, Took]:
    found = {}
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        for jobs in numbers:
            found[jobs] = ran(Path(folder), TICKETS, jobs)
    return found


def show(found: dict[int, Took], capsys: pytest.CaptureFixture[str]) -> tuple[float, float]:
    """CPU per job of the last step against the first one, and bytes per job beyond the base."""
    steps = sorted(found)
    costs = list[float]()
    with capsys.disabled():
        print(f"\n{'jobs':>8} {'peak MiB':>9} {'CPU s':>8} {'ms a job more':>14}")
        for before, jobs in zip([None, *steps], steps, strict=False):
            took = found[jobs]
            if before is not None:
                costs.append(1000 * (took.seconds - found[before].seconds) / (jobs - before))
            cost = f"{costs[-1]:14.2f}" if before is not None else " " * 14
            print(f"{jobs:8,} {took.peak / 2**20:9.1f} {took.seconds:8.1f} {cost}")
        each = (found[steps[-1]].peak - found[BASE].peak) / (steps[-1] - BASE)
        print(f"{each:.0f} bytes a job (bar {A_JOB}); {load()}")
    return costs[-1] / costs[0], each


def test_memory_and_processor_grow_with_the_jobs_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    times, each = show(grown(1000, BASE, 10_000), capsys)
    assert each <= A_JOB
    assert times <= 1.25  # the steps are short, and the first one of them is noisy


@pytest.mark.deep
def test_a_hundred_thousand_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    times, each = show(grown(1000, BASE, 10_000, 100_000), capsys)
    assert each <= A_JOB
    assert times <= 1.1
