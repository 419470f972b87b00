"""Where blocking work goes: a pool of threads, without what a general one has to do.

`anyio.to_thread` counts, copies contexts and serves any event loop; a run on asyncio, whose work is
a few file operations at a time, needs none of that (docs/adr/0005).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio

T = TypeVar("T")

NAME = "imagepipe"
"""How the names of its threads begin."""

MOST = 32
"""Threads at most: that many files are being synced at once."""


class Threads:
    """The `Offload` of real runs. What was begun is waited for, also by a cancelled task."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(MOST, thread_name_prefix=NAME)

    async def __call__(self, work: Callable[..., T], *args: Any) -> T:  # noqa: ANN401 - any work
        begun = asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        with anyio.CancelScope(shield=True):
            done = await begun
        return done  # noqa: RET504 - to a type checker, a scope may swallow the return in it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()
