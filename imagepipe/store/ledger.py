"""The ledger of jobs: intents, tickets and receipts, each change a compare-and-set in SQLite.

Its chapters are files of their own: `reader` (what it says), `claims` (who may submit), `progress`
(a job's steps), `choices` (what a person decides), `recovery` (runs that come and go). It decides
nothing about providers or plans: it refuses what the state graph, another run's claim or a budget
forbids, and says who was first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from imagepipe.store.choices import Choices
from imagepipe.store.claims import Claims
from imagepipe.store.connection import open_or_create
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.progress import Progress
from imagepipe.store.recovery import Recovery
from imagepipe.store.soundness import ledger_problems


class Ledger(Claims, Progress, Choices, Recovery):
    """A store's ledger, to be used from one writer thread."""

    @classmethod
    def open_or_create(cls, layout: Layout, stamp: Stamp, now: str) -> Self:
        """Open the store's ledger, or start a new store.

        Raises:
            StoreError: A ledger is there but cannot be used as it is, or is missing where one
                belongs. It is never replaced.
        """
        return cls(open_or_create(layout, stamp, now), layout)

    def verify(self) -> Iterator[str]:
        """Everything that is wrong with the ledger, one sentence each; nothing is changed."""
        return ledger_problems(self)
