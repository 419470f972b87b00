"""A thousand requests that are held for five seconds each: how near to what the protocol allows.

`pytest -m bench -s tests/bench/test_held.py`. A provider that answers with the picture itself holds
a connection for each job: 1,000 of them, 5 s each, are 200 jobs a second at most.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.bench.work import AT_ADDRESS, MEMORY, load, peer_took, ran

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not MEMORY.is_dir(), reason="no file system in memory"),
]

HELD, SECONDS, JOBS = 1000, 5.0, 4000


def test_a_thousand_held_requests_are_used_to_the_full(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside a client that keeps no record: an emulator on the same machine, which has to send a
    thousand replies at one moment, bounds both."""
    emulator = ("--picture", "fixed", "--latency", f"fixed:{SECONDS:g}")
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        took = ran(Path(folder), AT_ADDRESS, JOBS, HELD, emulator)
        bare_cpu, bare = peer_took(Path(folder), "bare_by_address", JOBS, HELD, emulator)
    seconds, least = float(took.json["seconds"]), JOBS * SECONDS / HELD
    share, reachable = least / seconds, least / bare
    with capsys.disabled():
        print(
            f"\n{HELD} held for {SECONDS:g} s, {JOBS:,} jobs: {HELD / SECONDS:g} a second at most"
        )
        for name, cpu, time in (
            ("bare aiohttp", bare_cpu, bare),
            ("imagepipe", took.seconds, seconds),
        ):
            used, a_job = f"{100 * least / time:3.0f} % of it", f"{1000 * cpu / JOBS:.2f} ms of CPU"
            print(f"{name:14} {JOBS / time:5.0f} a second, {used}, {a_job} a job")
        print(f"bar 90 %, or of what the bare client reaches here; {load()}")
    assert share >= 0.9 * min(reachable, 1.0)
