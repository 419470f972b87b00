"""The edge to starlette and uvicorn: an operation with its steps, refusals, and cut connections.

It knows HTTP and nothing of any vendor. Responses are made whole before anything is sent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from imagepipe.emulator.tally import Tally
from imagepipe.emulator.values import Json

MAX_BODY = 96 * 2**20
"""Bytes of a request that are read at most. The largest documented: 16 images below 50 MB (OpenAI),
of which no test needs more than a few."""

Steps: TypeAlias = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):
    """An operation ends here, with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class Cut(Exception):
    """An operation ends here, and its connection with it: no answer at all."""


class Truncated(Response):
    """An answer that announces its whole length and stops in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await cut(send, flush=True)


class Operation:
    """One route of a vendor: runs its steps, counts the outcome, sends the answer.

    An ASGI application, so that starlette adds nothing per request.
    """

    def __init__(self, tally: Callable[[], Tally], name: str, steps: Steps) -> None:
        self._tally = tally
        self._name = name
        self._steps = steps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._steps(Request(scope, receive))
        except Refusal as refusal:
            response = refusal.response
        except Cut:
            self._tally().request(self._name, "cut")
            await cut(send)
            return
        except ClientDisconnect:
            self._tally().request(self._name, "left")
            return
        except asyncio.CancelledError:  # the server is stopping and does not wait for latencies
            await cut(send)
            return
        self._tally().request(self._name, str(response.status_code))
        await response(scope, receive, send)


async def cut(send: Send, *, flush: bool = False) -> None:
    """Closes the connection under a request.

    ASGI has no word for it, so this reaches for the transport of uvicorn's cycle, whose method
    `send` is; the pause lets the cycle learn that the connection is gone.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("connections can be cut under uvicorn only")
    if flush:
        transport.close()
    else:
        transport.abort()
    await asyncio.sleep(0)
    while not getattr(send, "__self__").disconnected:  # noqa: ASYNC110, B009 - uvicorn's own flag
        await asyncio.sleep(0.005)


def reply(status: int, body: Json, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "replace"), status, headers, "application/json")


def html(status: int, title: str, headers: Mapping[str, str] | None = None) -> Response:
    """A page for people, as proxies and firewalls send."""
    page = f"<!doctype html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return Response(page, status, headers, "text/html")


async def read(request: Request) -> bytes | None:
    """The whole body of a request, or None when it is over `MAX_BODY`."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def json_object(body: bytes) -> dict[str, Json] | None:
    """The JSON object in a body, or None when it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Json]", value) if isinstance(value, dict) else None
