"""A second, tiny file that remembers how far the ledger had come, so that an older one is noticed.

A ledger that was deleted, restored from a backup or copied without its write-ahead log would make
paid jobs look new. The ledger counts its changes; the witness beside it holds the count at the last
run's start or end, and the chronicle that of the last change that was copied there.

Who puts a whole folder back from a backup puts these back as well. So this machine remembers the
count outside of the store, too, by the store's path; a copy elsewhere is another matter. That file
may be lost at any time, and whatever is wrong with it is no trouble: it only ever refuses.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from imagepipe.errors import StoreError
from imagepipe.store.chronicle import newest
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
        witness = Witness(str(value["store"]), int(value["generation"]))
        return witness if value["sum"] == _sum(witness) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(layout: Layout, witness: Witness) -> None:
    """Keep the count outside of the store; not synced, for nothing depends on it."""
    path = _memory(layout)
    if path is None or read_witness(path) == witness:
        return
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        temporary.write_text(_text(witness), encoding="utf-8")
        temporary.replace(path)


def recall(layout: Layout, store: str) -> int:
    """How far this machine saw the store of that id come, at this place; 0 if it never did."""
    path = _memory(layout)
    found = read_witness(path) if path is not None else None
    return found.generation if found is not None and found.store == store else 0


def _memory(layout: Layout) -> Path | None:
    """A file per store in the user's folder for state (XDG_STATE_HOME, or what the system has)."""
    named = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        base = Path(named) if named else Path.home() / ".local" / "state"
        place = blake2b(str(layout.root.resolve()).encode(), digest_size=16).hexdigest()
    except (OSError, RuntimeError, ValueError):  # no home, or a name that no disk takes
        return None
    return base / "imagepipe" / "stores" / place


def write_witness(path: Path, witness: Witness) -> None:
    known = read_witness(path)
    if known and known.store == witness.store and known.generation >= witness.generation:
        return
    replace_file(path, _text(witness).encode(), "witness", mode=0o600)


def _text(witness: Witness) -> str:
    value = {"store": witness.store, "generation": witness.generation, "sum": _sum(witness)}
    return json.dumps(value) + "\n"


def _sum(witness: Witness) -> str:
    text = f"{witness.store} {witness.generation}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def refuse_missing(layout: Layout) -> None:
    """A store without its ledger is no new store.

    Raises:
        StoreError: Pictures, a witness or a chronicle are there, and the ledger is not.
    """
    traces = [p.name for p in (layout.witness, layout.blobs, layout.chronicle) if _used(p)]
    if traces and not layout.ledger.exists():  # looked at last: another process may just make it
        raise StoreError(
            f"{layout.root} has {' and '.join(traces)} but no {layout.ledger.name}: "
            "an empty one would pay for everything again",
            hint="`imagepipe store repair` rebuilds it; or put ledger.sqlite back with its -wal "
            "file, if you moved it",
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a ledger must have come, as others saw it."""

    store: str | None
    change: int


def seen(layout: Layout) -> Seen:
    """To be looked up before the ledger is asked: a run may be at work."""
    witness = read_witness(layout.witness)
    change = max(newest(layout.chronicle), witness.generation if witness else 0)
    return Seen(witness.store if witness else None, change)


def refuse_older(layout: Layout, ledger: Witness, known: Seen) -> None:
    """The ledger must be this store's own, and not older than others saw it.

    Raises:
        StoreError: It is another store's, or an older copy.
    """
    if known.store not in (None, ledger.store):
        problem = "is the ledger of another store"
    elif (change := max(known.change, recall(layout, ledger.store))) > ledger.generation:
        problem = f"is an older copy: it knows {ledger.generation} changes, and {change} were made"
    else:
        return
    raise StoreError(
        f"{layout.ledger} {problem}; what it does not know might be paid for twice",
        hint="put back the newest ledger.sqlite, with its -wal file; if this copy is all there "
        "is, `imagepipe store repair` brings it up to date from its second copy, and holds as in "
        "doubt what nothing tells of",
    )


def _used(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()
