"""Ctrl-C and SIGTERM: the first drains, the second leaves tickets for later, the third ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from imagepipe.engine import Control
from imagepipe.events import Draining, Listener

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@asynccontextmanager
async def listening(control: Control, listener: Listener) -> AsyncIterator[None]:
    """Pass the signals of this process on to a run, for as long as it lasts."""
    if sys.platform == "win32":  # its event loops take no signal handlers
        yield
        return
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_listen, control, listener)
        try:
            yield
        finally:
            tasks.cancel_scope.cancel()


async def _listen(control: Control, listener: Listener) -> None:
    with anyio.open_signal_receiver(*_SIGNALS) as signals:
        times = 0
        async for number in signals:
            times += 1
            listener(Draining(number.name, control.in_flight))
            if times == 1:
                control.drain(number)
            elif times == 2:
                control.leave()
            else:
                os._exit(128 + number)
