"""What every suite shares: which tests need more than Python and pip, or much time."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A law holds however busy the machine is: no example fails for the time it took.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# What the program remembers of a store, outside of it, would be of stores that tests put back on
# purpose; so it cannot be kept, but where a test is about it.
os.environ["XDG_STATE_HOME"] = str(Path(os.devnull) / "nowhere")


_PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
"""Programs of the machine, and those that the extras bring."""


def pytest_xdist_auto_num_workers() -> int:
    """Two for each processor: half of the suite waits for sockets, processes and disks."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Leave out what needs a missing program, and, unless asked for by `-m`, what takes long."""
    asked = str(config.getoption("-m") or "")
    for item in items:
        for mark in item.iter_markers("needs"):
            tool = str(mark.args[0])
            if shutil.which(tool, path=_PATH) is None:
                if os.environ.get("CI"):
                    raise pytest.UsageError(f"{item.nodeid} needs {tool}, which .ci/run installs")
                item.add_marker(pytest.mark.skip(reason=f"needs the program {tool}"))
        for slow in ("deep", "bench"):
            if item.get_closest_marker(slow) and slow not in asked:
                item.add_marker(pytest.mark.skip(reason=f"long: run it with `pytest -m {slow}`"))
