"""A shop with its vendor and up to three processes at work: how they go on, and what must hold.

Which step is taken when is chosen elsewhere (`test_whole_program`). After each, the ledger is held
against the vendor's books, and at the end everything comes to rest.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import hypothesis.strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
)

from imagepipe.app.planning import make_plan
from imagepipe.model import State
from imagepipe.planner import Verdict
from imagepipe.store import Blobs
from tests.crash import program_shop as shops
from tests.crash.program_inside import Line, Point
from tests.crash.program_process import Clock, Process
from tests.crash.program_shop import CLASSES, IN_FLIGHT, Shop
from tests.crash.program_vendor import Fate, Vendor

MEMORY = Path("/dev/shm")  # noqa: S108 - each shop makes a folder of its own there
"""Only processes are killed here, so that nothing has to reach a disk."""

WORDS = ("red", "blue", "green", "black", "white", "pink", "grey")
SKUS = ("P1", "P2", "P3", "P4")
AT_ONCE = 3
TO_START = 0.05
"""Seconds from one process to the next: no two of them act in one millisecond of the ledger."""
EXPECTED = ("exit", "OverBudget", "StoreBusy", "InputError")
"""How a run may end: with an exit code, or with words for a person."""
_AT_REST = (State.COMMITTED, State.FAILED, State.AMBIGUOUS, State.LOST)

Moment: TypeAlias = "tuple[Point, int]"
Edit: TypeAlias = "tuple[str, str] | None"


@dataclass
class Figures:
    """What a campaign came to. `bound` adds up the intents that stood at a kill."""

    examples: int = 0
    steps: int = 0
    processes: int = 0
    kills: int = 0
    at: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    allowed: int = 0
    duplicates: int = 0
    forgotten: int = 0
    ambiguous: int = 0
    bound: int = 0
    told_nothing: int = 0
    states: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)

    def clear(self) -> None:
        self.__init__()  # type: ignore[misc]  # all anew


FIGURES = Figures()


class Floor(RuleBasedStateMachine):
    """What is there, what the processes do, and the claims; the rules are added to it."""

    @initialize(
        offer=st.sampled_from(sorted(CLASSES)),
        on_ambiguous=st.sampled_from(["hold", "hold", "hold", "resubmit"]),
        unbilled=st.sampled_from([0, 0, 1]),
        budget=st.sampled_from([None, None, Decimal("0.04")]),
        products=st.integers(2, 4),
    )
    def open(
        self, offer: str, on_ambiguous: str, unbilled: int, budget: Decimal | None, products: int
    ) -> None:
        root = MEMORY if MEMORY.is_dir() else None
        self.state_home = os.environ.get("XDG_STATE_HOME", "")
        self.folder = Path(tempfile.mkdtemp(prefix="shop", dir=root))
        words = dict(zip(SKUS, WORDS, strict=False))
        words = {sku: words[sku] for sku in SKUS[:products]}
        self.shop = Shop(self.folder, offer, on_ambiguous, unbilled, budget, words)
        self.vendor, self.clock = Vendor(), Clock()
        self.live: list[Process] = []
        self.by_hand: Counter[str] = Counter()
        self.edited: dict[str, bytes] = {}
        self.asked_again = self.days = False
        self.bound = self.started = 0
        os.environ["XDG_STATE_HOME"] = str(self.folder / "state")
        self.shop.write()
        FIGURES.examples += 1

    # Processes.

    def begin(self, name: str, body: Callable[[Line], str], seed: int = 0) -> Process:
        self.started += 1
        FIGURES.processes += 1
        name = f"{name} {self.started}"
        seed += 10 * self.started
        self.clock.now += TO_START
        process = Process(name, body, self.vendor.answer, self.clock, seed)
        self.live.append(process)
        self.check(process)
        return process

    def check(self, process: Process) -> None:
        """A process that is over says something that a person may read, and has no bug."""
        if process.ended is None:
            return
        self.live = [one for one in self.live if one is not process]
        assert not process.ended.bug, f"{process.name}: {process.ended.bug}"
        FIGURES.ends[process.ended.said.partition(":")[0]] += 1
        if process.name.startswith("run"):
            assert process.ended.said.startswith(EXPECTED), f"{process.name}: {process.ended.said}"

    def advance(self, process: Process, until: Point | None, count: int, most: int = 600) -> bool:
        there = process.go(until, count, most=most)
        self.check(process)
        return there

    def end(self, process: Process) -> None:
        """SIGKILL where it stands."""
        if process.ended is not None:
            return
        FIGURES.kills += 1
        FIGURES.at[str(process.at)] += 1
        process.kill()
        self.live = [one for one in self.live if one is not process]
        intents = self.intents_of(process.pid)
        assert intents <= IN_FLIGHT, f"{intents} submits were in flight at the kill"
        self.bound += intents

    def intents_of(self, pid: int) -> int:
        reader = self.shop.reader()
        if reader is None:
            return 0
        with reader:
            mine = {run.id for run in reader.runs() if run.process.pid == pid and not run.ended}
            return sum(record.claim in mine for record in reader.by_state([State.INTENT]))

    def kill_at(self, process: Process, at: Moment) -> None:
        """Let it go on to a point and kill it there, unless it is over before."""
        if self.advance(process, *at):
            self.end(process)

    def one_of(self, number: int) -> Process:
        return self.live[number % len(self.live)]

    def edit_manifest(self, edit: Edit) -> None:
        if edit is not None:
            sku, word = edit
            self.shop.words[sku] = word
            self.shop.write()

    def some_live(self) -> bool:
        return bool(getattr(self, "live", []))

    def room(self) -> bool:
        return hasattr(self, "live") and len(self.live) < AT_ONCE

    def finish_slow_jobs(self) -> None:
        for job in self.vendor.jobs:
            job.fate = Fate.MADE if job.fate is Fate.SLOW else job.fate

    def some_output(self, number: int) -> list[Path]:
        found = sorted((self.folder / "images").glob("*.png"))
        return [found[number % len(found)]] if found else []

    # What holds after every rule.

    def standings(self) -> list[shops.Standing]:
        reader = self.shop.reader()
        if reader is None:
            return []
        with reader:
            return [*shops.standings(self.shop, reader)]

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "shop"):
            return
        FIGURES.steps += 1
        project = self.shop.project
        reader = self.shop.reader()
        if reader is None:
            assert not self.vendor.jobs, f"accepted without a ledger: {self.vendor.jobs}"
            return
        with reader:
            found, money = [*shops.standings(self.shop, reader)], reader.money()
            doubts = sum(note.kind == "evidence" for note in reader.notes())
            purses = {run.purse: reader.money(run.purse) for run in reader.runs()}
        for one in found:
            shops.claim_paid_once(one, self.shop, self.vendor)
            shops.claim_nothing_forgotten(one, self.vendor)
            shops.claim_evidence(one, self.vendor, Blobs(project.layout.blobs))
            assert one.by_hand <= self.by_hand[one.prompt]
            if self.shop.on_ambiguous == "hold" and not self.asked_again:
                assert one.repeats == one.by_hand, f"{one.prompt} was repeated by itself"
        known = {one.prompt for one in found}
        assert {job.prompt for job in self.vendor.jobs} <= known, "forgotten"
        shops.claim_money(money, found, self.vendor)
        if self.shop.budget is not None:
            assert all(purse.at_risk <= self.shop.budget for purse in purses.values()), purses
        assert doubts <= self.bound + self.vendor.told_nothing, f"{doubts} doubts of {self.bound}"
        if not self.live:
            shops.claim_sound(project)

    # The end.

    def comes_to_rest(self) -> None:
        """The vendor is well again, everybody ends, and runs are started until nothing is to do."""
        self.vendor.turns, self.vendor.fate, self.shop.budget = [], Fate.MADE, None
        self.finish_slow_jobs()
        self.shop.write()
        for _ in range(40):
            for process in [*self.live]:
                self.advance(process, None, 1, most=200)
        assert not self.live, f"{[one.name for one in self.live]} wait for ever"
        for _ in range(6):  # the first also writes down what dead runs left
            self.advance(self.begin("run", shops.run(self.shop, None)), None, 1, most=20_000)
            if not self.has_work():
                break
        assert not self.has_work(), f"there is always work: {self.verdicts()}"
        self.is_at_rest()

    def verdicts(self) -> Counter[Verdict]:
        with make_plan(self.shop.project) as planned:
            return Counter(step.verdict for step in planned.plan.steps())

    def has_work(self) -> bool:
        return any(verdict.works for verdict in self.verdicts())

    def is_at_rest(self) -> None:
        before, asked = self.shop.tree(), self.vendor.requests.copy()
        process = self.begin("run", shops.run(self.shop, None))
        self.advance(process, None, 1)
        assert self.vendor.requests == asked, "a rerun asked the vendor"
        assert self.shop.tree() == before, "a rerun wrote"
        found = {one.prompt: one.now for one in self.standings()}
        for sku, word in self.shop.words.items():
            record = found[f"a {word} mug"]
            assert record.state in _AT_REST, f"{sku} is {record.state}"
            path = self.folder / "images" / f"{sku}.png"
            if sku in self.edited:
                assert path.read_bytes() == self.edited[sku], f"the edited {sku} is gone"
            elif record.state is State.COMMITTED:
                assert record.blob is not None
                blobs = Blobs(self.shop.project.layout.blobs)
                assert path.read_bytes() == blobs.path(record.blob).read_bytes()
        settles = {"lookup": True, "idempotency": not self.days}.get(self.shop.offer, False)
        if settles:
            words = {f"a {word} mug" for word in self.shop.words.values()}
            doubtful = [p for p in words if found[p].state is State.AMBIGUOUS]
            assert not doubtful, f"{doubtful} could have been settled"

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        try:
            if sys.exc_info()[0] is None:
                self.comes_to_rest()
                self.the_books_agree()
                self.count()
        finally:
            for process in self.live:
                process.kill()
            os.environ["XDG_STATE_HOME"] = self.state_home
            shops.remove(self.folder)

    def count(self) -> None:
        found = self.standings()
        FIGURES.accepted += len(self.vendor.jobs)
        FIGURES.bound += self.bound
        FIGURES.told_nothing += self.vendor.told_nothing
        FIGURES.allowed += sum(one.repeats for one in found)
        for one in found:
            made = len(self.vendor.accepted(one.prompt))
            refunded = sum(j.fate is Fate.REFUNDED for j in self.vendor.accepted(one.prompt))
            FIGURES.duplicates += max(0, made - 1 - one.repeats - refunded)
            FIGURES.forgotten += max(0, made - len(one.held))
            FIGURES.states[str(one.now.state)] += 1
            FIGURES.ambiguous += sum(a.state is State.AMBIGUOUS for a in one.attempts)
