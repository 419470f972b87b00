"""Runs the tests against mutants: everything is imported once, then each mutant is a forked child.

A mutant inside a function takes the place of that function's code; one of a module's own statements
has the program imported anew. Either is tried by the tests that reach its line, the fastest first,
until one fails.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from tests.mutation.forks import Beat, Forks
from tests.mutation.fresh import run_anew
from tests.mutation.operators import Mutant

CPU_SECONDS = 60
SILENT_SECONDS = 20.0
"""How long a mutant's tests may compute, and one of them may take; then it counts as killed."""

QUICK_SECONDS = 0.5
"""Tests that compute for longer, with every line looked at, try no mutant: the score is a lower
bound."""


class Outcome(StrEnum):
    """Killed by a test that failed, or by a process that ended or hung; or not killed."""

    KILLED = "killed"
    BROKEN = "broken"
    SURVIVED = "survived"


@dataclass(slots=True)
class Covering:
    """Which tests reach which line of which file, how long each takes, and which fail as it is."""

    tests: dict[tuple[str, int], set[int]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def of(self, path: str, mutant: Mutant) -> list[int]:
        """The tests that reach a mutant, the fastest first; of a module's own code, all of it."""
        found: set[int] = set()
        for (file, line), tests in self.tests.items():
            if file == path and (mutant.function is None or line in mutant.lines):
                found |= tests
        quick = [test for test in found if self.seconds[test] <= QUICK_SECONDS]
        return sorted(quick, key=lambda test: self.seconds[test])


class Campaign:
    """A pytest plugin that holds the collected tests, and runs some of them where it is told."""

    def __init__(self, paths: Sequence[str], then: Callable[[Campaign], None]) -> None:
        self._paths = {*paths}
        self._then = then
        self._items: list[pytest.Item] = []
        self._live: dict[tuple[str, str, int], list[FunctionType]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = [item for item in session.items if not item.get_closest_marker("skip")]
        for found in gc.get_objects():
            if isinstance(found, FunctionType) and found.__code__.co_filename in self._paths:
                code = found.__code__
                place = (code.co_filename, code.co_qualname, code.co_firstlineno)
                self._live.setdefault(place, []).append(found)
        with Forks() as self._forks:
            self._then(self)
        return True

    def covering(self) -> Covering:
        """Run every test once, unchanged, looking at the lines it reaches."""
        found = self._forks.fork(self._trace, 1200, 600.0)
        if not isinstance(found, Covering):
            raise TypeError("the tests could not be run")
        return found

    def tried(self, mutant: Mutant, path: str, tests: Sequence[int]) -> Outcome:
        if not tests:
            return Outcome.SURVIVED
        if mutant.function is None:
            files = {self._items[test].nodeid.partition("::")[0] for test in tests}
            names = [item.nodeid for item in self._items if item.nodeid.partition("::")[0] in files]
            return self._outcome(lambda beat: run_anew(mutant.code, path, names, beat), 3.0)
        codes = {(one.co_qualname, one.co_firstlineno): one for one in _codes(mutant.code)}
        live, code = self._live[path, *mutant.function], codes[mutant.function]

        def work(beat: Beat) -> bool:
            for function in live:
                function.__code__ = code
            return all(self._passes(test, beat) for test in tests)

        return self._outcome(work)

    def _outcome(self, work: Callable[[Beat], bool], patience: float = 1.0) -> Outcome:
        match self._forks.fork(work, CPU_SECONDS, SILENT_SECONDS * patience):
            case None:
                return Outcome.BROKEN
            case passed:
                return Outcome.SURVIVED if passed else Outcome.KILLED

    def _passes(self, test: int, beat: Beat) -> bool:
        item = self._items[test]
        failed = item.session.testsfailed
        folders: Any = item.config._tmp_path_factory  # type: ignore[attr-defined]  # no public way
        folders._basetemp = Path(tempfile.gettempdir())
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        beat()
        return item.session.testsfailed == failed

    def _trace(self, beat: Beat) -> Covering:
        found = Covering()
        for test, item in enumerate(self._items):
            seen: set[tuple[str, int]] = set()
            start = time.process_time()  # of this process: others may be at work
            with _traced(self._paths, seen):
                passed = self._passes(test, beat)
            found.seconds.append(time.process_time() - start)
            found.failed += [] if passed else [item.nodeid]
            for place in seen:
                found.tests.setdefault(place, set()).add(test)
        return found


@contextmanager
def _traced(paths: set[str], seen: set[tuple[str, int]]) -> Iterator[None]:
    def local(frame: FrameType, _event: str, _arg: object) -> Any:
        seen.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        return local(frame, event, arg) if frame.f_code.co_filename in paths else None

    threading.settrace(trace)
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)
        threading.settrace(None)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)
