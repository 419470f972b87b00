"""Which version of every row counts, when a ledger is made again from two damaged halves.

The rule: what may have been submitted is never free to be submitted. A key whose last word cannot
be proven to be the last becomes ambiguous. Pure: reads no file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from imagepipe.model import Fault, FaultKind, State
from imagepipe.store.replay import Name, Place, Replay
from imagepipe.store.rows import Cell, JobRow, fault_text, seal_of
from imagepipe.store.salvage import Salvage

FREE = frozenset({State.PLANNED, State.BLOCKED, State.FAILED})
"""States from which a run, or a person's selection, may submit."""

_WHY = "the ledger was rebuilt, and changes are missing: it may have been submitted since"
_ENDED = 8


@dataclass(slots=True)
class Merged:
    """The rows of a new ledger, unsealed. `whole`: no change is missing."""

    whole: bool
    jobs: dict[str, JobRow] = field(default_factory=dict)
    doubted: list[str] = field(default_factory=list)
    others: dict[str, list[tuple[Cell, ...]]] = field(default_factory=dict)


def merge(copied: Replay[bytes], old: Salvage, known: int) -> Merged:
    """Chronicle and ledger as one.

    Args:
        copied: The chronicle, with texts.
        old: What was left of the ledger; empty if it is another store's.
        known: The highest change that anybody saw.
    """
    whole = copied.is_whole and copied.top >= known
    merged = Merged(whole)
    lacking = copied.top < known
    current = old.generation >= max(known, copied.top, 1)
    chronicled, kept = copied.table("jobs"), old.rows["jobs"]
    for name in sorted({*chronicled, *kept}):
        row, certain = _job(chronicled.get(name), kept.get(name), copied, lacking, current=current)
        if not certain and State(row.state) in FREE:
            merged.doubted.append(row.key)
            row = doubted(row)
        merged.jobs[row.key] = row
    for table in ("requests", "attempts", "outputs", "runs"):
        merged.others[table] = _plain(table, copied, old)
    merged.others["notes"] = _notes(copied, old)
    return merged


def doubted(row: JobRow) -> JobRow:
    fault = Fault(FaultKind.UNCERTAIN, _WHY)
    return row._replace(state=State.AMBIGUOUS.value, fault=fault_text(fault))


def _job(
    copy: tuple[Place, bytes] | None,
    kept: tuple[object, ...] | None,
    copied: Replay[bytes],
    lacking: bool,  # noqa: FBT001 - named by its only caller
    *,
    current: bool,
) -> tuple[JobRow, bool]:
    """The version that counts, and whether it is surely the last."""
    mine = JobRow(*kept[:-1]) if kept else None  # type: ignore[arg-type]  # its seal was checked
    if copy is None:
        if mine is None:
            raise AssertionError("a name comes from one of the two")
        return mine, current
    place, text = copy
    last = not lacking and not copied.lacks_after(place)
    theirs = JobRow(*json.loads(text)[1:])
    if mine is None or kept is None:
        return theirs, last
    if kept[-1] == seal_of(text):
        return theirs, last or current
    if kept[-1] in copied.past:
        return theirs, last
    newer = max(mine, theirs, key=lambda row: (row.attempt, row.updated_at))
    return newer, current and newer is mine


def _plain(table: str, copied: Replay[bytes], old: Salvage) -> list[tuple[Cell, ...]]:
    found: dict[Name, tuple[Cell, ...]] = {}
    if table != "outputs" or not copied.files:  # a dropped output is not to come back
        found = {name: tuple(row[:-1]) for name, row in old.rows[table].items()}
    for name, (_, text) in copied.table(table).items():
        cells = tuple(json.loads(text)[1:])
        if table == "runs" and name in found and found[name][_ENDED] is not None:
            continue
        found[name] = cells
    return list(found.values())


def _notes(copied: Replay[bytes], old: Salvage) -> list[tuple[Cell, ...]]:
    in_order = [text for _, (_, text) in sorted(copied.table("notes").items())]
    found = [tuple(json.loads(text)[1:]) for text in in_order]
    there = Counter(found)
    extra: Iterable[tuple[Cell, ...]] = (tuple(row[:-1]) for row in old.rows["notes"].values())
    for cells in extra:
        if there[cells]:
            there[cells] -= 1
        else:
            found.append(cells)
    return sorted(found, key=lambda cells: str(cells[1]))
