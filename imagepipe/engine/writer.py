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


@dataclass(slots=True)
class _Entry:
    operation: Callable[[Ledger], object]
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

    async def write(self, operation: Callable[[Ledger], T]) -> T:
        """Run `operation` in the next transaction and wait until it is on the disk.

        A cancelled caller does not cancel its write.

        Raises:
            StoreError: the ledger cannot be written; whatever depends on it must not happen.
        """
        entry = _Entry(operation)
        self._waiting.append(entry)
        self._wake.set()
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
        operations: list[Callable[[Ledger], Any]] = [entry.operation for entry in batch]
        try:
            results: list[object] = await self._offload(self._ledger.transact, operations)
        except Exception as error:  # noqa: BLE001 - every writer of the batch is told
            results = [error] * len(batch)
        for entry, result in zip(batch, results, strict=True):
            entry.result = result
            entry.done.set()
