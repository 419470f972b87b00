"""How late the event loop is under load: nothing may block it, for it carries a thousand jobs.

`pytest -m bench -s tests/bench/test_loop.py`. What is asserted is the time for which the loop was
computing when it should have turned to somebody else; the lateness by the clock, which others on
the machine add to, is printed beside it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.bench.work import MEMORY, TICKETS, load, open_shop, took
from tests.emulator_process import EmulatorProcess

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not MEMORY.is_dir(), reason="no file system in memory"),
]

LATE = 0.020
"""Seconds, of which at most one look in a hundred may be more."""

JOBS = 3000


@pytest.mark.parametrize("in_flight", [64, 1000])
def test_the_loop_is_never_held_up(in_flight: int, capsys: pytest.CaptureFixture[str]) -> None:
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as folder,
        EmulatorProcess("--picture", "fixed") as vendor,
    ):
        shop = Path(folder, "shop")
        open_shop(shop, TICKETS, vendor.url, JOBS, in_flight)
        found = took(["-m", "tests.bench.lagging", "imagepipe.yaml"], shop).json
    assert found["generated"] == JOBS
    with capsys.disabled():
        print(f"\n{in_flight} in flight, {JOBS:,} jobs, {len(found['busy']):,} looks, in ms:")
        for name in ("busy", "lags"):
            p50, p99, most = (1000 * _share(found[name], share) for share in (0.5, 0.99, 1.0))
            print(f"  {name}: median {p50:.1f}, p99 {p99:.1f}, most {most:.1f}")
        print(load())
    assert _share(found["busy"], 0.99) < LATE


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]
