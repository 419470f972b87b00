"""Requests to providers. Knows from the connection itself whether a request may have left."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from urllib.parse import quote, urlsplit

import anyio
import httpx2

from imagepipe import __version__
from imagepipe.model import Secret
from imagepipe.net.lanes import Lanes
from imagepipe.wire import Answer, NotSent, Operation, Reply, Request, Unanswered

USER_AGENT: Final = f"imagepipe/{__version__}"

LARGEST_POLL = 1024 * 1024
LARGEST_SUBMIT = 96 * 1024 * 1024
"""Bytes of a reply that are read: a picture of 64 MiB in base64, or the state of a job."""


class _Departure:
    """Watches one request leave: `begun` is set before its first byte may go."""

    __slots__ = ("begun",)

    def __init__(self) -> None:
        self.begun = False

    async def __call__(self, event: str, _info: Mapping[str, object]) -> None:
        if event.endswith(".send_request_headers.started"):
            self.begun = True

    def without_reply(self, reason: str) -> NotSent | Unanswered:
        return Unanswered(reason) if self.begun else NotSent(reason)


class HttpTransport:
    """The `Transport` of real runs: httpx2 in lanes, submits each on a connection of their own."""

    def __init__(self, *, trust_env: bool = False) -> None:
        self._submits = Lanes(reuse=False, trust_env=trust_env)
        self._others = Lanes(reuse=True, trust_env=trust_env)

    async def send(self, request: Request) -> Answer:
        departure = _Departure()
        lanes = self._submits if request.operation is Operation.SUBMIT else self._others
        try:
            with anyio.fail_after(request.timeout):
                async with lanes.borrow() as client:
                    return await _exchange(client, request, departure)
        except TimeoutError:
            return departure.without_reply(f"no answer within {request.timeout:g} s")
        except (httpx2.HTTPError, httpx2.StreamError, _TooLargeError) as error:
            return departure.without_reply(_reason(error, request.url))
        except httpx2.InvalidURL:
            return NotSent("the address of the request is not valid")

    async def aclose(self) -> None:
        await self._submits.aclose()
        await self._others.aclose()


class _TooLargeError(Exception):
    """A reply grew past what is read of it."""


async def _exchange(client: httpx2.AsyncClient, request: Request, departure: _Departure) -> Reply:
    built = _build(client, request, departure)
    reply = await client.send(built, stream=True)
    try:
        body = await _read(reply, request.operation)
    finally:
        await reply.aclose()
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return without_secrets(Reply(reply.status_code, headers, body), request)


def without_secrets(reply: Reply, request: Request) -> Reply:
    """The reply without the keys that its request carried: debug pages repeat what they were sent.

    Whatever is kept or shown of a reply comes after this, so that no key can come with it. A key is
    known as it is, percent-encoded and in base64; one of less than 8 characters is no key.
    """
    headers, body = dict(reply.headers), reply.body
    for spelling in _spellings(request):
        body = body.replace(spelling, b"***")
        text = spelling.decode("utf-8", "replace")
        headers = {name: value.replace(text, "***") for name, value in headers.items()}
    return Reply(reply.status, headers, body)


def _spellings(request: Request) -> list[bytes]:
    """Longest first, so that `Bearer KEY` goes as a whole."""
    whole = [value.reveal() for value in request.headers.values() if isinstance(value, Secret)]
    words = {word for text in whole for word in (text, text.rpartition(" ")[2]) if len(word) >= 8}
    raw = {word.encode() for word in words}
    quoted = {quote(word, safe="").encode() for word in words}
    found = raw | quoted | {base64.b64encode(word).rstrip(b"=") for word in raw}
    return sorted(found, key=len, reverse=True)


def _build(client: httpx2.AsyncClient, request: Request, departure: _Departure) -> httpx2.Request:
    headers = {"User-Agent": USER_AGENT} | {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in request.headers.items()
    }
    content: bytes | None = None
    files: list[tuple[str, tuple[str | None, bytes, str | None]]] | None = None
    if request.form is not None:
        files = [(part.name, (part.filename, part.data, part.media_type)) for part in request.form]
    elif request.json is not None:
        headers.setdefault("Content-Type", "application/json")
        content = json_bytes(request.json)
    return client.build_request(
        request.method,
        request.url,
        headers=headers,
        content=content,
        files=files,
        extensions={"trace": departure},
    )


def json_bytes(value: object) -> bytes:
    """A JSON body; a decimal goes out as the number it is."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_number).encode()


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


async def _read(reply: httpx2.Response, operation: Operation) -> bytes:
    largest = LARGEST_SUBMIT if operation in (Operation.SUBMIT, Operation.RESULT) else LARGEST_POLL
    body = bytearray()
    async for chunk in reply.aiter_bytes():
        body += chunk
        if len(body) > largest:
            raise _TooLargeError(f"the reply is larger than {largest // 1024} KiB")
    return bytes(body)


def _reason(error: Exception, url: str) -> str:
    """What happened, with the host but never the address, which may be signed."""
    host = urlsplit(url).hostname or "the provider"
    match error:
        case httpx2.ConnectError() if "certificate" in str(error).lower():
            return f"{host} has no valid TLS certificate (is this machine's clock right?)"
        case httpx2.ConnectError():
            return f"no connection to {host}"
        case httpx2.RemoteProtocolError() | httpx2.ReadError():
            return f"{host} closed the connection before the reply was complete"
        case _TooLargeError():
            return str(error)
        case _:
            return f"{host}: {type(error).__name__}"
