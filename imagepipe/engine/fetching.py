"""Many downloads begin one in a turn of the event loop, so that the next submits go before them.

What was sent together is answered together. A thousand downloads would then share the loop with the
thousand submits that could follow, and a provider would wait for its next requests until pictures
are in that nobody waits for. With nothing else to do a turn is over at once, and so is the wait.
"""

from __future__ import annotations

from pathlib import Path

import anyio

from imagepipe.engine.ports import Fetch
from imagepipe.exchange import NotFetched
from imagepipe.wire import Downloaded

AT_ONCE = 16
"""Downloads that wait for no turn: so few leave the loop to others anyway."""


class OneATurn:
    """A `Fetch` whose downloads begin in the order in which they were asked for."""

    def __init__(self, downloader: Fetch) -> None:
        self._downloader = downloader
        self._next = anyio.Lock(fast_acquire=True)
        self._under_way = 0

    async def fetch(self, url: str, sink: Path) -> Downloaded | NotFetched:
        if self._under_way >= AT_ONCE or self._next.locked():
            async with self._next:
                await anyio.lowlevel.checkpoint()
        self._under_way += 1
        try:
            return await self._downloader.fetch(url, sink)
        finally:
            self._under_way -= 1
