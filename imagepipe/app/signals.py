"""Ctrl-C and SIGTERM: the first drains, the second leaves tickets for later, the third ends.

A terminal that hangs up drains too, for its run may have paid for pictures. All of this happens in
the event loop: a signal's own context runs none of it, so that no lock can be held by whoever was
interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio

from imagepipe.engine import Control
from imagepipe.events import Draining, Event, Left, Listener

TELLING = 1.0
"""Seconds that a listener gets to say what is in doubt, before the process ends without it."""


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
    with anyio.open_signal_receiver(*_heard()) as signals:
        times = 0
        async for number in signals:
            if number not in _MEANT and times:
                continue  # a hang-up is told by the kernel and by the shell, and means one thing
            times += 1
            if times > 2:
                _leave(number, Left(number.name, control.open_submits), listener)
            (control.listener or listener)(Draining(number.name, control.in_flight))
            if times == 1:
                control.drain(number)
            else:
                control.leave()


_MEANT = (signal.SIGINT, signal.SIGTERM)


def _heard() -> tuple[signal.Signals, ...]:
    """Under `nohup` a hang-up means nothing, and stays so."""
    if sys.platform == "win32" or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return _MEANT
    return (*_MEANT, signal.SIGHUP)


def _leave(number: int, event: Event, listener: Listener) -> None:
    """End the process. Told from a thread: a terminal that takes nothing must not hold it."""

    def tell() -> None:
        with suppress(Exception):  # whatever a listener cannot do, the process ends
            listener(event)

    told = threading.Thread(target=tell, daemon=True)
    told.start()
    told.join(TELLING)
    os._exit(128 + number)
