"""What a run needs of the world, handed in whole: real adapters in runs, fakes in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import anyio

from imagepipe.admission import Memory
from imagepipe.charges import Charges
from imagepipe.events import Listener
from imagepipe.exchange import NotFetched
from imagepipe.model import Digest, ImageInput
from imagepipe.polling import Polls
from imagepipe.store import Blobs, Ledger, Outputs, Probe, Spool
from imagepipe.wire import Downloaded, Transport, Watch

T = TypeVar("T")


class Offload(Protocol):
    """Runs blocking work; nothing that touches a disk runs on the event loop itself."""

    async def __call__(self, work: Callable[..., T], *args: Any) -> T: ...  # noqa: ANN401 - any work


class Fetch(Protocol):
    """The guarded download of a picture into a file."""

    async def fetch(self, url: str, sink: Path) -> Downloaded | NotFetched: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """The adapters of one run.

    `look` tells whether another run lives. `root` is how the ledger calls the outputs' root;
    `trusted` gives the digests that the lock names for an output's path. `now` is UTC in ISO 8601;
    `chance` draws from [0, 1). `polls` holds what was learnt of latencies, in this run and before,
    `limits` likewise what was learnt of limits, `charges` what providers charged. `watch`, if
    anybody does, is told of every request when it is over.
    """

    transport: Transport
    downloader: Fetch
    ledger: Ledger
    blobs: Blobs
    spool: Spool
    look: Probe
    outputs: Outputs
    root: str
    trusted: Callable[[str], Collection[Digest]]
    load: Callable[[ImageInput], bytes]
    listener: Listener
    offload: Offload
    now: Callable[[], str]
    chance: Callable[[], float]
    run: str
    polls: Polls = field(default_factory=Polls)
    limits: Memory = field(default_factory=Memory)
    charges: Charges = field(default_factory=Charges)
    watch: Watch | None = None


async def inline(work: Callable[..., T], *args: Any) -> T:  # noqa: ANN401 - any work
    """For virtual time, whose clock would run away while a thread works."""
    await anyio.lowlevel.checkpoint()
    return work(*args)
