"""Downloads begin one in a turn of the event loop, so that the next submits go before them.

What was sent together is answered together. A thousand downloads would then share the loop with the
thousand submits that could follow, and a provider would wait for its next requests until pictures
are in that nobody waits for. With nothing else to do a turn is over at once, and so is the wait.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import anyio

from imagepipe.engine.ports import Fetch
from imagepipe.exchange import NotFetched
from imagepipe.wire import Downloaded


@dataclass(frozen=True, slots=True)
class OneATurn:
    """A `Fetch` whose downloads begin in the order in which they were asked for."""

    downloader: Fetch
    _next: anyio.Lock = field(default_factory=lambda: anyio.Lock(fast_acquire=True))

    async def fetch(self, url: str, sink: Path) -> Downloaded | NotFetched:
        async with self._next:
            await anyio.lowlevel.checkpoint()
        return await self.downloader.fetch(url, sink)
