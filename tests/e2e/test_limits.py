"""Four providers over real sockets, with declared limits: all of them used, none exceeded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.shop import Shop, accepted
from tests.emulator_process import EmulatorProcess

LIMITS = {
    "rungen": {"rpm": 150, "in_flight": 16},
    "goneural": {"rpm": 200, "in_flight": 16},
    "runcrate": {"rpm": 300, "in_flight": 8},
    "cometapi-runway": {"rpm": 120, "in_flight": 12},
}


def _emulator(limits: dict[str, dict[str, int]]) -> EmulatorProcess:
    """Enforces what is declared, in each vendor's way."""
    options = ["--picture", "fixed", "--latency", "uniform:0.5:2"]
    for name, limit in limits.items():
        options += [
            "--rpm",
            f"{name}:{limit['rpm']}",
            "--in-flight",
            f"{name}:{limit['in_flight']}",
        ]
    return EmulatorProcess(*options)


def _declared(limits: dict[str, dict[str, int]]) -> dict[str, str]:
    return {
        name: f"{{rpm: {limit['rpm']}, in_flight: {limit['in_flight']}}}"
        for name, limit in limits.items()
    }


def _claims(tmp_path: Path, limits: dict[str, dict[str, int]], products: int) -> float:
    """Run the catalogue; every claim but the time is asserted, the time over its bound returned."""
    with _emulator(limits) as emulator:
        shop = Shop.open(tmp_path, emulator, products=products, limits=_declared(limits))
        report = shop.imagepipe("run", "--json")
        stats = emulator.stats()
        jobs = products * len(limits)
        assert report.code == 0, report.err
        assert report.json["jobs"]["generated"] == accepted(emulator) == jobs
        assert {name: stats[name]["refused_429"] for name in limits} == dict.fromkeys(limits, 0)
        assert all(stats[name]["max_in_flight"] <= limits[name]["in_flight"] for name in limits)
        assert all(stats[name]["max_per_minute"] <= limits[name]["rpm"] for name in limits)
        bound = max((products - 1) * 60 / limit["rpm"] for limit in limits.values())
        return float(report.json["seconds"]) / bound


def test_declared_limits_cost_no_429_and_no_job(tmp_path: Path) -> None:
    fast = {name: {**limit, "rpm": 1200} for name, limit in LIMITS.items()}
    _claims(tmp_path, fast, products=20)


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_a_thousand_jobs_over_four_providers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints the time over the bound that the slowest provider's rate sets."""
    ratio = _claims(tmp_path, LIMITS, products=250)
    with capsys.disabled():
        print(f"\n1,000 jobs, 4 providers, no 429: {ratio:.3f} x the bound set by the limits")
