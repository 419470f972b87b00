"""The mutation score of the code that keeps paid work: ledger, recovery and retry.

`python -m tests.mutation` tries every mutant of every module below; name modules (such as
`imagepipe/store/claims.py`) to try those alone. No sampling: on a free core it takes half an hour,
and `--keep FILE` lets it be left and gone on with. `--list` only prints the mutants.
Mutants that change nothing are in equivalent.txt, each with its reason; they are tried as well, and
one that a test kills is an error in that file. Ends with 1 below 85 %, or if that file is wrong.

Why not mutmut or cosmic-ray: the first leaves out what is decorated, tables of a module and SQL,
which is where this ledger keeps its rules, and the second starts the tests anew for every mutant.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutation.campaign import Campaign, Outcome
from tests.mutation.fresh import OPTIONS, ROOT
from tests.mutation.operators import mutants

LEAST = 85.0

GROUPS = {
    "ledger": [
        *("claims", "progress", "choices", "states", "rows", "money", "runs", "journal"),
        *("connection", "reader", "liveness", "witness"),
    ],
    "recovery": [
        *("recovery", "copying", "replay", "merge", "rebuild", "salvage", "spool"),
        *("../engine/recovery", "../engine/doubts", "../engine/writer"),
    ],
    "retry": ["../retry", "../exchange"],
}
TESTS = (
    "tests/unit/store",
    "tests/unit/test_exchange.py",
    "tests/unit/test_exchange_laws.py",
    "tests/unit/test_retry.py",
    "tests/engine",
    "--ignore=tests/unit/store/test_processes.py",  # others are not reached by a change in this one
    "--ignore=tests/unit/store/test_store_commands.py",
    "--deselect=tests/engine/test_recovery.py::test_a_run_of_four_hundred_may_leave_less_than_one_per_cent_in_doubt",
)


def modules(wanted: Sequence[str]) -> dict[str, list[str]]:
    """The files of each group; only those that are wanted, if any are named."""
    found: dict[str, list[str]] = {}
    for group, names in GROUPS.items():
        paths = [(ROOT / f"imagepipe/store/{name}.py").resolve() for name in names]
        kept = [str(p) for p in paths if not wanted or p.relative_to(ROOT).as_posix() in wanted]
        if kept:
            found[group] = kept
    return found


def equivalents() -> dict[str, dict[str, str]]:
    """The mutants of each module that no test can kill, with the reason.

    The file's parts are headed by the module's path; a reason stands before its mutants.
    """
    found: dict[str, dict[str, str]] = {}
    module = reason = ""
    for line in (Path(__file__).parent / "equivalent.txt").read_text("utf-8").splitlines():
        if line.startswith("== "):
            module = line.removeprefix("== ")
        elif line.startswith("# "):
            reason = line.removeprefix("# ")
        elif line:
            found.setdefault(module, {})[line] = reason
    return found


class Kept:
    """Outcomes in a file, so that a campaign can be left and gone on with.

    What was killed is not tried again (tests are added, seldom taken away), what survived is.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        text = path.read_text("utf-8") if path is not None and path.exists() else ""
        told = [line.split("\t", 2) for line in text.splitlines()]
        self.killed = {(module, name) for module, sign, name in told if sign != Outcome.SURVIVED}

    def add(self, module: str, outcome: Outcome, name: str) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{module}\t{outcome}\t{name}\n")


class Score:
    """What became of the mutants of one module."""

    def __init__(self, path: str) -> None:
        self.name = Path(path).relative_to(ROOT).as_posix()
        self.killed: set[str] = set()
        self.survived: set[str] = set()
        self.excused = {*equivalents().get(self.name, {})}

    @property
    def total(self) -> int:
        return len(self.killed) + len(self.survived - self.excused)

    @property
    def wrong(self) -> list[str]:
        return sorted(self.excused - self.survived)

    def __str__(self) -> str:
        excused = len(self.survived & self.excused)
        return told(self.name, len(self.killed), self.total, excused)


def told(name: str, killed: int, total: int, excused: int) -> str:
    share = 100 * killed / max(total, 1)
    return f"{name:32} {killed:5} of {total:5} = {share:5.1f} %   {excused:3} equivalent"


def measure(campaign: Campaign, paths: Sequence[str], kept: Kept) -> list[Score]:
    covering = campaign.covering()
    if covering.failed:
        raise SystemExit(f"these tests fail without any mutant: {covering.failed}")
    scores = []
    for path in paths:
        score = Score(path)
        for mutant in mutants(Path(path).read_text("utf-8"), path):
            if (score.name, mutant.name) in kept.killed:
                score.killed.add(mutant.name)
                continue
            tests = covering.of(path, mutant)
            outcome = campaign.tried(mutant, path, tests)
            if outcome is Outcome.SURVIVED:
                score.survived.add(mutant.name)
            else:
                score.killed.add(mutant.name)
            kept.add(score.name, outcome, mutant.name)
            if outcome is not Outcome.KILLED:
                sign = "equivalent" if mutant.name in score.excused else outcome.upper()
                say(f"{score.name}:{mutant.line}: {sign} ({len(tests)} tests) {mutant.name}")
        for name in score.wrong:
            say(f"{score.name}: NOT EQUIVALENT, or no mutant: {name}")
        say(str(score))
        scores.append(score)
    return scores


def say(text: str) -> None:
    print(text, flush=True)


def summary(scores: dict[str, list[Score]]) -> int:
    every = [score for of_group in scores.values() for score in of_group]
    for name, group in scores.items():
        for score in group:
            say(f"  {score}")
        say(_sum(name, group))
    say(_sum("all", every))
    enough = sum(len(one.killed) for one in every) >= LEAST / 100 * sum(one.total for one in every)
    return 0 if enough and not any(one.wrong for one in every) else 1


def _sum(name: str, group: Sequence[Score]) -> str:
    excused = sum(len(one.survived & one.excused) for one in group)
    return told(
        name, sum(len(one.killed) for one in group), sum(one.total for one in group), excused
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", help="such as imagepipe/store/claims.py")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    parser.add_argument("--keep", type=Path, help="a file of outcomes; what was killed stays so")
    options = parser.parse_args()
    groups = modules(options.modules)
    every = [path for paths in groups.values() for path in paths]
    if options.list:
        for path in every:
            for mutant in mutants(Path(path).read_text("utf-8"), path):
                say(f"{path}:{mutant.line}: {mutant.name}")
        return 0
    scores: list[Score] = []
    start = time.monotonic()

    def then(campaign: Campaign) -> None:
        scores.extend(measure(campaign, every, Kept(options.keep)))

    pytest.main([*TESTS, *OPTIONS], [Campaign(every, then)])
    say(f"{time.monotonic() - start:.0f} s")
    if len(scores) < len(every):
        return 2
    done = iter(scores)
    return summary({name: [next(done) for _ in paths] for name, paths in groups.items()})


if __name__ == "__main__":
    sys.exit(main())
