"""The emulator as a running server: a loopback socket, uvicorn, and a clean end.

It ends on SIGTERM and SIGINT, and, where asked, when its standard input closes, so that a client
that is killed leaves no emulator behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from imagepipe.emulator.app import App
from imagepipe.emulator.settings import Settings, parse_host
from imagepipe.errors import SetupError

_BACKLOG = 2_048
_IDLE = 75
"""Seconds that an idle connection is kept. uvicorn's 5 s would close connections under clients that
poll less often, just as they send: a fault that none of the vendors is known for."""
_GRACE = 1
"""Seconds that connections get to close when the server ends."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: it would raise the signal again at its end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening address on loopback.

    Raises:
        SetupError: the address is not loopback, or is taken.
    """
    host = parse_host(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named: asyncio switches Nagle's algorithm off only for sockets that say TCP,
    # and without that every answer (head and body are two writes) takes 40 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise SetupError(
            f"cannot listen on {host}:{port}: {error.strerror}",
            hint="leave --port out to take any free port",
        ) from error
    return bound


def url_of(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    settings: Settings,
    *,
    ready: Callable[[str], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serves until `stop` is set (for ever without one). `ready` is given the address once bound.

    Raises:
        SetupError: the address or the state file cannot be used.
    """
    with bind(settings.host, settings.port) as bound:
        app = App(settings)
        try:
            await _run(app, bound, ready, stop)
        finally:
            app.close()


async def _run(
    app: App,
    bound: socket.socket,
    ready: Callable[[str], None] | None,
    stop: asyncio.Event | None,
) -> None:
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=_GRACE,
    )
    server = _Server(config)
    watch = asyncio.ensure_future(_end(server, app, stop or asyncio.Event()))
    bound.listen(_BACKLOG)  # from here on connections queue up, so the address may be told
    if ready is not None:
        ready(url_of(bound))
    try:
        await server.serve([bound])
    finally:
        watch.cancel()


async def _end(server: uvicorn.Server, app: App, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
    app.abandon()


def run(
    settings: Settings,
    *,
    ready: Callable[[str], None] | None = None,
    until_stdin_closes: bool = False,
) -> None:
    """Serves until SIGINT or SIGTERM, or until standard input closes. Blocks.

    Raises:
        SetupError: the address or the state file cannot be used.
    """
    asyncio.run(_until_signal(settings, ready, until_stdin_closes=until_stdin_closes))


async def _until_signal(
    settings: Settings, ready: Callable[[str], None] | None, *, until_stdin_closes: bool
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def end(_number: int = 0, _frame: FrameType | None = None) -> None:
        # The loop may have ended between the signal and here.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
    if until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(end,), daemon=True).start()
    await serve(settings, ready=ready, stop=stop)


def _watch_stdin(end: Callable[[], None]) -> None:
    """Reads standard input to its end: the parent's death closes it."""
    # Past the buffer, whose lock a thread that waits in it would keep from the ending interpreter.
    while os.read(sys.stdin.fileno(), 4_096):
        pass
    end()
