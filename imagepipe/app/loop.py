"""The event loop of a run, which looks after a few sockets in a turn, however many have news.

asyncio hands out everything that has happened before it turns to anybody else: with a thousand
answers at once, a timer or a signal would wait for all of them.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

AT_ONCE: Final = 8
"""Sockets in one turn. Those that are left have news in the next one as well, and come first."""

if sys.platform == "linux":
    import select
    import selectors

    class _Few:
        """An epoll that tells of a few at a time; the kernel hands them out in turn."""

        def __init__(self, epoll: select.epoll) -> None:
            self._epoll = epoll
            self.register, self.modify = epoll.register, epoll.modify
            self.unregister = epoll.unregister
            self.fileno, self.close = epoll.fileno, epoll.close

        def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
            return self._epoll.poll(timeout, min(most, AT_ONCE))

    class FewAtOnce(selectors.EpollSelector):
        """The usual selector; what it asks of its epoll is all that is changed."""

        def __init__(self) -> None:
            super().__init__()
            vars(self)["_selector"] = _Few(vars(self)["_selector"])

    def new_loop() -> asyncio.AbstractEventLoop:
        """What `asyncio.Runner` is given to make its loop."""
        return asyncio.SelectorEventLoop(FewAtOnce())

else:

    def new_loop() -> asyncio.AbstractEventLoop:
        """The usual one: elsewhere, selectors tell of all at once."""
        return asyncio.new_event_loop()
