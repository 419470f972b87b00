"""What runs left that died: settled in the ledger, and removed where it is half written."""

from __future__ import annotations

from imagepipe.app.clock import utc_now
from imagepipe.events import Listener, Note
from imagepipe.model import Key, State
from imagepipe.store import Blobs, Ledger, Life, Outputs, Spool, life_of, probe, this_process
from imagepipe.store.recovery import Recovered


def recover(
    ledger: Ledger, blobs: Blobs, spool: Spool, outputs: Outputs, listener: Listener
) -> None:
    """Settle what runs left that died, and remove what they left half written."""
    recovered = ledger.recover(utc_now(), probe(this_process()))
    _clean(ledger, blobs, spool)
    if recovered.dead:
        outputs.clean(lambda run: _is_over(ledger, run))
    _tell_unproven(recovered, listener)


def _clean(ledger: Ledger, blobs: Blobs, spool: Spool) -> None:
    """What runs that are over left half written in the store."""

    def is_over(run: str) -> bool:
        return _is_over(ledger, run)

    blobs.clean(is_over)
    spool.clean(is_over, lambda key: _is_stored(ledger, key))


def _tell_unproven(recovered: Recovered, listener: Listener) -> None:
    for run, keys in recovered.unprovable:
        where = f"process {run.process.pid} on {run.process.host}"
        held = f"{len(keys)} job{'' if len(keys) == 1 else 's'}"
        text = f"run {run.id} ({where}) cannot be seen from here: {held} of it are left alone"
        listener(Note(text))


def _is_stored(ledger: Ledger, key: Key) -> bool:
    found = ledger.record(key)
    return found is not None and found.state is State.COMMITTED


def _is_over(ledger: Ledger, run_id: str) -> bool:
    found = ledger.run(run_id)
    return found is not None and life_of(found, probe(this_process())) is Life.DEAD
