"""A vendor for the tests of a file, and desks of people who type in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e import typed
from tests.e2e.typed import Desk
from tests.emulator_process import EmulatorProcess


@pytest.fixture(scope="module")
def vendor() -> Iterator[EmulatorProcess]:
    """One emulator, whose pictures are all alike and come at once."""
    with EmulatorProcess("--picture", "fixed", "--latency", "fixed:0") as process:
        yield process


@pytest.fixture
def opened(
    vendor: EmulatorProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[int], Desk]:
    """A shop of so many products, in which nothing was made yet."""
    return lambda products: typed.desk(vendor, tmp_path, monkeypatch, capsys, products=products)
