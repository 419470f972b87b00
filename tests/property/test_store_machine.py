"""The ledger against a model of a few lines: any order of steps, kills and second runs.

The model knows the promise, not the code: how often each key may have been submitted, what money is
in which pot, and which steps must be refused.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from imagepipe.model import Fault, FaultKind, State, Ticket
from imagepipe.store.claims import Claimed, Held, OverLimit
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.liveness import Life
from imagepipe.store.money import Limit
from imagepipe.store.runs import Run
from imagepipe.store.states import Conflict
from tests.unit.store.makers import CENT, NOW, UNCERTAIN, job, key, receipt, run

NAMES = ("a", "b", "c")
names = st.sampled_from(NAMES)
LIMIT = Limit(CENT * 5)
FLYING = (State.SUBMITTED, State.REMOTE_DONE, State.FETCHED)


@dataclass
class Model:
    """One key: its state, who claimed it, what may be repeated, and what it has cost so far."""

    state: State | None = None
    owner: str | None = None
    free_again: bool = False
    sent: int = 0
    allowed: int = 1
    billed: bool | None = None
    ticket: str | None = None
    before: Decimal = Decimal(0)

    @property
    def now(self) -> Decimal:
        """What the current attempt holds in any pot."""
        if self.state in (None, State.PLANNED, State.BLOCKED):
            return Decimal(0)
        return Decimal(0) if self.state is State.FAILED and self.billed is False else CENT


class Store(RuleBasedStateMachine):
    """Two runs at a time on one ledger; a killed one is followed by another."""

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.layout = Layout(Path(self.folder.name) / "s")
        self.model = {name: Model() for name in NAMES}
        self.dead: set[str] = set()
        self.count = 0
        self.ledger = Ledger.open_or_create(self.layout, Stamp.LIVE, NOW)
        self.runs = [self.new_run(), self.new_run()]

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            assert [*self.ledger.verify()] == []
            self.ledger.close()
            self.folder.cleanup()

    def new_run(self) -> str:
        self.count += 1
        name = f"r{self.count}"
        self.ledger.start_run(run(name), self.look)
        return name

    def look(self, other: Run) -> Life:
        return Life.DEAD if other.id in self.dead else Life.ALIVE

    def step(self, name: str, allowed: tuple[State, ...], action: Callable[[], object]) -> bool:
        """Take a step; it must be refused exactly where the model says so."""
        may = self.model[name].state in allowed
        try:
            action()
        except Conflict:
            assert not may
            return False
        assert may
        return True

    @rule(name=names, who=st.integers(0, 1))
    def claim(self, name: str, who: int) -> None:
        model, wanted, owner = self.model[name], job(name), self.runs[who]
        free = model.state in (None, State.PLANNED, State.BLOCKED) or model.free_again
        at_risk = self.ledger.money("").at_risk
        found = self.ledger.claim(wanted.candidates[0], wanted, owner, NOW, limit=LIMIT)
        match found:
            case Claimed():
                assert free
                assert at_risk + CENT <= LIMIT.max_cost
                model.sent += 1
                model.state, model.owner, model.free_again = State.INTENT, owner, False
                model.ticket = None
            case Held(record):
                assert not free
                assert record.state is model.state
            case OverLimit():
                assert at_risk + CENT > LIMIT.max_cost

    @rule(name=names, who=st.integers(0, 1), blocked=st.booleans())
    def not_sent(self, name: str, who: int, *, blocked: bool) -> None:
        model, owner = self.model[name], self.runs[who]
        mine = (State.INTENT,) if model.owner == owner else ()
        denied = Fault(FaultKind.DENIED, "no credits")

        def give_back() -> None:
            if blocked:
                self.ledger.block(key(name), owner, denied, NOW)
            else:
                self.ledger.release(key(name), owner, NOW)

        if self.step(name, mine, give_back):
            model.sent -= 1
            model.state = State.BLOCKED if blocked else State.PLANNED

    @rule(name=names)
    def accepted(self, name: str) -> None:
        ticket = Ticket("given")
        repeated = self.model[name].ticket == ticket.id
        may = (State.INTENT, State.SUBMITTED) if repeated else (State.INTENT,)
        if self.step(name, may, lambda: self.ledger.ticketed(key(name), ticket, NOW)):
            self.model[name].state, self.model[name].ticket = State.SUBMITTED, ticket.id

    @rule(name=names)
    def done(self, name: str) -> None:
        may = (State.INTENT, *FLYING)
        if self.step(name, may, lambda: self.ledger.remote_done(key(name), None, 1, NOW)):
            model = self.model[name]
            if model.state is not State.FETCHED:
                model.state = State.REMOTE_DONE

    @rule(name=names)
    def committed(self, name: str) -> None:
        may = (State.INTENT, *FLYING, State.COMMITTED)
        if self.step(name, may, lambda: self.ledger.commit(receipt(name), NOW)):
            self.model[name].state = State.COMMITTED

    @rule(name=names, accepted=st.sampled_from([True, False, None]), billed=st.booleans())
    def failed(self, name: str, *, accepted: bool | None, billed: bool) -> None:
        fault = Fault(FaultKind.FAILED, "x", accepted=accepted, billed=billed)
        may = (State.INTENT, *FLYING)
        if self.step(name, may, lambda: self.ledger.fail(key(name), fault, NOW)):
            model = self.model[name]
            model.state, model.free_again = State.FAILED, accepted is False
            model.billed = billed and accepted is not False
            model.sent -= accepted is False

    @rule(name=names)
    def unanswered(self, name: str) -> None:
        may = (State.INTENT,)
        if self.step(name, may, lambda: self.ledger.ambiguous(key(name), UNCERTAIN, NOW)):
            self.model[name].state = State.AMBIGUOUS

    @rule(name=names)
    def lost(self, name: str) -> None:
        may = (*FLYING, State.COMMITTED)
        fault = Fault(FaultKind.MISSING, "gone")
        if self.step(name, may, lambda: self.ledger.lose(key(name), fault, NOW)):
            self.model[name].state = State.LOST

    @rule(name=names, forced=st.booleans())
    def asked_for_again(self, name: str, *, forced: bool) -> None:
        may = [State.AMBIGUOUS, State.FAILED, State.LOST, State.BLOCKED, State.PLANNED]
        may += [State.COMMITTED] if forced else []

        def again() -> None:
            self.ledger.resubmit(key(name), NOW, why="asked", forced=forced)

        if self.step(name, tuple(may), again):
            model = self.model[name]
            model.allowed += model.state not in (State.PLANNED, State.BLOCKED)
            model.before += model.now
            model.state, model.free_again, model.billed = State.PLANNED, False, None

    @rule(name=names)
    def attached(self, name: str) -> None:
        may = (State.AMBIGUOUS, State.FAILED, State.LOST, State.PLANNED)
        if self.step(name, may, lambda: self.ledger.attach(key(name), Ticket("found"), NOW)):
            model = self.model[name]
            model.state, model.owner, model.free_again = State.SUBMITTED, None, False
            model.ticket = "found"

    @rule(name=names)
    def dropped(self, name: str) -> None:
        may = (State.AMBIGUOUS, State.LOST)
        if self.step(name, may, lambda: self.ledger.drop(key(name), NOW)):
            self.model[name].state = State.FAILED
            self.model[name].billed = None

    @rule(who=st.integers(0, 1))
    def killed(self, who: int) -> None:
        """A run dies, the ledger is opened anew, and the next run settles what was left."""
        gone = self.runs[who]
        self.dead.add(gone)
        self.ledger.close()
        self.ledger = Ledger.open_or_create(self.layout, Stamp.LIVE, NOW)
        self.runs[who] = self.new_run()
        found = self.ledger.recover(NOW, self.look)
        held = {n: m for n, m in self.model.items() if m.owner == gone}
        intents = [n for n, m in held.items() if m.state is State.INTENT]
        assert set(found.ambiguous) == {key(name) for name in intents}
        flying = {key(name) for name, model in held.items() if model.state in FLYING}
        assert set(found.free) == flying
        for name in intents:
            self.model[name].state = State.AMBIGUOUS
        for model in held.values():
            model.owner = None

    @invariant()
    def agrees_with_the_model(self) -> None:
        """States, submits and money, after every step."""
        if not hasattr(self, "ledger"):
            return
        records = self.ledger.records([key(name) for name in NAMES])
        for name, model in self.model.items():
            record = records.get(key(name))
            assert (record.state if record else None) == model.state
            assert model.sent <= model.allowed
        money = self.ledger.money()
        assert money.at_risk == sum(model.before + model.now for model in self.model.values())
        assert money.reserved.unknown == money.spent.unknown == money.in_doubt.unknown == 0


Store.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestStore = Store.TestCase
