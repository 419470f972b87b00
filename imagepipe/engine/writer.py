"""The one writer of the ledger: what arrives while a transaction syncs goes into the next one.

Group commit without a timer. A write returns when it is durable, and never before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import anyio

from imagepipe.engine.ports import Offload
from imagepipe.store import Ledger

T = TypeVar("T")

WOKEN = 8
"""Writers that are told in one turn of the event loop: each of a thousand has work to do then, and
together they would hold up everybody else."""


@dataclass(slots=True)
class _Entry:
    operation: Callable[[Ledger], object]
    after: Callable[[Any], object] | None = None
    done: anyio.Event = field(default_factory=anyio.Event)
    result: object = None


class Writer:
    """Writes to the ledger from many tasks, in transactions that one thread commits."""

    def __init__(self, ledger: Ledger, offload: Offload) -> None:
        self._ledger = ledger
        self._offload = offload
        self._waiting: list[_Entry] = []
        self._wake = anyio.Event()
        self._closed = False

    async def write(
        self,
        operation: Callable[[Ledger], T],
        after: Callable[[T], object] | None = None,
        *,
        shielded: bool = False,
    ) -> T:
        """Run `operation` in the next transaction and wait until it is on the disk.

        A cancelled caller does not cancel its write. `after` is given the result in the same
        thread, once that is durable; what it raises is raised here. A caller that is `shielded`
        already need not be so once more.

        Raises:
            StoreError: the ledger cannot be written; whatever depends on it must not happen.
        """
        entry = _Entry(operation, after)
        self._waiting.append(entry)
        self._wake.set()
        if shielded:
            await entry.done.wait()
        else:
            with anyio.CancelScope(shield=True):
                await entry.done.wait()
        if isinstance(entry.result, BaseException):
            raise entry.result
        return cast("T", entry.result)

    async def serve(self) -> None:
        """Commit until closed; to be run as a task that outlives all writers."""
        while not (self._closed and not self._waiting):
            await self._wake.wait()
            self._wake = anyio.Event()
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._commit(batch)

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    async def _commit(self, batch: list[_Entry]) -> None:
        try:
            results = await self._offload(self._transact, batch)
        except Exception as error:  # noqa: BLE001 - every writer of the batch is told
            results = [error] * len(batch)
        with anyio.CancelScope(shield=True):
            for number, (entry, result) in enumerate(zip(batch, results, strict=True), start=1):
                entry.result = result
                entry.done.set()
                if number % WOKEN == 0:
                    await anyio.lowlevel.checkpoint()

    def _transact(self, batch: list[_Entry]) -> list[object]:
        operations: list[Callable[[Ledger], Any]] = [entry.operation for entry in batch]
        results: list[object] = self._ledger.transact(operations)
        return [_followed(entry, result) for entry, result in zip(batch, results, strict=True)]


def _followed(entry: _Entry, result: object) -> object:
    """The result of a write that is durable, after what was to follow it."""
    if entry.after is None or isinstance(result, Exception):
        return result
    try:
        entry.after(result)
    except Exception as error:  # noqa: BLE001 - its own writer is told, and no other
        return error
    return result
