"""Looks at a whole store and tells what is wrong with it, each with what to do. Changes nothing.

Structure alone reads the ledger and the chronicle; with `read_data`, every byte of every picture
and kept reply as well. It may run beside a run: what differs is looked at again before it counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imagepipe.errors import StoreError
from imagepipe.model import Digest
from imagepipe.store import chronicle
from imagepipe.store.blobs import Blobs
from imagepipe.store.compare import Difference, differences
from imagepipe.store.connection import Spoken
from imagepipe.store.deserted import dead_runs
from imagepipe.store.layout import Layout, Stamp
from imagepipe.store.lessons import Lessons
from imagepipe.store.outputs import Outputs
from imagepipe.store.reader import Reader
from imagepipe.store.replay import Replay, seals
from imagepipe.store.runs import Probe, Run
from imagepipe.store.soundness import ledger_problems
from imagepipe.store.spool import Spool
from imagepipe.store.witness import read_witness, refuse_missing

LOOKS = 3
"""A difference counts if it is there at each of so many looks: a run copies after it commits."""

REPAIR = "`imagepipe store repair` mends it; nothing is paid for meanwhile"
_NEXT_RUN = "nothing: the next run copies it again"
_TIDIED = "nothing: what counts of it is copied since, or will be by the next run"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a store. A `note` is worth knowing and no damage."""

    what: str
    remedy: str
    note: bool = False


def verify(layout: Layout, stamp: Stamp, look: Probe, *, read_data: bool) -> Iterator[Finding]:
    """Everything that is wrong, ledger first.

    Raises:
        OSError: A file cannot be read at all.
    """
    if not exists(layout):
        return
    copied = seals(layout.chronicle)
    yield from _chronicle(copied)
    found, sound = _ledger(layout, stamp, look, copied)
    yield from found
    yield from _gaps(copied, sound=sound)
    if layout.witness.exists() and read_witness(layout.witness) is None:
        yield Finding(f"{layout.witness} is damaged", "nothing: the next run writes it anew")
    if not Lessons(layout.lessons).is_sound():
        what = f"{layout.lessons} is damaged: what was learnt about providers is learnt again"
        yield Finding(what, "nothing: the next run writes it anew", note=True)
    if read_data:
        yield from _bytes(layout)


def exists(layout: Layout) -> bool:
    """Whether there is a store, or what is left of one."""
    parts = (layout.ledger, layout.witness, layout.chronicle, layout.blobs)
    return any(part.exists() for part in parts)


def _chronicle(copied: Replay[bytes]) -> Iterator[Finding]:
    for damage in copied.damages:
        where = f"{damage.file} at byte {damage.at}"
        if damage.torn:
            what = f"the ledger's second copy has a line that a kill cut short: {where}"
            yield Finding(what, "nothing: `imagepipe store gc` tidies it away", note=True)
            continue
        yield Finding(f"the ledger's second copy has a damaged line: {where}", REPAIR)
    for wrong in copied.wrong_steps():
        yield Finding(wrong, "this is a bug of imagepipe: please report it with the store's stats")


def _gaps(copied: Replay[bytes], *, sound: bool) -> Iterator[Finding]:
    """Changes that a kill or a power cut left uncopied: with a sound ledger, nothing is lost.

    Its rows were compared with the copy one by one, so that a gap has nothing of its own but what
    later changes made void, or what was told as different already.
    """
    for first, last in copied.missing:
        which = f"change {first}" if first == last else f"changes {first} to {last}"
        what = f"the ledger's second copy lacks {which}"
        yield Finding(what, _TIDIED if sound else REPAIR, note=sound)


def _ledger(
    layout: Layout, stamp: Stamp, look: Probe, copied: Replay[bytes]
) -> tuple[list[Finding], bool]:
    """What there is to say of the ledger, and whether it is sound in itself."""
    try:
        refuse_missing(layout)
        with Reader.open(layout, stamp) as reader:
            dead, database = dead_runs(reader, look), reader.database
            database.execute("BEGIN")  # one state of a ledger that a run may be changing
            problems = [*ledger_problems(reader)]
            pictures = [] if problems else [*_pictures(reader, Blobs(layout.blobs))]
            database.execute("ROLLBACK")
            if problems:
                return [Finding(problem, REPAIR) for problem in problems], False
            return [*_against_chronicle(reader, layout, copied, dead), *pictures], True
    except StoreError as error:
        return [Finding(str(error), error.hint or REPAIR)], False


