"""A run of two jobs, killed before each of its system calls in turn, and the same command again.

The emulator is the witness of what was accepted. Every boundary of the store, of the outputs and of
the connections counts, in every thread; which worker thread carries out which step is chance, so a
boundary that a run does not come to is counted as such, and the run must then have ended well.
"""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.tracing import EMULATOR, Boundary, Program, boundaries, injected, plain, small_shop
from tests.e2e.shop import accepted
from tests.emulator_process import EmulatorProcess

pytestmark = pytest.mark.needs("strace")
JOBS = 2


@dataclass(frozen=True)
class Found:
    """What one kill led to; `forgotten` were paid for, and are neither there nor in doubt."""

    at: Boundary
    reached: bool
    accepted: int
    duplicates: int
    ambiguous: int
    forgotten: int
    missing: int


def every_boundary(program: Program, emulator: EmulatorProcess, folder: Path) -> list[Boundary]:
    shop = small_shop(folder, emulator)
    ran = program.run(shop.folder, "run", "-q", strace=plain())
    assert ran.code == 0, ran.err
    assert accepted(emulator) == JOBS
    return boundaries(ran.calls(), folder)


def killed(
    program: Program, emulator: EmulatorProcess, root: Path, points: Iterable[Boundary]
) -> Iterator[Found]:
    for place, at in enumerate(points):
        emulator.reset()
        shop = small_shop(root / f"kill-{place}", emulator)
        strace = injected(at, "signal=KILL")
        first = program.run(shop.folder, "run", "-q", strace=strace, thread=at.thread)
        assert first.code in (0, -signal.SIGKILL), (at, first)
        again = program.run(shop.folder, "run", "--json")
        assert again.code in (0, 4), (at, again)
        sound = program.run(shop.folder, "store", "verify", "--read-data")
        assert sound.code == 0, (at, sound)
        ambiguous = json.loads(again.out)["jobs"]["ambiguous"]
        known = len(list((shop.folder / "images").rglob("*.png"))) + ambiguous
        assert (again.code == 4) == (ambiguous > 0), (at, again)
        yield Found(
            at,
            reached=first.code != 0,
            accepted=accepted(emulator),
            duplicates=sum(int(one["duplicates"]) for one in emulator.stats().values()),
            ambiguous=ambiguous,
            forgotten=max(0, accepted(emulator) - known),
            missing=JOBS - known,
        )


def assert_promise(found: list[Found]) -> None:
    assert [one for one in found if one.duplicates or one.accepted > JOBS] == []
    assert [one for one in found if one.forgotten or one.missing] == []
    assert [one for one in found if one.ambiguous and not one.reached] == []


def summary(found: list[Found]) -> str:
    return (
        f"{len(found)} boundaries, {sum(one.reached for one in found)} reached: "
        f"{sum(one.duplicates for one in found)} duplicates, "
        f"{sum(one.forgotten for one in found)} forgotten, "
        f"{sum(one.missing for one in found)} missing, "
        f"{sum(one.ambiguous for one in found)} jobs in doubt at "
        f"{sum(one.ambiguous > 0 for one in found)} of them"
    )


def test_a_run_killed_before_a_system_call_pays_for_nothing_twice(tmp_path: Path) -> None:
    with Program() as program, EmulatorProcess(*EMULATOR) as emulator:
        points = every_boundary(program, emulator, tmp_path / "whole")
        syncs = [at for at in points if at.thread == 0 and at.name == "fdatasync"]
        own_end = syncs[-3]  # it is committed; two more fold the log into the file
        some = [own_end, *random.Random(4).sample(points, 4)]
        found = list(killed(program, emulator, tmp_path, some))
    assert sum(one.reached for one in found) >= 2
    assert_promise(found)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(4))
def test_every_system_call(tmp_path: Path, part: int, capsys: pytest.CaptureFixture[str]) -> None:
    with Program() as program, EmulatorProcess(*EMULATOR) as emulator:
        points = every_boundary(program, emulator, tmp_path / "whole")
        found = list(killed(program, emulator, tmp_path, points[part::4]))
    with capsys.disabled():
        print(f"\n{summary(found)}")
    assert_promise(found)
