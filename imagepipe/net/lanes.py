"""Many small connection pools instead of one big one.

httpcore2's pool scans all of its connections whenever a request starts or ends, inside another such
scan: at a thousand connections it spends its time doing that. Lanes of a few connections each keep
the scans short (docs/adr/0001).
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

WIDTH = 8
"""Connections per lane."""

# Its INFO line prints the whole address, signature and all.
logging.getLogger("httpx2").setLevel(logging.WARNING)
logging.getLogger("httpcore2").setLevel(logging.WARNING)


class Lanes:
    """A growing list of clients, each with a pool of `WIDTH` connections.

    With `reuse=False` every request opens its own connection, so that a connection that went stale
    while idle can never leave a paid request in doubt.
    """

    def __init__(self, *, reuse: bool, trust_env: bool = False) -> None:
        self._limits = httpx2.Limits(
            max_connections=WIDTH, max_keepalive_connections=WIDTH if reuse else 0
        )
        self._trust_env = trust_env
        self._verify: ssl.SSLContext | None = None
        self._clients: list[httpx2.AsyncClient] = []
        self._busy: list[int] = []

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[httpx2.AsyncClient]:
        """A client with a free connection; the fullest lane first, so that idle ones can close."""
        lane = self._free_lane()
        self._busy[lane] += 1
        try:
            yield self._clients[lane]
        finally:
            self._busy[lane] -= 1

    async def aclose(self) -> None:
        for client in self._clients:
            await client.aclose()

    def _free_lane(self) -> int:
        for lane, busy in enumerate(self._busy):
            if busy < WIDTH:
                return lane
        self._clients.append(self._client())
        self._busy.append(0)
        return len(self._clients) - 1

    def _client(self) -> httpx2.AsyncClient:
        if self._verify is None:  # building one takes 20 ms: all lanes share it
            self._verify = httpx2.create_ssl_context(trust_env=self._trust_env)
        return httpx2.AsyncClient(
            limits=self._limits,
            verify=self._verify,
            timeout=None,  # one deadline lies around the whole request: transport.py
            follow_redirects=False,
            trust_env=self._trust_env,
        )