def _against_chronicle(
    reader: Reader, layout: Layout, copied: Replay[bytes], dead: Sequence[Run]
) -> Iterator[Finding]:
    different = _lasting(reader, layout, copied)
    if dead:
        names = ", ".join(run.id for run in dead)
        what = f"run {names} ended in the middle; the next run settles what it left"
        yield Finding(what, "run again when you like", note=True)
    if not copied.files and len(different) > 1:
        yield Finding("the ledger has no second copy", REPAIR)
        return
    for one in different:
        # Whoever was killed may have left its very last change uncopied, be it a run, the end of
        # one, or a person's decision; anything else is damage. Outputs alone are ever taken out.
        killed = reader.change > copied.top or bool(dead or chronicle.by_hand(layout.chronicle))
        uncopied = killed and (one.row is not None or one.table == "outputs")
        yield Finding(str(one), _NEXT_RUN if uncopied else REPAIR, note=uncopied)
    if not different and copied.rows.get("store"):
        yield from _identity(reader, copied)


def _lasting(reader: Reader, layout: Layout, copied: Replay[bytes]) -> list[Difference]:
    found = _differences(reader, copied)
    for _ in range(LOOKS - 1):
        if not found:
            break
        names = {(one.table, one.name) for one in found}
        again = _differences(reader, seals(layout.chronicle))
        found = [one for one in again if (one.table, one.name) in names]
    return found


def _differences(reader: Reader, copied: Replay[bytes]) -> list[Difference]:
    with Spoken(reader.path):
        return [*differences(reader.database, copied)]


def _identity(reader: Reader, copied: Replay[bytes]) -> Iterator[Finding]:
    """The store's own row has no seal; the chronicle has a copy in each of its files."""
    *store, change = reader.fetch("SELECT * FROM store")[0]
    if tuple(map(str, store)) not in copied.table("store"):
        yield Finding("the ledger's identity is damaged, or its chronicle is another's", REPAIR)
    elif change < copied.top:
        yield Finding(f"the ledger counts {change} changes, and {copied.top} were made", REPAIR)
    elif change > copied.top:
        what = f"the ledger counts {change} changes, and its second copy {copied.top}"
        yield Finding(what, _NEXT_RUN, note=bool(reader.runs(unfinished=True)))


def _pictures(reader: Reader, blobs: Blobs) -> Iterator[Finding]:
    query = "SELECT DISTINCT blob, size, key FROM jobs WHERE state IN ('fetched', 'committed')"
    for digest, size, key in reader.fetch(query):
        if not blobs.has(Digest(digest), size):
            what = "has another size" if blobs.has(Digest(digest)) else "is missing"
            remedy = (
                "`imagepipe store repair` takes it back from its output file if that is intact, "
                "and else lists it as lost"
            )
            yield Finding(f"the picture {digest[:12]} of job {key[:12]} {what}", remedy)


def _bytes(layout: Layout) -> Iterator[Finding]:
    blobs = Blobs(layout.blobs)
    for digest in blobs:
        if not blobs.intact(digest):
            remedy = (
                "`imagepipe store repair` takes it back from its output file if that is intact, "
                "and else sets it aside and lists its jobs as lost"
            )
            yield Finding(f"the picture {digest[:12]} is damaged", remedy)
    spool = Spool(layout.spool)
    for key, attempt, path in spool.replies():
        if spool.read(key, attempt) is None:
            remedy = "`imagepipe store repair` sets it aside; its job stays in doubt"
            yield Finding(f"the kept reply {path} is damaged", remedy)


def output_notes(
    reader: Reader, outputs: Outputs, root: str, *, read_data: bool
) -> Iterator[Finding]:
    """Recorded files that are not as they were left: the user's own matter, and no damage.

    Args:
        reader: The ledger.
        outputs: The folder of the outputs.
        root: How the ledger calls it.
        read_data: Read files also where size and time are as they were.
    """
    for recorded in reader.outputs(root):
        if outputs.untouched(recorded) and not read_data:
            continue
        found = outputs.look(recorded.path)
        if found is None:
            what = f"{recorded.path} is missing, or is a link"
            yield Finding(what, "a run makes a missing one again for nothing", note=True)
        elif found[0] != recorded.digest:
            remedy = "it is kept; delete it to have its picture made again for nothing"
            yield Finding(f"{recorded.path} was edited", remedy, note=True)
