"""Counts and bytes of everything in a store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from imagepipe.store import chronicle
from imagepipe.store.layout import Layout
from imagepipe.store.reader import Reader

_TABLES = ("jobs", "requests", "attempts", "outputs", "notes", "runs")


@dataclass(frozen=True, slots=True)
class Part:
    """Files of one kind."""

    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Census:
    """What is in a store: rows by table, jobs by state, files by part. `changes`: ever made."""

    rows: dict[str, int]
    states: dict[str, int]
    parts: dict[str, Part]
    changes: int


def census(reader: Reader, layout: Layout) -> Census:
    """Count.

    Raises:
        StoreError: The ledger is damaged.
    """
    ledger = layout.root.glob(layout.ledger.name + "*")
    count = "SELECT count(*) FROM "
    return Census(
        rows={table: reader.fetch(count + table)[0][0] for table in _TABLES},
        states={state.value: number for state, number in reader.counts().items()},
        parts={
            "pictures": _part(_files(layout.blobs)),
            "kept replies": _part(_files(layout.spool)),
            "ledger": _part(ledger),
            "second copy": _part(chronicle.files(layout.chronicle)),
            "lessons": _part(layout.root.glob(layout.lessons.name + "*")),
            "runs": _part(_files(layout.runs)),
            "set aside": _part(_files(layout.aside)),
        },
        changes=reader.change,
    )


def _files(folder: Path) -> Iterable[Path]:
    return folder.rglob("*")


def _part(paths: Iterable[Path]) -> Part:
    sizes = [path.stat().st_size for path in paths if path.is_file()]
    return Part(len(sizes), sum(sizes))
