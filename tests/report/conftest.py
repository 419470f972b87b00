"""One rehearsed catalogue with its report, for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report import shop


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its manifest."""
    return shop.rehearse(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def report(rehearsed: Path) -> Path:
    """The folder of its report."""
    out = rehearsed.parent / "report"
    shop.report(rehearsed, out)
    return out
