"""What a job costs this program, beside what it costs others who keep no record of it.

Every picture has 8 KB (or 1 MB), the provider answers at once, 64 jobs are in flight, everything is
in memory but really synced. `pytest -m bench -s tests/bench/test_throughput.py` prints CPU time per
job of the whole process, as medians of interleaved rounds. A peer does the same requests.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from tests.bench.work import (
    AT_ADDRESS,
    IN_REPLY,
    MEMORY,
    RUNWAY,
    TICKETS,
    Work,
    load,
    ours,
    theirs,
)

ROUNDS = 3

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not MEMORY.is_dir(), reason="no file system in memory"),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@dataclass(frozen=True)
class Bar:
    """Our CPU time for `work` is at most `most` times that of `peer`; None: to be looked at."""

    work: Work
    peer: str
    most: float | None


BARS = (
    Bar(TICKETS, "bare", 4.0),
    Bar(TICKETS, "bare-kept", None),
    Bar(TICKETS, "threads", 1.0),
    Bar(AT_ADDRESS, "openai", 0.75),
    Bar(IN_REPLY, "openai-in-reply", None),
    Bar(RUNWAY, "runway", 0.3),
)
"""A job may cost four times the requests themselves: a millisecond, where these take a quarter."""


def test_a_job_costs_less_than_elsewhere(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine: dict[str, list[float]] = {bar.work.name: [] for bar in BARS}
    others: dict[str, list[float]] = {bar.peer: [] for bar in BARS}
    for _ in range(ROUNDS):
        for work in {bar.work.name: bar.work for bar in BARS}.values():
            mine[work.name].append(ours(folder, work))
        for peer, found in others.items():
            found.append(theirs(folder, peer))
    missed = []
    with capsys.disabled():
        print(f"\n{'CPU ms a job':28} {'ours':>7} {'peer':>22} {'ratio':>6} {'bar':>5}")
        for bar in BARS:
            own, other = median(mine[bar.work.name]), median(others[bar.peer])
            wanted = "-" if bar.most is None else f"{bar.most:.2f}"
            ratio = own / other
            beside = f"{bar.peer:>15} {other:6.2f}"
            print(f"{bar.work.name:28} {own:7.2f} {beside} {ratio:6.2f} {wanted:>5}")
            if bar.most is not None and ratio > bar.most:
                missed.append(f"{bar.work.name} / {bar.peer}: {ratio:.2f} > {bar.most}")
        print(load())
    assert missed == []


def test_a_thousand_in_flight_cost_little_more(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most half as much again as 64 in flight."""
    few, many = [], []
    for _ in range(ROUNDS):
        few.append(ours(folder, TICKETS, 64, jobs=(200, 2200)))
        many.append(ours(folder, TICKETS, 1000, jobs=(200, 2200)))
    times = median(many) / median(few)
    with capsys.disabled():
        print(f"\nCPU ms a job: {median(few):.2f} at 64 in flight, {median(many):.2f} at 1,000")
        print(f"x{times:.2f} (bar 1.5); {load()}")
    assert times <= 1.5


def test_large_pictures_cost_little_more_than_their_requests(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 MB each, 16 in flight, against aiohttp that writes them to a file and no more."""
    large, mine, bare = ("--picture", "fixed:1048576"), [], []
    for _ in range(ROUNDS):
        mine.append(ours(folder, TICKETS, 16, large, (50, 350)))
        bare.append(theirs(folder, "bare", 16, large, 300))
    times = median(mine) / median(bare)
    with capsys.disabled():
        print(f"\n1 MB pictures, CPU ms a job: ours {median(mine):.2f}, bare {median(bare):.2f}")
        print(f"x{times:.2f} (bar 1.5); {load()}")
    assert times <= 1.5
