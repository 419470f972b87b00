"""A line in which only the first is awake: with a thousand waiting, a change wakes one of them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import anyio


class Waiter:
    """Somebody in the line. An event is made only for whoever has to wait: most do not."""

    def __init__(self) -> None:
        self._called = False
        self._woken: anyio.Event | None = None

    def wake(self) -> None:
        self._called = True
        if self._woken is not None:
            self._woken.set()

    async def sleep(self, seconds: float) -> None:
        """Until somebody wakes it, or so many seconds have passed."""
        if not self._called:
            self._woken = anyio.Event()
            if seconds == math.inf:
                await self._woken.wait()
            else:
                with anyio.move_on_after(seconds):
                    await self._woken.wait()
            self._woken = None
        self._called = False


class Line:
    """Who waits, in the order of asking; who was turned back stands in front."""

    def __init__(self) -> None:
        self._waiting: deque[Waiter] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @contextmanager
    def stand(self, *, in_front: bool = False) -> Iterator[Waiter]:
        """Be part of the line."""
        one = Waiter()
        if in_front:
            self._waiting.appendleft(one)
        else:
            self._waiting.append(one)
        try:
            yield one
        finally:
            self._waiting.remove(one)
            self.wake()

    def is_first(self, one: Waiter) -> bool:
        return self._waiting[0] is one

    def wake(self) -> None:
        """Something changed for the first."""
        if self._waiting:
            self._waiting[0].wake()

    def wake_all(self) -> None:
        for one in self._waiting:
            one.wake()
