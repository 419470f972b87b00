"""The image APIs that imagepipe speaks, on loopback, from their vendors' documents.

Written apart from the client it is used to test: it imports nothing of imagepipe but the errors a
person can cause. `parse` turns command-line texts into `Settings`, `run` serves them. The server
is imported only when it is to run: a command line that merely lists options or quirks stays quick.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from imagepipe.emulator.quirks import QUIRKS, Quirk
from imagepipe.emulator.settings import OPTIONS, Limits, Option, Pictures, Settings, parse
from imagepipe.emulator.vendors import PROVIDERS

if TYPE_CHECKING:
    import asyncio

__all__ = [
    "OPTIONS",
    "PROVIDERS",
    "QUIRKS",
    "Limits",
    "Option",
    "Pictures",
    "Quirk",
    "Settings",
    "parse",
    "run",
    "serve",
]


def run(
    settings: Settings,
    *,
    ready: Callable[[str], None] | None = None,
    until_stdin_closes: bool = False,
) -> None:
    """Serves until SIGINT or SIGTERM, or until standard input closes. Blocks.

    `ready` is given the address once it is bound.

    Raises:
        SetupError: the address or the state file cannot be used.
    """
    from imagepipe.emulator import server  # noqa: PLC0415 - late: uvicorn, starlette and Pillow

    server.run(settings, ready=ready, until_stdin_closes=until_stdin_closes)


async def serve(
    settings: Settings,
    *,
    ready: Callable[[str], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serves in the running event loop until `stop` is set (for ever without one).

    Raises:
        SetupError: the address or the state file cannot be used.
    """
    from imagepipe.emulator import server  # noqa: PLC0415 - late: uvicorn, starlette and Pillow

    await server.serve(settings, ready=ready, stop=stop)
