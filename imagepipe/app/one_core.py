"""Keeps the threads of a run together on one core, for only one of them can compute at a time.

CPython's lock lets one thread compute. Spread over cores, the event loop and the threads that write
wake one another up across them fifty times a job, mostly to find the lock taken: a fifth to a third
of a run's CPU time (docs/adr/0017). The kernel is asked again every second which core it would
choose, so that a run gives way where others compute.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Collection
from pathlib import Path
from types import TracebackType

from imagepipe.app.threads import NAME

TOGETHER = 1.0
"""Seconds on one core until the kernel may choose again."""

CHOOSING = 0.02
"""Seconds for which the event loop may be anywhere: it sleeps and wakes up several times."""

_PROCESSOR = 36
"""Where `/proc/thread-self/stat` says which core it is, counted from behind the name: proc(5)."""


class OneCore:
    """While it is entered, this thread, whose event loop it is, and those that write share a core.

    Nothing is done where the system lets no thread choose, or where there is no choice.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._allowed = _allowed()
        self._next: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        if len(self._allowed) > 1:
            self._gather()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._next is not None:
            self._next.cancel()
            _bring(_threads(), self._allowed)

    def _gather(self) -> None:
        _bring(_threads(), {_core()})
        self._next = self._loop.call_later(TOGETHER, self._let_choose)

    def _let_choose(self) -> None:
        _bring({threading.get_native_id()}, self._allowed)
        self._next = self._loop.call_later(CHOOSING, self._gather)


def _allowed() -> Collection[int]:
    """The cores that this process may use; none if several threads can compute, or none choose."""
    computing_at_once = not getattr(sys, "_is_gil_enabled", lambda: True)()
    if sys.platform != "linux" or computing_at_once:
        return ()
    return os.sched_getaffinity(0)


def _bring(threads: Collection[int], cores: Collection[int]) -> None:
    if sys.platform == "linux":
        for thread in threads:
            try:
                os.sched_setaffinity(thread, cores)
            except OSError:  # it ended meanwhile, or a sandbox wants all to stay as it is
                continue


def _threads() -> Collection[int]:
    """This one and those that write for a run, by the kernel's numbers."""
    writers = (one for one in threading.enumerate() if one.name.startswith(NAME))
    return {threading.get_native_id(), *(one.native_id for one in writers if one.native_id)}


def _core() -> int:
    """The one that this thread is on."""
    text = Path("/proc/thread-self/stat").read_text(encoding="utf-8", errors="replace")
    return int(text.rpartition(")")[2].split()[_PROCESSOR])
