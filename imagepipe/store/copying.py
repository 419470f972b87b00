"""Keeps the chronicle complete: what a killed process or a power cut left out is copied again.

It also writes the chronicle anew from the ledger, for a ledger that is known to be right.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from imagepipe.errors import StoreError
from imagepipe.store import chronicle
from imagepipe.store.chronicle import COPIED, SNAPSHOT
from imagepipe.store.compare import TABLES, all_rows, differences
from imagepipe.store.durable import sync_folder, temporary_name, write_new
from imagepipe.store.journal import DROPPED_OUTPUT, Journal
from imagepipe.store.replay import Damage, seals
from imagepipe.store.rows import DAMAGED, Row, opened, text_of


class Copying(Journal):
    """The ledger as the source of its own second copy."""

    def lags(self) -> bool:
        """Whether the last changes are surely not in the chronicle."""
        return chronicle.newest(self._layout.chronicle) < self.change

    def is_copied(self) -> bool:
        """Whether every change seems to be in the chronicle: a look at numbers alone."""
        return chronicle.is_complete(self._layout.chronicle, self.change)

    def copy_missing(self, is_over: Callable[[str], bool]) -> int:
        """Copy every row of which the chronicle has another version, or none; says how many.

        Args:
            is_over: Whether the run of this name writes no more, so that a torn end of its file
                may be cut off.

        Raises:
            StoreError: It is the ledger that is damaged.
        """
        with self.writing():
            found = seals(self._layout.chronicle)
            gaps = [*found.missing]
            if found.top < self.change:
                gaps.append((found.top + 1, self.change))
            different = [*differences(self._db, found)]
            for one in different:
                if one.row is not None:
                    self._refuse_stale(one.table, one.row, found.past)
                    self._chronicle.add(text_of(one.table, opened(one.table, one.row)))
                elif one.table == "outputs":
                    self._chronicle.add(text_of(DROPPED_OUTPUT, one.name))
            for first, last in gaps:
                self._chronicle.add(text_of(COPIED, (first, last)))
            _cut_torn(found.damages, is_over)
            return len(different)

    def rewrite_chronicle(self) -> list[Path]:
        """Write all rows to one new file; returns the older files, which may now go.

        To be called only while nobody else uses the store. The file gets its name when its change
        is in the ledger: one that a kill left ahead of it would make it look like an older copy.

        Raises:
            OSError: It could not be written; the chronicle is as it was.
        """
        folder = self._layout.chronicle
        temporary = folder / temporary_name("all")
        try:
            with self.writing():
                old = chronicle.files(folder)
                change = self._count()
                folder.mkdir(mode=0o700, exist_ok=True)
                write_new(temporary, chronicle.block(change, self._texts()), mode=0o600)
            temporary.replace(folder / f"all.{uuid4().hex[:8]}{chronicle.SUFFIX}")
            sync_folder(folder)
        finally:
            temporary.unlink(missing_ok=True)
        self._chronicle.restart()
        return old

    def _refuse_stale(self, table: str, row: Row, past: Container[bytes]) -> None:
        if table == "jobs" and row[-1] in past:
            raise StoreError(f"the ledger has an old version of job {row[0][:12]}", hint=DAMAGED)

    def _texts(self) -> list[str]:
        store = self._db.execute("SELECT * FROM store").fetchone()
        texts = [text_of(SNAPSHOT, ()), text_of("store", store[:-1])]
        for table in TABLES:
            texts += [text_of(table, row[:-1]) for row in all_rows(self._db, table)]
        return texts


def _cut_torn(damages: Sequence[Damage], is_over: Callable[[str], bool]) -> None:
    """Cut off what a power cut left of lines that were never whole."""
    first: dict[Path, int] = {}
    for damage in damages:
        if damage.tail and is_over(chronicle.owner(damage.file)):
            first[damage.file] = min(first.get(damage.file, damage.at), damage.at)
    for path, at in first.items():
        with suppress(OSError):
            os.truncate(path, at)
