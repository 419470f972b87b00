"""A run of two jobs in which one system call fails: no space, a disk or line error, no descriptors.

Every n-th call of open, write, fsync, rename, connect and send that touches the store, the outputs
or a connection fails once, in every thread. The run ends in words, nothing is paid for twice, and
the same command without the fault makes the rest.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.tracing import (
    EMULATOR,
    Boundary,
    Program,
    Traced,
    boundaries,
    injected,
    plain,
    small_shop,
)
from tests.e2e.shop import accepted
from tests.emulator_process import EmulatorProcess

pytestmark = pytest.mark.needs("strace")
JOBS = 2
_CLEAR = re.compile(r"error: .+\n +help: .|error\[E\d+\]: .")
"""What happened and what to do; for a file that people wrote, its place is enough."""

ERRORS = ("ENOSPC", "EIO", "EMFILE")
FAILING = (
    *("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2"),
    *("connect", "sendto", "sendmsg"),
)
CODES = (0, 2, 3, 4, 5)
"""Done; stopped by the machine; jobs failed; jobs in doubt; a provider was given up."""


@dataclass(frozen=True)
class Found:
    """What one fault led to."""

    at: Boundary
    error: str
    reached: bool
    code: int
    accepted: int
    duplicates: int
    ambiguous: int
    missing: int
    wrong: tuple[str, ...]
    """What was not said as it should be."""


def every_fault(
    program: Program, emulator: EmulatorProcess, folder: Path
) -> list[tuple[Boundary, str]]:
    shop = small_shop(folder, emulator)
    ran = program.run(shop.folder, "run", "-q", strace=plain())
    assert ran.code == 0, ran.err
    points = [at for at in boundaries(ran.calls(), folder) if at.name in FAILING]
    return [(at, error) for at in points for error in ERRORS]


def failed(
    program: Program,
    emulator: EmulatorProcess,
    root: Path,
    faults: Iterable[tuple[Boundary, str]],
) -> Iterator[Found]:
    for place, (at, error) in enumerate(faults):
        emulator.reset()
        shop = small_shop(root / f"fault-{place}", emulator)
        strace = injected(at, f"error={error}")
        first = program.run(shop.folder, "run", "-q", strace=strace, thread=at.thread)
        again = program.run(shop.folder, "run", "--json")
        sound = program.run(shop.folder, "store", "verify", "--read-data")
        ambiguous = json.loads(again.out)["jobs"]["ambiguous"] if again.code in (0, 4) else 0
        known = len(list((shop.folder / "images").rglob("*.png"))) + ambiguous
        yield Found(
            at,
            error,
            reached=first.injected(),
            code=first.code,
            accepted=accepted(emulator),
            duplicates=sum(int(one["duplicates"]) for one in emulator.stats().values()),
            ambiguous=ambiguous,
            missing=JOBS - known,
            wrong=(*_said(first), *_said(again, (0, 4)), *_said(sound, (0,))),
        )


def _said(ran: Traced, codes: tuple[int, ...] = CODES) -> Iterator[str]:
    """What is wrong with how a command ended."""
    text = ran.out + ran.err
    if ran.code not in codes:
        yield f"exit code {ran.code}: {text[-2000:]}"
    elif "Traceback" in text or "bug of imagepipe" in text:
        yield text[-2000:]
    elif ran.code == 2 and not _CLEAR.search(ran.err):
        yield f"no clear message: {text}"
    elif ran.code and not text.strip():
        yield "no message"


def assert_promise(found: list[Found]) -> None:
    assert [one for one in found if one.wrong] == []
    assert [one for one in found if one.duplicates or one.accepted > JOBS] == []
    assert [one for one in found if one.missing] == []
    assert [one for one in found if one.ambiguous and not one.reached] == []


def summary(found: list[Found]) -> str:
    return (
        f"{len(found)} faults, {sum(one.reached for one in found)} reached: "
        f"{sum(one.duplicates for one in found)} duplicates, "
        f"{sum(one.missing for one in found)} missing, "
        f"{sum(one.ambiguous for one in found)} jobs in doubt at "
        f"{sum(one.ambiguous > 0 for one in found)} of them; "
        f"first runs by exit code {dict(sorted(Counter(one.code for one in found).items()))}"
    )


def test_a_call_that_fails_ends_in_words_and_costs_nothing_twice(tmp_path: Path) -> None:
    with Program() as program, EmulatorProcess(*EMULATOR) as emulator:
        faults = every_fault(program, emulator, tmp_path / "whole")
        some = random.Random(2).sample(faults, 5)
        found = list(failed(program, emulator, tmp_path, some))
    assert sum(one.reached for one in found) >= 2
    assert_promise(found)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(4))
def test_every_call_fails_once(
    tmp_path: Path, part: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with Program() as program, EmulatorProcess(*EMULATOR) as emulator:
        faults = every_fault(program, emulator, tmp_path / "whole")
        found = list(failed(program, emulator, tmp_path, faults[part::4]))
    with capsys.disabled():
        print(f"\n{summary(found)}")
    assert_promise(found)
