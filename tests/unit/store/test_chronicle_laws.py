"""Whatever happens to a ledger, its second copy says the same; what is rebuilt from it is the
ledger again, and what is rebuilt from a part of it pays for nothing twice.

The steps are those of the ledger's own model: claims, replies, kills, restarts, choices.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from hypothesis import settings

from imagepipe.model import Record, State
from imagepipe.store import chronicle
from imagepipe.store.compare import differences
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.liveness import Life, this_process
from imagepipe.store.merge import FREE
from imagepipe.store.money import Money
from imagepipe.store.reader import Note, Reader
from imagepipe.store.rebuild import Rebuilt, Suspect, rebuild
from imagepipe.store.replay import seals
from imagepipe.store.runs import Run
from imagepipe.store.witness import Witness, write_witness
from tests.property.test_store_machine import NAMES, Store
from tests.unit.store.makers import CENT, LATER, job


class Copied(Store):
    """The model's machine, with its chronicle looked at in the end."""

    def teardown(self) -> None:
        try:
            if hasattr(self, "ledger"):
                self.look_at_the_copy()
        finally:
            super().teardown()

    def look_at_the_copy(self) -> None:
        found = seals(self.layout.chronicle)
        assert found.is_whole
        assert [*found.wrong_steps()] == []
        assert [*differences(self.ledger.database, found)] == []
        before = told(self.ledger)
        rebuilt = self.from_the_copy_alone()
        assert rebuilt == before
        self.nothing_becomes_payable(random.Random(self.ledger.change))

    def from_the_copy_alone(self) -> tuple[list[Record], list[Note], Money]:
        layout = self.elsewhere("again")
        done = again(layout)
        assert done.whole
        assert done.doubted == ()
        with Reader.open(layout, Stamp.LIVE) as reader:
            return told(reader)

    def nothing_becomes_payable(self, rng: random.Random) -> None:
        """Without some of its lines: what was sent is never free, and never forgotten."""
        layout = self.elsewhere("holed")
        for path in chronicle.files(layout.chronicle):
            whole = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(line for line in whole if rng.random() > 0.15))
        wanted = [job(name) for name in NAMES]
        write_witness(layout.witness, self.witness())
        again(layout, [Suspect(one.key, "p", one.spot, one.path, CENT) for one in wanted])
        with Reader.open(layout, Stamp.LIVE) as reader:
            for one in wanted:
                was, now = self.ledger.record(one.key), reader.record(one.key)
                if was is not None and was.state not in FREE:
                    assert now is not None
                    assert now.state not in FREE

    def elsewhere(self, name: str) -> Layout:
        """A store with nothing but a copy of the chronicle."""
        layout = Layout(Path(self.folder.name) / name)
        shutil.copytree(self.layout.chronicle, layout.chronicle)
        return layout

    def witness(self) -> Witness:
        store, _, _, change = self.ledger.fetch("SELECT * FROM store")[0]
        return Witness(store, change)


def again(layout: Layout, suspects: Sequence[Suspect] = ()) -> Rebuilt:
    me = Run("care", this_process(), LATER, role="maintenance")
    aside = layout.aside / "x"
    return rebuild(
        layout,
        Stamp.LIVE,
        me,
        lambda _: Life.DEAD,
        aside,
        vouched=(),
        suspects=lambda: suspects,
    )


def told(reader: Reader) -> tuple[list[Record], list[Note], Money]:
    records = sorted(reader.by_state(State), key=lambda record: record.key)
    return records, reader.notes(), reader.money()


TestCopied = Copied.TestCase
TestCopied.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
