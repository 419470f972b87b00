"""A server on raw sockets that answers with exactly the bytes, or the silence, it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

Answer: TypeAlias = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class WireServer:
    """`requests` are the heads and bodies it read, in order."""

    url: str
    port: int
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def serving(answer: Answer, *, read: bool = True) -> AsyncIterator[WireServer]:
    """Serve until the block ends; with `read=False` the connection is answered unread."""
    server = WireServer("", 0)
    serving_now: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving_now.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                request = await _request(reader) if read else b""
                server.requests.append(request)
                await answer(request, writer)
                await writer.drain()
        finally:
            writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{server.port}"
    async with listening:
        try:
            yield server
        finally:
            await _end(serving_now)


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def answering(data: bytes) -> Answer:
    """These bytes, and the end of the connection."""

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return answer


def http(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


async def resetting(_request: bytes, writer: asyncio.StreamWriter) -> None:
    """A connection that is torn down (RST) after the request was read."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silent(_request: bytes, _writer: asyncio.StreamWriter) -> None:
    """No answer for longer than anybody waits; ends when the client goes."""
    await asyncio.Event().wait()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return head + await reader.readexactly(int(value))
    return head
