"""The server: a socket on loopback, uvicorn, and a clean end with Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from imagepipe.app.viewing.access import Guard, Secrets
from imagepipe.app.viewing.scene import Scene
from imagepipe.app.viewing.site import Site
from imagepipe.errors import SetupError
from imagepipe.model import Json

HOST = "127.0.0.1"
_GRACE = 1
"""Seconds that connections get to close when the server ends."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: it would raise the signal again at its end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Told(logging.Filter):
    """Of what uvicorn says, bugs alone: a request that was broken off, by a browser or by the end
    of the command, or that was none, is nothing to people.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return error is not None and not isinstance(error, asyncio.CancelledError)


def bind(port: int) -> socket.socket:
    """A listening address on loopback; any free port for 0.

    Raises:
        SetupError: the port is taken, or not allowed.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
    except OSError as error:
        bound.close()
        raise SetupError(
            f"cannot listen on {HOST}:{port}: {error.strerror}",
            hint="leave --port out to take any free port, or name another one",
        ) from error
    return bound


def serve(scene: Scene, desk: Json, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. `ready` is given the link that opens the page.

    Raises:
        SetupError: the port cannot be had.
    """
    with bind(port) as bound:
        asyncio.run(_served(scene, desk, bound, ready))


async def _served(
    scene: Scene, desk: Json, bound: socket.socket, ready: Callable[[str], None]
) -> None:
    known, ending = Secrets(), asyncio.Event()
    number = bound.getsockname()[1]
    hosts = frozenset({f"{HOST}:{number}", f"localhost:{number}"})
    app = Guard(Site(scene, desk, ending).app(known.room), known, hosts)
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    server = _Server(config)
    logging.getLogger("uvicorn.error").addFilter(_Told())
    bound.listen()
    _end_on_signals(server, ending)
    ready(f"http://{HOST}:{number}/{known.room}/#token={known.token}")
    await server.serve([bound])


def _end_on_signals(server: uvicorn.Server, ending: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True
        with contextlib.suppress(RuntimeError):  # the loop may have ended by now
            loop.call_soon_threadsafe(ending.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
