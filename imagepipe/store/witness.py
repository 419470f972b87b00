"""A second, tiny file that remembers how far the ledger had come, so that an older one is noticed.

A ledger that was deleted, restored from a backup or copied without its write-ahead log would make
paid jobs look new. The ledger counts its runs; the witness beside it holds the highest count seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from imagepipe.errors import StoreError
from imagepipe.store.durable import replace_file
from imagepipe.store.layout import Layout


@dataclass(frozen=True, slots=True)
class Witness:
    store: str
    generation: int


def read_witness(path: Path) -> Witness | None:
    """What the file says; None if there is none, or none that can be read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return Witness(str(value["store"]), int(value["generation"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_witness(path: Path, witness: Witness) -> None:
    known = read_witness(path)
    if known and known.store == witness.store and known.generation >= witness.generation:
        return
    text = json.dumps({"store": witness.store, "generation": witness.generation})
    replace_file(path, text.encode() + b"\n", "witness", mode=0o600)


def refuse_missing(layout: Layout) -> None:
    """A store without its ledger is no new store.

    Raises:
        StoreError: Pictures or a witness are there, and the ledger is not.
    """
    traces = [path.name for path in (layout.witness, layout.blobs) if _used(path)]
    if traces and not layout.ledger.exists():  # looked at last: another process may just make it
        raise StoreError(
            f"{layout.root} has {' and '.join(traces)} but no {layout.ledger.name}: "
            "an empty one would pay for everything again",
            hint="restore ledger.sqlite from a backup; or move the whole folder aside and run "
            "again: pictures that the lock file names are adopted and not paid for again",
        )


def refuse_older(layout: Layout, ledger: Witness) -> None:
    """The ledger must be the witness's own, and not older.

    Raises:
        StoreError: It is another store's, or an older copy.
    """
    witness = read_witness(layout.witness)
    if witness is None:
        return
    if witness.store != ledger.store:
        problem = "is the ledger of another store"
    elif witness.generation > ledger.generation:
        problem = (
            f"is an older copy: it knows {ledger.generation} runs, "
            f"and {witness.generation} have used this store"
        )
    else:
        return
    raise StoreError(
        f"{layout.ledger} {problem}; what it does not know might be paid for twice",
        hint="put back the newest ledger.sqlite, with its -wal file; if this copy is all there "
        f"is, delete {layout.witness.name} to accept it",
    )


def _used(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()
