"""The whole program in any order of steps: runs, kills, second runs, a moody vendor, and people.

Every command is a process of its own that stops before each step it takes: it is left there while
another goes on, or killed. After each rule the ledger is held against the vendor's books. Time is
virtual; the kills, the ledger, the store and the tree are real.
"""

from __future__ import annotations

import os

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    get_state_machine_test,
    precondition,
    rule,
    run_state_machine_as_test,
)

from imagepipe.model import State
from tests.crash import program_shop as shops
from tests.crash.program_floor import AT_ONCE, FIGURES, SKUS, WORDS, Edit, Floor, Moment
from tests.crash.program_inside import RESTING, Point
from tests.crash.program_vendor import Fate, Turn

DAY = 25 * 3600.0
MOMENTS = (
    *((point, count) for point in (Point.REPLY, Point.SUBMIT) for count in (1, 2, 1, 2, 3)),
    *((point, count) for point in (Point.POLL, Point.DOWNLOAD, Point.REMOVE) for count in (1, 3)),
    *((point, count) for point in (Point.RENAME, Point.SYNC) for count in (1, 4)),
    *((point, count) for point in (Point.COMMIT, Point.COPY) for count in (1, 2, 3, 5, 8)),
    *((point, count) for point in (Point.BEGIN, Point.HALF) for count in (2, 6)),
)
RESTS = tuple((point, count) for point, count in MOMENTS if point in RESTING)

moments = st.sampled_from(MOMENTS)
whose = st.integers(0, AT_ONCE - 1)
seeds = st.integers(0, 3)
edits = st.none() | st.tuples(st.sampled_from(SKUS), st.sampled_from(WORDS))
"""Another prompt for a product, or one more product."""
_IN_A_DECISION = (Point.BEGIN, Point.COMMIT, Point.COPY, Point.HALF)

_OPEN = (State.AMBIGUOUS, State.LOST)


class WholeProgram(Floor):
    """What may happen next."""

    @precondition(Floor.room)
    @rule(edit=edits, seed=seeds, failed=st.sampled_from([False, False, False, True]))
    def starts_a_run(self, edit: Edit, seed: int, *, failed: bool) -> None:
        self.asked_again |= failed
        self.edit_manifest(edit)
        self.begin("run", shops.run(self.shop, "status:failed" if failed else None), seed)

    @precondition(Floor.room)
    @rule(edit=edits, at=moments, seed=seeds)
    def is_killed_in_a_run(self, edit: Edit, at: Moment, seed: int) -> None:
        self.edit_manifest(edit)
        process = self.begin("run", shops.run(self.shop, None), seed)
        self.kill_at(process, at)

    @precondition(Floor.some_live)
    @rule(who=whose, at=st.sampled_from(RESTS))
    def goes_on(self, who: int, at: Moment) -> None:
        process = self.one_of(who)
        process.step()
        self.check(process)
        self.advance(process, *at)

    @precondition(Floor.some_live)
    @rule(who=whose, at=moments)
    def is_killed(self, who: int, at: Moment) -> None:
        self.kill_at(self.one_of(who), at)

    @precondition(Floor.some_live)
    @rule(who=whose)
    def is_killed_where_it_stands(self, who: int) -> None:
        self.end(self.one_of(who))

    @precondition(Floor.some_live)
    @rule(who=whose)
    def goes_to_its_end(self, who: int) -> None:
        self.advance(self.one_of(who), None, 1)

    @precondition(Floor.room)
    @rule(at=st.none() | moments)
    def is_planned_or_tidied(self, at: Moment | None) -> None:
        """`plan`, which writes nothing; or `store gc`, to its end or killed."""
        if at is None:
            before = self.shop.tree()
            self.verdicts()
            assert self.shop.tree() == before
        else:
            self.kill_at(self.begin("gc", shops.tidy(self.shop)), at)

    @precondition(Floor.room)
    @rule(
        choice=st.sampled_from(["attach", "resubmit", "drop"]),
        which=st.integers(0, 3),
        at=st.sampled_from([None, None, *((p, 1) for p in _IN_A_DECISION)]),
    )
    def is_decided_by_a_person(self, choice: str, which: int, at: Moment | None) -> None:
        """What a person may do about a doubt; the ticket is one that the dashboard shows."""
        open_ones = [one for one in self.standings() if one.now.state in _OPEN]
        if not open_ones:
            return
        one = open_ones[which % len(open_ones)]
        known = {attempt.ticket.id for attempt in one.attempts if attempt.ticket}
        tickets = [job.id for job in self.vendor.accepted(one.prompt) if job.id not in known]
        if choice == "attach" and (not tickets or self.shop.offer == "synchronous"):
            return
        self.by_hand[one.prompt] += choice == "resubmit"
        body = shops.decide(self.shop, choice, one.now.key, tickets[0] if tickets else "")
        process = self.begin("pending", body)
        if at is None:
            self.advance(process, None, 1)
        else:
            self.kill_at(process, at)

    # The vendor, and time.

    @rule(turns=st.lists(st.sampled_from(list(Turn)), min_size=1, max_size=3))
    def vendor_will(self, turns: list[Turn]) -> None:
        self.vendor.turns = turns

    @rule(fate=st.sampled_from(list(Fate)))
    def next_jobs_will_be(self, fate: Fate) -> None:
        self.vendor.fate = fate

    @rule(what=st.sampled_from(["slow jobs", "addresses", "tickets", "a day"]))
    def time_takes(self, what: str) -> None:
        """Slow jobs are done, addresses expire, tickets are forgotten, or a day goes by."""
        match what:
            case "slow jobs":
                self.finish_slow_jobs()
            case "addresses":
                self.vendor.address += 1
            case "tickets":
                for job in self.vendor.jobs:
                    job.gone = True
            case _:
                self.clock.now += DAY
                self.days = True

    @rule(number=st.integers(0, 3), deleted=st.booleans())
    def output_is_touched(self, number: int, *, deleted: bool) -> None:
        """A person deletes a picture, or draws over it."""
        for path in self.some_output(number):
            if deleted:
                path.unlink()
                self.edited.pop(path.stem, None)
            else:
                self.edited[path.stem] = b"drawn by hand %d" % number
                path.write_bytes(self.edited[path.stem])


pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def some(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )


def test_any_order_of_steps_pays_once_and_forgets_nothing() -> None:
    """Kills, second runs, a moody vendor and people: the ledger agrees with the vendor's books."""
    FIGURES.clear()
    run_state_machine_as_test(WholeProgram, settings=some(8, 20))
    assert FIGURES.kills > 0


@pytest.mark.deep
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("lot", range(4))
def test_a_thousand_orders_of_steps(lot: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A quarter of them in each lot, so that they can be shared out."""
    FIGURES.clear()
    fixed = settings(some(250, 30), derandomize=False)
    seed(lot)(get_state_machine_test(WholeProgram, settings=fixed))()
    with capsys.disabled():
        print(f"\nlot {lot}: {FIGURES}")
    assert FIGURES.examples >= 250
    assert (FIGURES.duplicates, FIGURES.forgotten) == (0, 0)
    assert FIGURES.ambiguous <= FIGURES.bound + FIGURES.told_nothing
