"""What a log and telemetry cost a run, for who wants them: `pytest -m bench -s` of this file.

CPU milliseconds that one more job costs, at three requests and more a job, without and with each. A
run without them is the other benches' business: it imports nothing for them and measures nothing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.bench.work import MEMORY, TICKETS, load, open_shop, took
from tests.emulator_process import EmulatorProcess
from tests.fakes.collector import collecting

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not MEMORY.is_dir(), reason="no file system in memory"),
]

FEW, MANY = 100, 600
WAYS = {
    "nothing": (),
    "log, info": ("--log-file", "run.log"),
    "log, debug": ("--log-file", "run.log", "--log-level", "debug"),
    "traces and metrics": ("--otel",),
}
MOST = 3.0
"""Times what a job costs unobserved."""


def _each(folder: Path, words: tuple[str, ...]) -> float:
    seconds = []
    for jobs in (FEW, MANY):
        shop = Path(tempfile.mkdtemp(dir=folder)) / "shop"
        with EmulatorProcess("--picture", "fixed") as vendor:
            open_shop(shop, TICKETS, vendor.url, jobs, in_flight=64)
            found = took(["-m", "imagepipe", "run", "-q", "--json", *words], shop)
        assert found.json["jobs"]["generated"] == jobs
        seconds.append(found.seconds)
    return (seconds[1] - seconds[0]) / (MANY - FEW) * 1000


def test_observing_a_run_costs_a_fraction_of_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
        costs = {}
        for name, words in WAYS.items():
            if "--otel" in words:
                monkeypatch.delenv("OTEL_SDK_DISABLED")
            costs[name] = _each(Path(folder), words)
        with capsys.disabled():
            print(f"\nCPU milliseconds a job ({TICKETS.name}):")
            for name, cost in costs.items():
                print(f"  {name:18} {cost:6.2f}  {cost / costs['nothing']:.2f} times")
            print(f"{len(collector.spans):,} spans arrived; {load()}")
    assert len(collector.spans) > 3 * MANY
    assert max(costs.values()) < MOST * costs["nothing"]
