"""Puts a store right, alone: its ledger, its second copy, its pictures and its kept replies.

Nothing is thrown away: what is replaced is kept aside. Nothing becomes payable: what cannot be
proven is in doubt or lost afterwards, and listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from imagepipe.errors import StoreError
from imagepipe.model import Digest, Fault, FaultKind, Key, State
from imagepipe.store.blobs import Blobs
from imagepipe.store.compare import differences
from imagepipe.store.connection import NotForUs
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.ledger import Ledger
from imagepipe.store.reader import Note, Reader
from imagepipe.store.rebuild import Rebuilt, Suspect, rebuild, set_aside
from imagepipe.store.replay import Replay, seals
from imagepipe.store.rows import JobRow
from imagepipe.store.runs import Probe, Run
from imagepipe.store.soundness import ledger_problems
from imagepipe.store.spool import Spool


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was done.

    Attributes:
        rebuilt: What became of the ledger; None if it was sound.
        recopied: Whether its second copy was written anew.
        taken_back: Pictures that were made again from their output files.
        lost: Jobs whose picture is gone for good.
        resumed: Jobs whose picture is gone here, and will be fetched again with their ticket.
        in_doubt: Jobs that may have been submitted, all that the ledger has now.
        aside: Where the damaged files are; None if none were moved.
    """

    rebuilt: Rebuilt | None = None
    recopied: bool = False
    taken_back: tuple[Digest, ...] = ()
    lost: tuple[Key, ...] = ()
    resumed: tuple[Key, ...] = ()
    in_doubt: tuple[Key, ...] = ()
    aside: Path | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """What is known outside of the store.

    Attributes:
        vouched: Committed rows for what the lock file names and the store has a picture of.
        suspects: All requests of the manifest; asked only if changes are missing.
        find: An output file that may have a picture's bytes.
    """

    vouched: Sequence[JobRow]
    suspects: Callable[[], Iterable[Suspect]]
    find: Callable[[Digest], Path | None]


def repair(
    layout: Layout,
    stamp: Stamp,
    me: Run,
    look: Probe,
    sources: Sources,
    *,
    hold_unknown: bool = False,
) -> Repaired:
    """Put the store right; one that is sound is left as it is.

    `hold_unknown` puts every suspect in doubt of which nothing is known, whatever was missing.

    Raises:
        StoreBusy: A run is at work, or may be.
        StoreError: The store is of the other stamp, or newer than this program.
        OSError: The disk does not take it.
    """
    now, aside, rebuilt = me.started, layout.aside / uuid4().hex[:8], None
    copied = _is_copied(layout, stamp)
    if copied is None:
        vouched, suspects = sources.vouched, sources.suspects
        rebuilt = rebuild(layout, stamp, me, look, aside, vouched=vouched, suspects=suspects)
    with Ledger.open_or_create(layout, stamp, now) as ledger:
        ledger.start_run(me, look)
        ledger.recover(now, look)
        for key in rebuilt.doubted if rebuilt else ():
            ledger.note(Note(key, now, me.id, "evidence", "found in doubt by store repair"))
        for who in sources.suspects() if hold_unknown else ():
            if ledger.record(who.key) is None:
                _hold(ledger, who, me)
        taken_back, lost, resumed = _pictures(ledger, layout, sources.find, aside, me)
        _replies(layout, aside)
        if not copied:
            set_aside(ledger.rewrite_chronicle(), aside)
        doubts = tuple(record.key for record in ledger.by_state([State.AMBIGUOUS]))
        ledger.end_run(me.id, now)
    return Repaired(
        rebuilt=rebuilt,
        recopied=copied is False,
        taken_back=taken_back,
        lost=lost,
        resumed=resumed,
        in_doubt=doubts,
        aside=aside if aside.exists() else None,
    )


def _hold(ledger: Ledger, who: Suspect, me: Run) -> None:
    row = who.row(me.started)._replace(state=State.INTENT.value, run=me.id)
    fault = Fault(FaultKind.UNCERTAIN, "it may have been submitted in a change that is missing")
    with ledger.writing():
        ledger.put(None, row)
        ledger.ambiguous(who.key, fault, me.started, evidence="held by store repair")


def _is_copied(layout: Layout, stamp: Stamp) -> bool | None:
    """Whether the ledger's second copy is sound as well; None: the ledger itself is not."""
    try:
        with Reader.open(layout, stamp) as reader:
            if any(True for _ in ledger_problems(reader)):
                return None
            return _agrees(reader, seals(layout.chronicle))
    except NotForUs:
        raise
    except StoreError:
        return None


def _agrees(reader: Reader, copied: Replay[bytes]) -> bool | None:
    """A difference is the copy's fault, unless the copy has what the ledger has forgotten."""
    different = [*differences(reader.database, copied)]
    for one in different:
        vanished = one.row is None and one.table in ("jobs", "requests", "attempts")
        if vanished or (one.row is not None and one.row[-1] in copied.past):
            return None
    if reader.change < copied.top:
        return None
    stores = copied.table("store")
    if stores and tuple(map(str, reader.fetch("SELECT * FROM store")[0][:-1])) not in stores:
        return None
    return copied.is_whole and not different and reader.change == copied.top


def _pictures(
    ledger: Ledger,
    layout: Layout,
    find: Callable[[Digest], Path | None],
    aside: Path,
    me: Run,
) -> tuple[tuple[Digest, ...], tuple[Key, ...], tuple[Key, ...]]:
    """Every picture's bytes: sound, taken back from an output, or gone."""
    blobs, taken_back = Blobs(layout.blobs), list[Digest]()
    lost, resumed, sound = list[Key](), list[Key](), dict[Digest, bool]()
    for digest in blobs:
        if not blobs.intact(digest):
            set_aside([blobs.path(digest)], aside)
    for record in ledger.by_state([State.COMMITTED, State.FETCHED]):
        if record.blob is None:
            continue
        if record.blob not in sound:
            sound[record.blob] = blobs.has(record.blob)
            if not sound[record.blob] and _take_back(blobs, record.blob, find, me):
                sound[record.blob] = True
                taken_back.append(record.blob)
        if sound[record.blob]:
            continue
        fault = Fault(FaultKind.MISSING, "its picture is gone from the store", billed=True)
        ledger.lose(record.key, fault, me.started)
        if record.ticket is not None:
            ledger.attach(record.key, record.ticket, me.started)
        (lost if record.ticket is None else resumed).append(record.key)
    return tuple(taken_back), tuple(lost), tuple(resumed)


def _take_back(
    blobs: Blobs, digest: Digest, find: Callable[[Digest], Path | None], me: Run
) -> bool:
    path = find(digest)
    try:
        data = path.read_bytes() if path else b""
    except OSError:
        return False
    return bool(data) and sha256(data).hexdigest() == digest and bool(blobs.put(data, me.id))


def _replies(layout: Layout, aside: Path) -> None:
    """A damaged reply proves nothing; its job stays in doubt."""
    spool = Spool(layout.spool)
    for key, attempt, path in [*spool.replies()]:
        if spool.read(key, attempt) is None:
            set_aside([path], aside)
