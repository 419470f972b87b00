"""The download of a picture: without credentials, to checked addresses only, straight to disk."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urljoin

import aiofiles
import aiohttp
from yarl import URL

from imagepipe.exchange import NotFetched
from imagepipe.model import Digest
from imagepipe.net.guard import Blocked, Target, check
from imagepipe.net.sessions import Session
from imagepipe.wire import Downloaded

LARGEST = 64 * 1024 * 1024
"""Bytes of a picture; a larger one is broken off."""

DEADLINE = 120.0
"""Seconds for one try, all redirects included."""

HELD = 4 * 2**20
"""Bytes of a picture that are handed on in memory, so that storing it is one trip to the disk."""

TOGETHER = 64 * 2**20
"""Bytes of all pictures that are held while they arrive; what comes on top goes to the disk."""

WRITTEN = 2**20
"""Bytes that are written to the disk at once."""

REDIRECTS = 5

_EXPIRED = frozenset({403, 404, 410})
_FINAL = frozenset({400, 405, 406, 414, 451})
_REDIRECTING = frozenset({301, 302, 303, 307, 308})


class Downloader:
    """Fetches pictures; `private_hosts` are the `host:port`s that users pointed providers at."""

    def __init__(
        self, *, private_hosts: frozenset[str] = frozenset(), trust_env: bool = False
    ) -> None:
        self._private_hosts = private_hosts
        self._held = 0
        self._session = Session(reuse=True, decompress=False, trust_env=trust_env)

    async def fetch(self, url: str, sink: Path) -> Downloaded | NotFetched:
        """The picture at `url`; one of more than `HELD` bytes is streamed into `sink`.

        Raises:
            OSError: the disk refused; nothing is known to be wrong with the address.
        """
        try:
            async with asyncio.timeout(DEADLINE):
                return await self._follow(url, sink)
        except TimeoutError:
            return NotFetched(f"the picture did not arrive within {DEADLINE:g} s")
        except aiohttp.InvalidURL:
            return NotFetched("the picture's address is not valid", final=True)
        except aiohttp.ClientError as error:
            return NotFetched(f"the picture did not arrive whole ({type(error).__name__})")

    async def aclose(self) -> None:
        await self._session.aclose()

    async def _follow(self, url: str, sink: Path) -> Downloaded | NotFetched:
        for _ in range(REDIRECTS + 1):
            target = await check(url, self._private_hosts)
            if isinstance(target, Blocked):
                return NotFetched(target.reason, final=True)
            outcome = await self._get(url, target, sink)
            if not isinstance(outcome, str):
                return outcome
            url = urljoin(url, outcome)
        return NotFetched("the picture's address redirects without end", final=True)

    async def _get(self, url: str, target: Target, sink: Path) -> Downloaded | NotFetched | str:
        """The picture, why there is none, or the next address."""
        name, port = target.parts.hostname or "", target.parts.port
        async with self._session.open().get(
            _pinned(url, target),
            headers={
                "Host": name if port is None else f"{name}:{port}",
                "Accept": "image/png, image/jpeg, image/webp, */*;q=0.1",
                "Accept-Encoding": "identity",
            },
            server_hostname=name,
            allow_redirects=False,
        ) as reply:
            if reply.status in _REDIRECTING and "location" in reply.headers:
                return reply.headers["location"]
            refusal = _refusal(reply)
            return refusal if refusal is not None else await self._save(reply, sink)

    async def _save(self, reply: aiohttp.ClientResponse, sink: Path) -> Downloaded | NotFetched:
        """Hashed on the way; what is too large to be held goes to the disk chunk by chunk."""
        digest, held, size = hashlib.sha256(), list[bytes](), 0
        chunks = reply.content.iter_any()
        try:
            async for chunk in chunks:
                digest.update(chunk)
                held.append(chunk)
                size += len(chunk)
                self._held += len(chunk)
                if size > HELD or self._held > TOGETHER:
                    return await _stream(chunks, bytearray(b"".join(held)), digest, sink)
        finally:
            self._held -= size
        if not held:
            return NotFetched("the picture's address answered with no bytes")
        return Downloaded(Digest(digest.hexdigest()), size, b"".join(held))


def _pinned(url: str, target: Target) -> URL:
    """The address with the IP that was checked in the place of its host, and nobody's name."""
    found = URL(url, encoded=True)
    if found.raw_user is not None or found.raw_password is not None:
        found = found.with_user(None)
    return found if found.raw_host == target.ip else found.with_host(target.ip)


def _refusal(reply: aiohttp.ClientResponse) -> NotFetched | None:
    status = reply.status
    if status != 200:
        reason = f"the picture's address answered {status}"
        return NotFetched(reason, expired=status in _EXPIRED, final=status in _FINAL)
    if reply.headers.get("content-encoding", "identity").lower() != "identity":
        return NotFetched("the picture came compressed, although that was ruled out")
    length = reply.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and len(length) < 16 and int(length) > LARGEST:
        return NotFetched(f"the picture is larger than {LARGEST // 2**20} MiB", final=True)
    return None


async def _stream(
    chunks: AsyncIterator[bytes], held: bytearray, digest: hashlib._Hash, sink: Path
) -> Downloaded | NotFetched:
    size = len(held)
    async with aiofiles.open(sink, "wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > LARGEST:
                return NotFetched(f"the picture is larger than {LARGEST // 2**20} MiB", final=True)
            digest.update(chunk)
            held += chunk
            if len(held) >= WRITTEN:
                await file.write(bytes(held))
                held.clear()
        await file.write(bytes(held))
    return Downloaded(Digest(digest.hexdigest()), size)
