"""HTTP sessions over aiohttp, and the watch on whether a request may have left.

Everything that aiohttp does of its own accord is switched off: cookies, redirects, timeouts, and
above all the second try of a request whose connection broke (docs/adr/0005).
"""

from __future__ import annotations

import asyncio
import platform
import ssl
from functools import cache
from types import SimpleNamespace
from typing import Final

import aiohttp

from imagepipe import __version__
from imagepipe.wire import NotSent, Unanswered

USER_AGENT: Final = f"imagepipe/{__version__}"

LONGEST_HEADER = 64 * 1024
"""Bytes of one line of a reply's head: signed addresses in a `Location` are long."""

_BUFFER = 256 * 1024


class Departure:
    """Watches one request: `begun` is set before its first byte may go."""

    __slots__ = ("begun",)

    def __init__(self, *, begun: bool = False) -> None:
        self.begun = begun

    def without_reply(self, reason: str) -> NotSent | Unanswered:
        return Unanswered(reason) if self.begun else NotSent(reason)


class SentAlready(aiohttp.ClientConnectionError):
    """The library was about to send a request once more on a connection of its own choice."""


class Session:
    """Connections of one kind, opened at the first use, for it belongs to the event loop.

    With `reuse=False` every request opens its own connection, so that a connection that went stale
    while idle can never leave a paid request in doubt, and each is watched. Proxies and netrc files
    of the environment count only with `trust_env`.
    """

    def __init__(self, *, reuse: bool, decompress: bool = True, trust_env: bool = False) -> None:
        self._reuse = reuse
        self._decompress = decompress
        self._trust_env = trust_env
        self._opened: aiohttp.ClientSession | None = None

    def open(self) -> aiohttp.ClientSession:
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,  # the gate admits: a pool that waits would hide how long
                    force_close=not self._reuse,
                    ssl=tls_context(),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                headers={"User-Agent": USER_AGENT},
                auto_decompress=self._decompress,
                trust_env=self._trust_env,
                trace_configs=[] if self._reuse else [_watch()],
                read_bufsize=_BUFFER,
                max_line_size=LONGEST_HEADER,
                max_field_size=LONGEST_HEADER,
            )
        return self._opened

    async def aclose(self) -> None:
        if self._opened is not None:
            await self._opened.close()
            await asyncio.sleep(0)  # transports close in the loop's next turn


@cache
def tls_context() -> ssl.SSLContext:
    """The machine's own trust store: what its browser trusts, and what its owner added.

    One for all sessions, for it is read from the disk: to be asked for in a thread first.
    """
    if platform.system() in ("Windows", "Darwin"):
        import truststore  # noqa: PLC0415 - late: for these two alone, and slow

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return ssl.create_default_context()


def _watch() -> aiohttp.TraceConfig:
    """Tells a request's `Departure` when it has a connection; bytes go only after that.

    aiohttp tries a GET, PUT or DELETE again if its connection broke. On a connection of its own a
    submit must not be sent twice, whatever its method: the second connection is refused.
    """
    watch = aiohttp.TraceConfig()

    async def connecting(_: object, context: SimpleNamespace, __: object) -> None:
        departure = _departure(context)
        if departure is not None and departure.begun:
            raise SentAlready("a request is sent once")

    async def connected(_: object, context: SimpleNamespace, __: object) -> None:
        departure = _departure(context)
        if departure is not None:
            departure.begun = True

    watch.on_connection_create_start.append(connecting)
    watch.on_connection_create_end.append(connected)
    watch.on_connection_reuseconn.append(connected)
    return watch


def _departure(context: SimpleNamespace) -> Departure | None:
    found = context.trace_request_ctx
    return found if isinstance(found, Departure) else None
